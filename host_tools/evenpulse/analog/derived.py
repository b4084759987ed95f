"""An output stage that is another board's with other values of some parts: from_<board>.csv says
which, and its own parts.csv what that board does not have.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

from evenpulse.analog import netlist, parts
from evenpulse.analog.netlist import Circuit, Element
from evenpulse.analog.parts import Part
from evenpulse.base.errors import BadUsage
from evenpulse.base.printable import printable

COLUMNS = ("ref", "value", "why")
FOLDER = "output_stage"
_FROM = "from_*.csv"


@dataclass(frozen=True)
class Change:
    """`value`: a number, a word, or a parameter of an IC; empty: not fitted."""

    ref: str
    value: str
    why: str


def circuit(folder: Path) -> Circuit:
    """The sheets of the folder, or of the board that it is from."""
    file = _file(folder)
    if file is None:
        return netlist.read(folder)
    base = netlist.read(_base(folder, file))
    in_sheets = {element.name for element in base.elements}
    changed = [_changed(base, one) for one in _changes(file) if one.ref in in_sheets]
    return replace(base.with_(*changed), rest=netlist.at_rest(folder))


def base(folder: Path) -> Path:
    """The folder with the sheets: of another board, or this one."""
    file = _file(folder)
    return folder if file is None else _base(folder, file)


def soldered(folder: Path, channels: int) -> dict[str, Part]:
    """{ref: part}, counted for so many channels."""
    file = _file(folder)
    if file is None:
        return parts.read(folder, channels)
    found = parts.read(_base(folder, file), channels)
    for one in _changes(file):
        if one.ref not in found:
            raise BadUsage(f"{file.name}: {printable(one.ref[:40])} is no part of that board")
        if one.value:
            found[one.ref] = _other(found[one.ref], one.value)
        else:
            del found[one.ref]
    return found | (parts.read(folder, channels) if (folder / parts.FILE).is_file() else {})


def _other(part: Part, value: str) -> Part:
    return part if "=" in value else replace(part, value=value)


def _changed(base: Circuit, one: Change) -> Element:
    if "=" in one.value:
        return replace(base[one.ref], parameters=one.value)
    return replace(base[one.ref], value=one.value)


def _file(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob(_FROM))), None)


def _base(folder: Path, file: Path) -> Path:
    return folder.parents[1] / file.stem.removeprefix("from_") / FOLDER


def _changes(file: Path) -> list[Change]:
    with file.open(encoding="utf-8", newline="") as opened:
        head, *rows = list(csv.reader(opened)) or [[]]
    if tuple(head) != COLUMNS:
        raise BadUsage(f"{file.name}:1: not the columns", do_next=",".join(COLUMNS))
    for line, row in enumerate(rows, 2):
        if len(row) != len(COLUMNS):
            raise BadUsage(f"{file.name}:{line}: {len(row)} columns", do_next=",".join(COLUMNS))
    return [Change(*row) for row in rows]
