"""What is soldered: parts.csv of an output stage, and what it costs."""

import csv
from dataclasses import dataclass
from pathlib import Path

from evenpulse.analog.netlist import Circuit
from evenpulse.base.errors import BadUsage
from evenpulse.base.printable import printable

FILE = "parts.csv"
COLUMNS = (
    "ref",
    "per",
    "kind",
    "value",
    "rating",
    "tolerance",
    "price_usd",
    "price_source",
    "fails",
)
PRICED = "November 2026"
UNSURE_PERCENT = 50
_PER = ("device", "channel")
_LINES_MAX = 1_000


@dataclass(frozen=True)
class Part:
    """One row: `count` of it in a device."""

    ref: str
    kind: str
    value: str
    rating: str
    tolerance: str
    price_usd: float
    price_source: str
    fails: str
    count: int


def read(folder: Path, channels: int) -> dict[str, Part]:
    """{ref: part}; raises BadUsage with the line of what cannot be read."""
    path = folder / FILE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadUsage(f"cannot read {path}", seen=str(error), do_next="see its README") from error
    if not rows or tuple(rows[0]) != COLUMNS or len(rows) > _LINES_MAX:
        raise BadUsage(
            f"{FILE}:1: not the columns, or more than {_LINES_MAX} lines",
            do_next=f"columns: {','.join(COLUMNS)}",
        )
    parts: dict[str, Part] = {}
    for line, row in enumerate(rows[1:], 2):
        part = _part(line, row, channels)
        if part.ref in parts:
            raise BadUsage(f"{FILE}:{line}: {printable(part.ref[:40])} is there twice")
        parts[part.ref] = part
    return parts


def _part(line: int, row: list[str], channels: int) -> Part:
    if len(row) != len(COLUMNS):
        raise BadUsage(f"{FILE}:{line}: {len(row)} columns", do_next=f"{len(COLUMNS)} are needed")
    told = dict(zip(COLUMNS, row))
    if told["per"] not in _PER:
        raise BadUsage(
            f"{FILE}:{line}: per is {printable(told['per'][:40])}", do_next=" or ".join(_PER)
        )
    try:
        price = float(told["price_usd"])
    except ValueError as error:
        raise BadUsage(f"{FILE}:{line}: price_usd is no number") from error
    if not 0 <= price < 1_000:
        raise BadUsage(f"{FILE}:{line}: price_usd is not from 0 to 1000")
    return Part(
        told["ref"],
        told["kind"],
        told["value"],
        told["rating"],
        told["tolerance"],
        price,
        told["price_source"],
        told["fails"],
        channels if told["per"] == "channel" else 1,
    )


def sum_usd(parts: dict[str, Part]) -> float:
    return sum(part.price_usd * part.count for part in parts.values())


def disagreements(circuit: Circuit, parts: dict[str, Part]) -> list[str]:
    """Parts of the netlist that have no row or another value, and rows of parts that a netlist
    should have. Names with no underscore after the first letter's kind are of the device alone.
    """
    found = []
    drawn = {element.name: element for element in circuit.elements}
    for name, element in drawn.items():
        if name not in parts:
            found.append(f"{name} of {element.sheet} is not in {FILE}")
        elif parts[name].value != element.value:
            found.append(
                f"{name}: {element.value} in {element.sheet}, {parts[name].value} in {FILE}"
            )
    found += [
        f"{ref} of {FILE} is in no sheet"
        for ref, part in parts.items()
        if ref not in drawn and ref[0] in "RCDQMX"
    ]
    return found


def bom_rows(parts: dict[str, Part]) -> list[tuple[str, ...]]:
    """Same things together: how many, what, of which value and rating, price of all, refs."""
    groups: dict[tuple[str, str, str, float], list[Part]] = {}
    for part in parts.values():
        if part.price_usd:
            key = (part.kind, part.value, part.rating, part.price_usd)
            groups.setdefault(key, []).append(part)
    rows = []
    for (kind, value, rating, price), same in groups.items():
        count = sum(part.count for part in same)
        refs = " ".join(part.ref for part in same)
        rows.append((str(count), kind, value, rating, f"{price * count:.2f}", refs))
    return sorted(rows, key=lambda row: -float(row[4]))
