"""The circuit as text: reads the .cir files of an output stage, part by part.

A small reader for the few kinds of line that these files have, so that a part can be found, broken
and written back. What SPICE makes of them is SPICE's.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from evenpulse.base.errors import BadUsage
from evenpulse.base.printable import printable

SHEETS = ("supply.cir", "stage.cir", "interlock.cir")
MODELS = "models.lib"
REST = "rest.csv"
REST_COLUMNS = ("node", "volts")
# {first letter: how many nodes}; X has as many as its subcircuit.
_NODES = {"R": 2, "C": 2, "D": 2, "Q": 3, "M": 3}
_LINES_MAX = 2_000
_NAME = re.compile(r"[A-Z]_[a-z0-9]+\Z", re.ASCII)
_NODE = re.compile(r"[a-z0-9]+\Z", re.ASCII)
# x_set.o is one inside of X_set.
_INNER = re.compile(r"(x_[a-z0-9]+\.)?[a-z0-9]+\Z", re.ASCII)
_VOLTS = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,9})?\Z", re.ASCII)
_NUMBER = re.compile(
    r"([0-9]{1,15}(?:\.[0-9]{0,15})?(?:e-?[0-9]{1,2})?)(meg|[fpnumkgt])?\Z",
    re.IGNORECASE | re.ASCII,
)
_SCALE = {
    "f": 1e-15,
    "p": 1e-12,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "meg": 1e6,
    "g": 1e9,
    "t": 1e12,
}


@dataclass(frozen=True)
class Element:
    """One line: `value` is a number of a resistor or capacitor, else the name of a model."""

    name: str
    nodes: tuple[str, ...]
    value: str
    sheet: str
    line: int
    parameters: str = ""

    @property
    def kind(self) -> str:
        return self.name[0]

    @property
    def number(self) -> float:
        return number(self.value)

    def text(self) -> str:
        return " ".join([self.name, *self.nodes, self.value, self.parameters]).strip()

    def on(self, pin: int, node: str) -> "Element":
        """The same with one pin on another node."""
        return replace(self, nodes=(*self.nodes[:pin], node, *self.nodes[pin + 1 :]))


@dataclass(frozen=True)
class Circuit:
    """All sheets of a folder, the pins of each subcircuit of models.lib, and the volts of each
    node of the sound circuit at rest, where they are kept.
    """

    folder: Path
    elements: tuple[Element, ...]
    subcircuits: dict[str, tuple[str, ...]]
    rest: dict[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Element:
        for element in self.elements:
            if element.name == name:
                return element
        raise BadUsage(
            f"{self.folder.name} has no part {printable(name)}", do_next="see parts.csv beside it"
        )

    @property
    def models(self) -> Path:
        return self.folder / MODELS

    def pins(self, element: Element) -> tuple[str, ...]:
        """What the pins of a part are called."""
        names = {
            "D": ("anode", "cathode"),
            "Q": ("collector", "base", "emitter"),
            "M": ("drain", "gate", "source"),
        }
        return names.get(element.kind) or self.subcircuits.get(element.value, ("1", "2"))

    def with_(self, *changed: Element) -> "Circuit":
        """The same with other values or nodes for parts of these names."""
        new = {element.name: element for element in changed}
        return replace(self, elements=tuple(new.get(one.name, one) for one in self.elements))

    def without(self, *names: str) -> "Circuit":
        return replace(self, elements=tuple(e for e in self.elements if e.name not in names))


def number(text: str) -> float:
    """4.7k as 4700; ValueError for what is none."""
    match = _NUMBER.match(text)
    if not match:
        raise ValueError(text)
    return float(match[1]) * _SCALE.get((match[2] or "").lower(), 1)


def read(folder: Path) -> Circuit:
    """The sheets of a folder; raises BadUsage with file and line for what cannot be read."""
    models, subcircuits = _models(folder / MODELS)
    elements: list[Element] = []
    for sheet in SHEETS:
        for line, words in _lines(folder / sheet):
            element = _element(folder / sheet, line, words, models, subcircuits)
            if any(one.name == element.name for one in elements):
                raise _bad(folder / sheet, line, f"{element.name} is there twice", "rename one")
            elements.append(element)
    return Circuit(folder, tuple(elements), subcircuits, at_rest(folder))


def _element(
    path: Path, line: int, words: list[str], models: set[str], subs: dict[str, tuple[str, ...]]
) -> Element:
    name = words[0]
    if not _NAME.match(name) or name[0] not in {*_NODES, "X"}:
        raise _bad(
            path,
            line,
            f"{printable(name[:40])} is no part",
            "a part is R_, C_, D_, Q_, M_ or X_ and small letters",
        )
    model_at = _NODES.get(name[0])
    if model_at is None:
        plain = [word for word in words[1:] if "=" not in word]
        model_at = len(plain) - 1
    if len(words) < model_at + 2 or model_at < 2:
        raise _bad(path, line, f"{name} has too few words", f"{name[0]}_name, nodes, value")
    nodes, value = tuple(words[1 : model_at + 1]), words[model_at + 1]
    if wrong := [node for node in nodes if not _NODE.match(node)]:
        raise _bad(
            path, line, f"{name}: {printable(wrong[0][:40])} is no node", "small letters and digits"
        )
    _check_value(path, line, name, nodes, value, models, subs)
    return Element(name, nodes, value, path.name, line, " ".join(words[model_at + 2 :]))


def _check_value(
    path: Path,
    line: int,
    name: str,
    nodes: tuple[str, ...],
    value: str,
    models: set[str],
    subs: dict[str, tuple[str, ...]],
) -> None:
    shown = printable(value[:40])
    if name[0] in "RC":
        if not _NUMBER.match(value) or number(value) <= 0:
            raise _bad(path, line, f"{name}: {shown} is no value", "a number above 0, like 4.7k")
    elif name[0] == "X":
        if value not in subs:
            raise _bad(path, line, f"{name}: there is no .subckt {shown} in {MODELS}", "add it")
        if len(subs[value]) != len(nodes):
            raise _bad(
                path,
                line,
                f"{name} has {len(nodes)} nodes, {value} has {len(subs[value])}",
                f"its pins: {' '.join(subs[value])}",
            )
    elif value not in models:
        raise _bad(path, line, f"{name}: there is no .model {shown} in {MODELS}", "add it")


def _models(path: Path) -> tuple[set[str], dict[str, tuple[str, ...]]]:
    models, subcircuits = set[str](), dict[str, tuple[str, ...]]()
    # The line of a subcircuit that has not ended
    begun = 0
    for line, words in _lines(path):
        kind, name = words[0], words[1] if len(words) > 1 else ""
        if kind in (".model", ".subckt") and name in {*models, *subcircuits}:
            raise _bad(path, line, f"{printable(name[:40])} is there twice", "rename one")
        if kind == ".model" and len(words) > 2 and not begun:
            models.add(name)
        elif kind == ".subckt" and len(words) > 3 and not begun:
            subcircuits[name] = tuple(word for word in words[2:] if "=" not in word)
            begun = line
        elif kind == ".ends" and begun:
            begun = 0
        elif kind in (".model", ".subckt", ".ends") and begun:
            raise _bad(path, line, f"{kind} inside of a .subckt", f"line {begun} needs its .ends")
        elif kind.startswith("."):
            raise _bad(path, line, f"{printable(kind[:40])} is not read", ".model, .subckt, .ends")
    if begun:
        raise _bad(path, begun, "this .subckt has no .ends", "add it")
    return models, subcircuits


def at_rest(folder: Path) -> dict[str, float]:
    """What `python -m evenpulse.analog rest` has written; nothing where it has not."""
    path = folder / REST
    if not path.is_file():
        return {}
    head, *rows = path.read_text(encoding="utf-8").splitlines() or [""]
    if head != ",".join(REST_COLUMNS):
        raise _bad(path, 1, "not the columns", ",".join(REST_COLUMNS))
    found = {}
    for line, row in enumerate(rows, 2):
        node, _, volts = row.partition(",")
        if not _INNER.match(node) or not _VOLTS.match(volts):
            raise _bad(path, line, f"{printable(row[:40])} is no row", "a node and its volts")
        found[node] = float(volts)
    return found


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        seen = getattr(error, "strerror", None) or "not UTF-8"
        raise BadUsage(
            f"cannot read {path}", seen=seen, do_next="an output stage has it beside the others"
        ) from error
    lines = text.split("\n")
    if len(lines) > _LINES_MAX:
        raise BadUsage(f"{path} has {len(lines)} lines", do_next=f"at most {_LINES_MAX}")
    return [
        (number, line.split())
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("*")
    ]


def _bad(path: Path, line: int, what: str, do_next: str) -> BadUsage:
    return BadUsage(f"{path.name}:{line}: {what}", do_next=do_next)
