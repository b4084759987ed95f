"""What people have measured on real boards: tests/silicon/BOARD-YEAR-MONTH-DAY.json, each what
`evenpulse verify --json` printed of one capture. A row shows the worst of them.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

from evenpulse.base import boards
from evenpulse.base.errors import BadUsage
from evenpulse.base.files import read_bounded

FOLDER = Path(__file__).resolve().parents[3] / "tests" / "silicon"
# Rows of the contract that a capture of a board can show.
ASKED = ("T1", "T2", "T3", "T4", "T5", "I1", "I2")
NOBODY, NOT_ASKED = "nobody yet", "–"
_BYTES_MAX = 1_000_000
_NAME = re.compile(r"([a-z0-9_]+)-(\d{4}-\d\d-\d\d)(?:-[a-z0-9-]+)?")
# What is measured while the board does something else is the row of its own.
_DURING, _OF_DURING = "T3", ("T1", "T2")


class Measured(NamedTuple):
    """A row of one capture; ns, and whether it is within."""

    ns: float
    unsure_ns: float
    ok: bool
    by: str

    def __str__(self) -> str:
        text = f"{self.ns:.1f} ± {self.unsure_ns:.1f} ns, {self.by}"
        return text if self.ok else f"**not within**: {text}"


def rows(folder: Path = FOLDER) -> dict[str, str]:
    """{row: what the first page shows of it}."""
    worst: dict[str, Measured] = {}
    for path in sorted(folder.glob("*.json")):
        for row, one in _read(path):
            known = worst.get(row)
            if known is None or (not one.ok, one.ns) > (not known.ok, known.ns):
                worst[row] = one
    return {row: str(worst.get(row, NOBODY)) for row in ASKED}


def _read(path: Path) -> list[tuple[str, Measured]]:
    name = _NAME.fullmatch(path.stem)
    if not name or name[1] not in boards.names():
        raise BadUsage(
            f"{path}: its name is not BOARD-YEAR-MONTH-DAY.json",
            seen="boards: " + ", ".join(boards.names()),
            do_next="name it so; a word may follow the day",
        )
    data = read_bounded(path, _BYTES_MAX, BadUsage)
    try:
        told = json.loads(data)
        found = []
        for row, one in told["contract"].items():
            value = Measured(
                float(one["ns"]), float(one["unsure_ns"]), one["ok"] is True, f"{name[1]} {name[2]}"
            )
            if told["during"] is None:
                found.append((row, value))
            elif row in _OF_DURING:
                found.append((_DURING, value))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadUsage(
            f"{path}: this is not what `evenpulse verify --json` prints",
            seen=f"{type(error).__name__}: {error}",
            do_next="write it with that command",
        ) from error
    return found
