"""Scenario files: what happens around the device and when. Read strictly: one clear message for the
first thing that is wrong.

The timeline's 0 is READY after power-on, with the prescription accepted and USB unplugged.
"""

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from evenpulse.base import boards, toml_file, toml_lines
from evenpulse.base.errors import BadUsage

CLOCKS_PER_MS = 125_000
_UNTIL_MS_MAX = 86_400_000
_TOP = {"board", "prescription", "until_ms", "load", "event"}
_OHM_MAX = 10_000_000
# The firmware's clock must be asked every six days (hal/clock.py).
_MINUTES_MAX = 5 * 24 * 60
_MV_MAX = 20_000
_FORMAT = "scenario format"
CRASHES = ("exception", "hardfault")

# event: (parameters it must have, parameters it may have)
EVENTS = {
    "press": ({"button"}, {"for_ms"}),
    "hold": ({"button", "for_ms"}, set()),
    "lead_off": (set(), {"channel"}),
    "lead_on": (set(), {"channel"}),
    "short": (set(), {"channel", "ohm"}),
    "stop_open": (set(), set()),
    "stop_close": (set(), set()),
    "overcurrent": (set(), set()),
    "usb_plug": (set(), set()),
    "usb_unplug": (set(), set()),
    "supply_mv": ({"mv"}, set()),
    "freeze_cpu": (set(), {"for_ms"}),
    "crash": (set(), {"kind"}),
    "soft_reset": (set(), set()),
    "stuck_high": ({"pin"}, {"for_ms"}),
    "poke": ({"address", "value"}, set()),
    "advance": ({"minutes"}, set()),
}


@dataclass
class Event:
    """One event: what, at which clock after READY, and its parameters; `where` names it in
    messages, `at` its line.
    """

    do: str
    clock: int
    where: str
    at: str
    parameters: dict = field(default_factory=dict)

    def clocks(self, name: str, default_ms: int | None = None) -> int | None:
        """A duration parameter in clocks."""
        value = self.parameters.get(name, default_ms)
        return None if value is None else to_clocks(value)


@dataclass
class Scenario:
    """A checked scenario."""

    path: Path
    board: str
    prescription: Path
    until_clock: int
    load: dict[str, float]
    events: list[Event]


def to_clocks(milliseconds: Decimal | int | float | str) -> int:
    """Clocks nearest to a time in ms; Decimal in, so that a fraction counts exactly."""
    return round(Decimal(milliseconds) * CLOCKS_PER_MS)


def read(path: Path) -> Scenario:
    """Read and check a scenario file; raises BadUsage."""
    path = Path(path)
    return _Reader(path, *toml_file.read(path, BadUsage)).scenario()


class _Reader:
    """Checks one document. What is wrong is told with the line of `at`, the field as toml_lines
    calls it.
    """

    def __init__(self, path: Path, text: str, document: dict):
        self._path, self._document = path, document
        self._lines = toml_lines.Lines(text)

    def scenario(self) -> Scenario:
        document = self._document
        self._known("", "", document, _TOP)
        for key in ("board", "prescription", "until_ms"):
            if key not in document:
                raise self._bad(key, f"{key} is missing", f"add {key} = …")
        self._board = self._load_board()
        until_ms = self._number(
            "", "until_ms", "until_ms", document["until_ms"], 0, _UNTIL_MS_MAX, above=True
        )
        prescription = self._path.parent / self._text_value(
            "prescription", document["prescription"]
        )
        # Of os.path: a name that no file can have is no file, and not an error of its own.
        if not os.path.isfile(prescription):  # noqa: PTH113
            raise self._bad(
                "prescription",
                (
                    f"prescription = {str(document['prescription'])!r}: there is no file "
                    f"{prescription}"
                ),
                (
                    "name a TOML file, relative to the scenario; evenpulse twin new --prescription "
                    "writes one"
                ),
            )
        self._until = to_clocks(until_ms)
        events = self._events(document.get("event", []))
        return Scenario(
            self._path,
            document["board"],
            prescription,
            self._until,
            self._load(document.get("load", {})),
            events,
        )

    def _bad(self, at: str, what: str, do_next: str) -> BadUsage:
        return BadUsage(
            f"{toml_lines.where(self._path, self._lines.of(at))}: {what}", do_next=do_next
        )

    def _known(self, where: str, at: str, table: dict, known: set[str]) -> None:
        for key in table:
            if key not in known:
                close = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean {close[0]}? " if close else ""
                raise self._bad(
                    at + key,
                    f"{where}unknown key {key!r}",
                    f"{hint}known here: {', '.join(sorted(known))}",
                )

    def _load_board(self) -> dict:
        name = self._text_value("board", self._document["board"])
        if name not in boards.names():
            raise self._bad(
                "board",
                f"board = {name!r}: there is no such board",
                f"use one of: {', '.join(boards.names())}",
            )
        return boards.load(name)

    def _text_value(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value:
            raise self._bad(
                key, f"{key} = {toml_file.shown(value)} is not a text", f'write {key} = "…"'
            )
        return value

    def _number(
        self,
        where: str,
        at: str,
        key: str,
        value: object,
        low: int,
        high: int,
        *,
        above: bool = False,
        whole: bool = False,
    ) -> int | Decimal:
        limits = f"write a number, {'above ' if above else ''}{low} to {high} ({_FORMAT})"
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, Decimal))
            or whole
            and not isinstance(value, int)
            or not _finite(value)
        ):
            raise self._bad(
                at,
                (
                    f"{where}{key} = {toml_file.shown(value)} is not a "
                    f"{'whole ' if whole else ''}number"
                ),
                limits,
            )
        if value < low or value > high or above and value == low:
            raise self._bad(at, f"{where}{key} = {value} is outside its range", limits)
        return value

    def _load(self, table: object) -> dict[str, float]:
        if not isinstance(table, dict):
            raise self._bad(
                "load", f"load = {toml_file.shown(table)} is not a table", "write [load]"
            )
        known = {
            f"ch{n}_{name}"
            for n in range(1, self._board["CHANNELS"] + 1)
            for name in ("ohm", "skin_ohm", "skin_nf")
        }
        self._known("load: ", "load.", table, known)
        return {
            key: float(self._number("load: ", f"load.{key}", key, value, 0, _OHM_MAX))
            for key, value in table.items()
        }

    def _events(self, tables: object) -> list[Event]:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self._bad(
                "event",
                f"event = {toml_file.shown(tables)} is not a list of tables",
                "write [[event]] above each event",
            )
        events = [self._event(number, table) for number, table in enumerate(tables, 1)]
        _Clashes(self._bad, events).check()
        return events

    def _event(self, number: int, table: dict) -> Event:
        at = f"event[{number}]."
        where = f"event {number}: "
        do = table.get("do")
        if not isinstance(do, str) or do not in EVENTS:
            what = (
                f"do = {toml_file.shown(do)} is not an event" if "do" in table else "do is missing"
            )
            raise self._bad(f"{at}do", where + what, f"use one of: {', '.join(EVENTS)}")
        where = f"event {number} ({do}): "
        must, may = EVENTS[do]
        self._known(where, at, table, {"at_ms", "do"} | must | may)
        for key in ["at_ms", *sorted(must)]:
            if key not in table:
                raise self._bad(at + key, f"{where}{key} is missing", f"add {key} = …")
        for key, value in table.items():
            self._parameter(where, at, key, value)
        clock = to_clocks(table["at_ms"])
        if clock >= self._until:
            raise self._bad(
                f"{at}at_ms",
                (
                    f"{where}at_ms = {table['at_ms']} is not before until_ms = "
                    f"{self._document['until_ms']}"
                ),
                "move the event, or let the scenario run longer",
            )
        return Event(
            do,
            clock,
            where,
            at[:-1],
            {key: value for key, value in table.items() if key not in ("at_ms", "do")},
        )

    def _parameter(self, where: str, at: str, key: str, value: object) -> None:
        pins, board = self._board["PINS"], f"board {self._document['board']}"
        choices: dict[str, tuple[list, str]] = {
            "button": (
                [role.removeprefix("BTN_") for role in pins if role.startswith("BTN_")],
                board,
            ),
            "channel": (list(range(1, self._board["CHANNELS"] + 1)), board),
            "pin": ([r for r in pins if pins[r][1] != "adc"], board),
            "kind": (list(CRASHES), _FORMAT),
        }
        if key in choices:
            known, source = choices[key]
            if isinstance(value, bool) or value not in known:
                raise self._bad(
                    at + key,
                    f"{where}{key} = {toml_file.shown(value)} is not known",
                    f"use one of: {', '.join(map(str, known))} ({source})",
                )
        elif key in ("at_ms", "for_ms"):
            self._number(where, at + key, key, value, 0, _UNTIL_MS_MAX, above=key == "for_ms")
        elif key == "ohm":
            self._number(where, at + key, key, value, 0, _OHM_MAX)
        elif key == "minutes":
            self._number(where, at + key, key, value, 0, _MINUTES_MAX, above=True)
        elif key == "mv":
            self._number(where, at + key, key, value, 0, _MV_MAX, whole=True)
        elif key in ("address", "value"):
            number = self._number(where, at + key, key, value, 0, 0xFFFFFFFF, whole=True)
            if key == "address" and number % 4:
                raise self._bad(
                    at + key,
                    f"{where}address = {value:#x} is not a multiple of 4",
                    "name a whole word",
                )


class _Clashes:
    """Two events that cannot both happen: a button pressed while it is held, a loop opened that
    is open.
    """

    def __init__(self, bad: Callable[[str, str, str], BadUsage], events: list[Event]):
        self._bad, self._events = bad, sorted(events, key=lambda event: event.clock)
        self._busy: dict[object, tuple[float, Event]] = {}
        self._is: dict[str, tuple[bool, Event | None]] = {
            "stop": (False, None),
            "usb": (False, None),
        }

    def check(self) -> None:
        for event in self._events:
            self._check(event)

    def _check(self, event: Event) -> None:
        do, parameters = event.do, event.parameters
        if do in ("press", "hold"):
            self._occupy(event, ("button", parameters["button"]), event.clocks("for_ms", 100))
        elif do in ("freeze_cpu", "stuck_high"):
            self._occupy(event, (do, parameters.get("pin")), event.clocks("for_ms"))
        elif do in ("stop_open", "stop_close"):
            self._switch(event, "stop", do == "stop_open")
        elif do in ("usb_plug", "usb_unplug"):
            self._switch(event, "usb", do == "usb_plug")
        elif do in ("lead_off", "lead_on", "short"):
            for channel in [parameters["channel"]] if "channel" in parameters else ["1", "2"]:
                self._occupy(event, ("lead", str(channel), event.clock), 1)
        else:
            self._occupy(event, (do, parameters.get("address"), event.clock), 1)

    def _occupy(self, event: Event, what: object, clocks: int | None) -> None:
        end, other = self._busy.get(what, (-1, None))
        if event.clock < end:
            raise self._clash(event, other)
        self._busy[what] = (float("inf") if clocks is None else event.clock + clocks, event)

    def _switch(self, event: Event, what: str, on: bool) -> None:
        is_on, other = self._is[what]
        if is_on == on:
            raise self._clash(event, other)
        self._is[what] = (on, event)

    def _clash(self, event: Event, other: Event | None) -> BadUsage:
        against = (
            f"{other.where.rstrip(': ')} at {Decimal(other.clock) / CLOCKS_PER_MS} ms"
            if other
            else "how the timeline begins"
        )
        return self._bad(
            event.at,
            f"{event.where}at {Decimal(event.clock) / CLOCKS_PER_MS} ms clashes with {against}",
            "move or remove one of the two",
        )


def _finite(value: int | Decimal) -> bool:
    return isinstance(value, int) or value.is_finite()
