"""Rows of build/bench.json: one for each contract number and each comparison. A limit of None is
a figure, not a promise.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

CONTRACT = (
    "T1",
    "T2",
    "T3",
    "T4",
    "T5",
    "I1",
    "I2",
    "I3",
    "I4",
    "I5",
    "I6",
    "F1",
    "F2",
    "F3",
    "F4",
    "W1",
    "W2",
    "H1",
    "H2",
)
# Every other limit is a most
_AT_LEAST = {"F1.free", "W1", "H2"}


@dataclass(frozen=True)
class Row:
    """One number. `ok` is None where nothing is promised; `value` is None where nothing could be
    measured.
    """

    id: str
    value: float | None
    unit: str
    limit: float | None
    ok: bool | None
    how: str


def row(id_: str, value: float | None, unit: str, limit: float | None, how: str) -> Row:
    """A row that judges itself: a promise that could not be measured is not kept."""
    if limit is None:
        ok = None
    elif value is None:
        ok = False
    else:
        ok = value >= limit if id_ in _AT_LEAST else value <= limit
    return Row(id_, value, unit, limit, ok, how)


def missing(rows: list[Row]) -> list[str]:
    """Contract ids that no row speaks of."""
    return [
        id_ for id_ in CONTRACT if not any(r.id == id_ or r.id.startswith(id_ + ".") for r in rows)
    ]


def write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(r) for r in rows], indent=1, ensure_ascii=False) + "\n")


def kept(rows: list[Row]) -> bool:
    """True when no promise is broken."""
    return all(r.ok is not False for r in rows)
