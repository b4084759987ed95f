"""The circuit as pictures, from the netlist itself. drawing.csv says where a part stands; what it
is, its value and what it is wired to come from the sheets.

Two pins of one net that stand in line are joined by a wire; every other pin carries its net's name.
So a drawing cannot show a connection that the netlist does not have.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenpulse.analog.netlist import Circuit, Element
from evenpulse.base.errors import BadUsage
from evenpulse.base.printable import printable

FILE = "drawing.csv"
COLUMNS = ("picture", "ref", "x", "y", "turn")
FOLDER = Path("build/hardware")
_PICTURE = re.compile("[a-z][a-z0-9_]{0,30}", re.ASCII)
_TURNS = {"r": (1, 0), "l": (-1, 0), "d": (0, -1), "u": (0, 1)}
_LONG = 2.0
# The longest wire: beyond it a name is read more easily.
_WIRE_MAX = 4.5
_GROUNDS = {"0"}
_LEFT = {"inp", "inn", "in", "a", "b", "sel", "en", "vin"}
_UP = {"vcc", "vout"}
_DOWN = {"vss", "gnd", "gin", "gout"}
_SIGNS = {"inp": "+", "inn": "−"}
_XY = tuple[float, float]


@dataclass(frozen=True)
class Place:
    """Where a part stands in which picture."""

    picture: str
    ref: str
    x: float
    y: float
    turn: str


def places(folder: Path) -> list[Place]:
    """The rows of drawing.csv; raises BadUsage with the line of what cannot be read."""
    path = folder / FILE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadUsage(f"cannot read {path}", seen=str(error), do_next="see its README") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise BadUsage(f"{FILE}:1: not the columns", do_next=",".join(COLUMNS))
    return [_place(line, row) for line, row in enumerate(rows[1:], 2)]


def _place(line: int, row: list[str]) -> Place:
    try:
        picture, ref, x, y, turn = row
        place = Place(picture, ref, float(x), float(y), turn)
    except ValueError as error:
        raise BadUsage(f"{FILE}:{line}: {printable(','.join(row)[:60])} is no row") from error
    if not _PICTURE.fullmatch(picture):
        raise BadUsage(
            f"{FILE}:{line}: {printable(picture[:40])} names no picture",
            do_next="small letters, digits and _",
        )
    if turn not in _TURNS or not (abs(place.x) < 100 and abs(place.y) < 100):
        raise BadUsage(f"{FILE}:{line}: turn is one of {' '.join(_TURNS)}, x and y within 100")
    return place


def disagreements(circuit: Circuit, drawn: Iterable[Place]) -> list[str]:
    """Parts that are drawn twice, or not at all, or that the netlist does not have."""
    refs = [place.ref for place in drawn]
    names = {element.name for element in circuit.elements}
    return [
        *(f"{name} is not in {FILE}" for name in sorted(names - set(refs))),
        *(f"{ref} of {FILE} is in no sheet" for ref in sorted(set(refs) - names)),
        *(f"{ref} is drawn twice" for ref in sorted({r for r in refs if refs.count(r) > 1})),
    ]


def write(circuit: Circuit, folder: Path = FOLDER) -> list[Path]:
    """One SVG a picture."""
    drawn = places(circuit.folder)
    if wrong := disagreements(circuit, drawn):
        raise BadUsage("the drawing is not of this circuit", seen="\n".join(wrong[:6]))
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for picture in dict.fromkeys(place.picture for place in drawn):
        paths.append(folder / f"{picture}.svg")
        some = [place for place in drawn if place.picture == picture]
        paths[-1].write_bytes(svg(circuit, some))
    return paths


def svg(circuit: Circuit, drawn: Iterable[Place]) -> bytes:
    """One picture."""
    # Late: the drawing library is there for the tests alone.
    import schemdraw

    schemdraw.use("svg")
    with schemdraw.Drawing(show=False, fontsize=9, unit=_LONG) as sheet:
        pins = [pin for place in drawn for pin in _part(sheet, circuit, place)]
        _wires(sheet, pins)
        return bytes(sheet.get_imagedata("svg"))


def _part(sheet: Any, circuit: Circuit, place: Place) -> list[tuple[str, _XY, str]]:
    """Draws it; (net, where, to which side its name goes) of each pin."""
    element = circuit[place.ref]
    if element.kind in "RCD":
        return _two_pins(sheet, element, place)
    if element.kind in "QM":
        return _transistor(sheet, element, place)
    return _box(sheet, circuit, element, place)


def _two_pins(sheet: Any, element: Element, place: Place) -> list[tuple[str, _XY, str]]:
    import schemdraw.elements as elm

    kinds = {"R": elm.Resistor, "C": elm.Capacitor, "D": elm.Diode}
    zener = element.value.startswith("DZ") or element.value == "DTVS"
    kind = elm.Zener if zener else elm.Schottky if element.value == "DSCH" else kinds[element.kind]
    (dx, dy), text = _TURNS[place.turn], f"{element.name}\n{element.value}"
    end = (place.x + dx * _LONG, place.y + dy * _LONG)
    sheet += kind().at((place.x, place.y)).to(end).label(text, fontsize=7, ofst=0.15)
    sides = {"r": "lr", "l": "rl", "d": "ud", "u": "du"}[place.turn]
    return [(element.nodes[0], (place.x, place.y), sides[0]), (element.nodes[1], end, sides[1])]


def _transistor(sheet: Any, element: Element, place: Place) -> list[tuple[str, _XY, str]]:
    import schemdraw.elements as elm

    high, low = place.y + 1, place.y - 1
    shape: Any
    if element.kind == "Q":
        shape, upper, side, lower = elm.BjtNpn(), "collector", "base", "emitter"
    elif element.value.startswith("P"):
        shape, upper, side, lower = elm.PFet(), "source", "gate", "drain"
    else:
        shape, upper, side, lower = elm.NFet(), "drain", "gate", "source"
    # A FET of this library has its gate at the right, a transistor its base at the left.
    mirrored = place.turn == "l"
    local = shape.anchors
    level = place.y - (local[side][1] - local[upper][1])
    shape = shape.theta(0).anchor(upper).at((place.x, level))
    part = sheet.add(shape.reverse() if mirrored == (element.kind == "Q") else shape)
    sheet += (
        elm.Label()
        .at((place.x + (-0.4 if mirrored else 0.2), place.y - 0.1))
        .label(
            f"{element.name}\n{element.value}",
            fontsize=7,
            halign="right" if mirrored else "left",
        )
    )
    names = ("collector", "base", "emitter") if element.kind == "Q" else ("drain", "gate", "source")
    nets = dict(zip(names, element.nodes))
    tops = [(upper, (place.x, high), "u"), (lower, (place.x, low), "d")]
    found = []
    for name, where, way in tops:
        sheet += elm.Line().at(part.absanchors[name]).to(where)
        found.append((nets[name], where, way))
    gate = part.absanchors[side]
    where = (place.x + (1.5 if mirrored else -1.5), gate[1])
    sheet += elm.Line().at(gate).to(where)
    found.append((nets[side], where, "r" if mirrored else "l"))
    return found


def _box(
    sheet: Any, circuit: Circuit, element: Element, place: Place
) -> list[tuple[str, _XY, str]]:
    import schemdraw.elements as elm

    named = list(zip(circuit.pins(element), element.nodes))
    groups: dict[str, list[tuple[str, str]]] = {"l": [], "r": [], "u": [], "d": []}
    for pin, net in named:
        side = "l" if pin in _LEFT else "u" if pin in _UP else "d" if pin in _DOWN else "r"
        groups[side].append((pin, net))
    tall, wide = max(len(groups["l"]), len(groups["r"]), 1) * 1.0, 1.8
    x, y = place.x, place.y
    sheet += elm.Line().at((x, y)).to((x + wide, y))
    for start, stop in (
        ((x + wide, y), (x + wide, y - tall)),
        ((x + wide, y - tall), (x, y - tall)),
        ((x, y - tall), (x, y)),
    ):
        sheet += elm.Line().at(start).to(stop)
    sheet += (
        elm.Label()
        .at((x + wide / 2, y - tall / 2))
        .label(f"{element.name}\n{element.value}", fontsize=7, halign="center")
    )
    found = []
    for side, pins in groups.items():
        for k, (pin, net) in enumerate(pins):
            edge, where = _on_edge(side, k, len(pins), (x, y), wide, tall)
            sheet += elm.Line().at(edge).to(where)
            inside = {"l": (0.15, 0), "r": (-0.15, 0), "u": (0, -0.2), "d": (0, 0.2)}[side]
            sheet += (
                elm.Label()
                .at((edge[0] + inside[0], edge[1] + inside[1]))
                .label(
                    _SIGNS.get(pin, pin if side == "l" and pin not in ("in", "vin") else ""),
                    fontsize=6,
                    halign="left" if side == "l" else "right",
                )
            )
            found.append((net, where, side))
    return found


def _on_edge(side: str, k: int, of: int, corner: _XY, wide: float, tall: float) -> tuple[_XY, _XY]:
    x, y = corner
    if side in "lr":
        level = y - (k + 0.5) * tall / of
        edge = x if side == "l" else x + wide
        return (edge, level), (edge + (-0.5 if side == "l" else 0.5), level)
    along = x + (k + 1) * wide / (of + 1)
    edge = y if side == "u" else y - tall
    return (along, edge), (along, edge + (0.4 if side == "u" else -0.4))


def _wires(sheet: Any, pins: list[tuple[str, _XY, str]]) -> None:
    """Wires between pins of a net that stand in line, next to each other; names for the others."""
    import schemdraw.elements as elm

    joined: set[int] = set()
    pairs = _in_line(pins)
    for one, other in pairs:
        if pins[one][1] != pins[other][1]:
            sheet += elm.Line().at(pins[one][1]).to(pins[other][1])
        joined |= {one, other}
    for k in joined:
        if sum(k in pair for pair in pairs) > 1:
            sheet += elm.Dot(radius=0.05).at(pins[k][1])
    for net, some in _groups(pins, pairs).items():
        for first in some:
            _name(sheet, net, pins[first][1], pins[first][2])


def _groups(pins: list[tuple[str, _XY, str]], pairs: list[tuple[int, int]]) -> dict[str, list[int]]:
    """One pin of each piece of a net that needs its name: a net in one piece needs none."""
    piece = list(range(len(pins)))
    for one, other in pairs:
        old, new = piece[other], piece[one]
        piece = [new if p == old else p for p in piece]
    found: dict[str, dict[int, int]] = {}
    for k, (net, _where, _side) in enumerate(pins):
        found.setdefault(net, {}).setdefault(piece[k], k)
    return {net: list(some.values()) for net, some in found.items()}


def _in_line(pins: list[tuple[str, _XY, str]]) -> list[tuple[int, int]]:
    """Pairs of pins of one net with nothing of another net on the straight way between them."""
    found = []
    for one in range(len(pins)):
        for other in range(one + 1, len(pins)):
            if pins[one][0] == pins[other][0] and pins[one][0] not in _GROUNDS:
                if _straight(pins, one, other):
                    found.append((one, other))
    return found


def _straight(pins: list[tuple[str, _XY, str]], one: int, other: int) -> bool:
    (x1, y1), (x2, y2) = pins[one][1], pins[other][1]
    if (abs(x1 - x2) > 1e-6 and abs(y1 - y2) > 1e-6) or abs(x1 - x2) + abs(y1 - y2) > _WIRE_MAX:
        return False
    # The other pin of a part that stands on the way would be run over.
    return not any(
        min(x1, x2) - 1e-6 <= x <= max(x1, x2) + 1e-6
        and min(y1, y2) - 1e-6 <= y <= max(y1, y2) + 1e-6
        and k not in (one, other)
        for k, (_net, (x, y), _side) in enumerate(pins)
        if (x, y) not in (pins[one][1], pins[other][1])
    )


def _name(sheet: Any, net: str, where: _XY, side: str) -> None:
    import schemdraw.elements as elm

    if net in _GROUNDS:
        sheet += elm.Ground().at(where)
        return
    x, y = where
    # Beside a wire that goes on, not on it.
    away = {"l": (-0.1, 0.12), "r": (0.1, 0.12), "u": (0.1, 0.1), "d": (0.1, -0.25)}[side]
    align: Any = "right" if side == "l" else "left"
    # It would lie as the last part does.
    sheet += (
        elm.Label()
        .theta(0)
        .at((x + away[0], y + away[1]))
        .label(net, fontsize=7, color="#0050a0", halign=align)
    )
