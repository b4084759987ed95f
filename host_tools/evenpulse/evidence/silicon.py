"""What people have measured on real boards: tests/silicon/BOARD-YEAR-MONTH-DAY.json, each what
`evenpulse verify --json` printed of one capture. A row shows the worst of them.
"""

import datetime
import json
import math
import re
from pathlib import Path
from typing import NamedTuple

from evenpulse.base import boards
from evenpulse.base.errors import BadUsage
from evenpulse.base.files import read_bounded
from evenpulse.base.printable import printable

FOLDER = Path(__file__).resolve().parents[3] / "tests" / "silicon"
# Rows of the contract that a capture of a board can show.
ASKED = ("T1", "T2", "T3", "T4", "T5", "I1", "I2")
NOBODY, NOT_ASKED = "nobody yet", "–"
_BYTES_MAX = 1_000_000
_NAME = re.compile(r"([a-z0-9_]+)-(\d{4}-\d\d-\d\d)(?:-[a-z0-9-]+)?\.json")
_ABOUT = "README.md"
# What is measured while the board does something else is the row of its own.
_DURING, _OF_DURING = "T3", ("T1", "T2")


class Measured(NamedTuple):
    """A row of one capture; ns, and whether it is within."""

    ns: float
    unsure_ns: float
    ok: bool
    by: str
    # Nothing else in the capture is wrong
    rest_ok: bool = True

    def __str__(self) -> str:
        text = f"{self.ns:.1f} ± {self.unsure_ns:.1f} ns, {self.by}"
        if not self.ok:
            return f"**not within**: {text}"
        return text if self.rest_ok else f"**not as prescribed otherwise**: {text}"

    @property
    def how_bad(self) -> tuple[bool, bool, float]:
        return not self.ok, not self.rest_ok, self.ns


def rows(folder: Path = FOLDER) -> dict[str, str]:
    """{row: what the first page shows of it}."""
    worst: dict[str, Measured] = {}
    for path in sorted(folder.iterdir()):
        for row, one in _read(path) if path.name != _ABOUT else ():
            if row not in worst or one.how_bad > worst[row].how_bad:
                worst[row] = one
    return {row: str(worst.get(row, NOBODY)) for row in ASKED}


def _read(path: Path) -> list[tuple[str, Measured]]:
    name = _NAME.fullmatch(path.name)
    if not name or name[1] not in boards.names() or not _is_day(name[2]):
        raise BadUsage(
            f"{path}: its name is not BOARD-YEAR-MONTH-DAY.json",
            seen="boards: " + ", ".join(boards.names()),
            do_next="name it so; a word may follow the day",
        )
    data = read_bounded(path, _BYTES_MAX, BadUsage)
    try:
        told = json.loads(data)
        found = [_measured(row, one, told, name) for row, one in told["contract"].items()]
        board, exact = told["board"], told["grid_ns"] == 0
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadUsage(
            f"{path}: this is not what `evenpulse verify --json` prints",
            seen=f"{type(error).__name__}: {error}",
            do_next="write it with that command",
        ) from error
    if board != name[1]:
        raise BadUsage(
            f"{path}: it was measured as board {printable(board)}",
            do_next=f"call the file so, or measure with --board {name[1]}",
        )
    if exact:
        raise BadUsage(
            f"{path}: its times are the board's own clocks: the twin wrote that capture",
            do_next="only what an analyser has seen of a real board belongs here",
        )
    return [(row, one) for row, one in found if row]


def _measured(row: str, one: dict, told: dict, name: re.Match[str]) -> tuple[str, Measured]:
    """A row, by its name on the first page; without one it has no place there."""
    numbers = float(one["ns"]), float(one["unsure_ns"])
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise ValueError(f"{row} is {one['ns']} ± {one['unsure_ns']} ns")
    within = [other["ok"] is True for other in told["contract"].values()]
    rest_ok = told["as_prescribed"] is True or not all(within)
    value = Measured(*numbers, one["ok"] is True, f"{name[1]} {name[2]}", rest_ok)
    if told["during"] is not None:
        row = _DURING if row in _OF_DURING else ""
    return row, value


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
