"""Scenario files: what happens around the device and when. Read strictly: one clear message for the
first thing that is wrong.

The timeline's 0 is READY after power-on, with the prescription accepted and USB unplugged.
"""

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeGuard

from evenpulse.base import boards, toml_file, toml_lines
from evenpulse.base.errors import BadUsage
from evenpulse.scenario.events import EVENTS, Event
from evenpulse.scenario.parameters import (
    CLOCKS_PER_MS,
    FORMAT,
    OHM_MAX,
    PARAMETERS,
    UNTIL_MS_MAX,
    Parameter,
    to_clocks,
)
from evenpulse.twin import stage

_TOP = {"board", "prescription", "until_ms", "circuit", "load", "event"}
_UNTIL = Parameter("where the run ends", "ms", UNTIL_MS_MAX, above_0=True)
_LOAD = Parameter("of a channel", "ohm or nF", OHM_MAX)


@dataclass
class Scenario:
    """A checked scenario."""

    path: Path
    board: str
    prescription: Path
    until_clock: int
    load: dict[str, float]
    events: list[Event]
    circuit: bool = False


def read(path: Path) -> Scenario:
    """Read and check a scenario file; raises BadUsage."""
    path = Path(path)
    return _Reader(path, *toml_file.read(path, BadUsage)).scenario()


def check_events(board: str, events: list[dict], until_ms: Decimal) -> None:
    """Events that are in no file yet, as a file's would be; raises BadUsage."""
    _Reader(Path("what was done"), "", {"board": board, "until_ms": until_ms}).check_events(events)


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
        until_ms = self._number("", "until_ms", "until_ms", document["until_ms"], _UNTIL)
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
            self._circuit(document.get("circuit", False)),
        )

    def _circuit(self, given: object) -> bool:
        if not isinstance(given, bool):
            raise self._bad(
                "circuit", f"circuit = {toml_file.shown(given)} is not true or false", "write one"
            )
        if given and not (boards.folder() / self._board["NAME"] / stage.FILE).is_file():
            what = f"board {self._board['NAME']} has no circuit of its output stage"
            raise self._bad("circuit", what, "leave circuit out, or take a board that has one")
        return given

    def check_events(self, events: list[dict]) -> None:
        """Read events alone."""
        self._board, self._until = self._load_board(), to_clocks(self._document["until_ms"])
        self._events(events)

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
        self, where: str, at: str, key: str, value: object, asked: Parameter
    ) -> int | Decimal:
        low = "above 0" if asked.above_0 else "0"
        limits = f"write a number, {low} to {asked.most} ({FORMAT})"
        if not _is_number(value) or asked.whole and not isinstance(value, int):
            kind = "whole number" if asked.whole else "number"
            raise self._bad(at, f"{where}{key} = {toml_file.shown(value)} is not a {kind}", limits)
        if value < 0 or value > asked.most or asked.above_0 and value == 0:
            raise self._bad(at, f"{where}{key} = {value} is outside its range", limits)
        if asked.multiple_of > 1 and value % asked.multiple_of:
            raise self._bad(
                at,
                f"{where}{key} = {value:#x} is not a multiple of {asked.multiple_of}",
                "name a whole word",
            )
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
            key: float(self._number("load: ", f"load.{key}", key, value, _LOAD))
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
        kind = EVENTS[do]
        self._known(where, at, table, {"at_ms", "do", *kind.must, *kind.may})
        for key in ["at_ms", *kind.must]:
            if key not in table:
                raise self._bad(at + key, f"{where}{key} is missing", f"add {key} = …")
        given = {key: value for key, value in table.items() if key != "do"}
        for key, value in given.items():
            self._parameter(where, at, key, value)
        clock = to_clocks(given.pop("at_ms"))
        if clock >= self._until:
            raise self._bad(
                f"{at}at_ms",
                (
                    f"{where}at_ms = {table['at_ms']} is not before until_ms = "
                    f"{self._document['until_ms']}"
                ),
                "move the event, or let the scenario run longer",
            )
        return Event(do, clock, where, at[:-1], given)

    def _parameter(self, where: str, at: str, key: str, value: object) -> None:
        asked = PARAMETERS[key]
        if asked.choices is None:
            self._number(where, at + key, key, value, asked)
            return
        known = asked.choices(self._board)
        if isinstance(value, bool) or value not in known:
            source = f"board {self._document['board']}" if asked.of_board else FORMAT
            raise self._bad(
                at + key,
                f"{where}{key} = {toml_file.shown(value)} is not known",
                f"use one of: {', '.join(map(str, known))} ({source})",
            )


class _Clashes:
    """Two events that cannot both happen: a button pressed while it is held, a loop opened that
    is open.
    """

    def __init__(self, bad: Callable[[str, str, str], BadUsage], events: list[Event]):
        self._bad, self._events = bad, sorted(events, key=lambda event: event.clock)
        self._busy: dict[object, tuple[float, Event]] = {}
        self._on: dict[str, tuple[bool, Event | None]] = {}

    def check(self) -> None:
        for event in self._events:
            kind = EVENTS[event.do]
            for switch, on in kind.needs:
                self._need(event, switch, on)
            if kind.turns:
                self._switch(event, *kind.turns)
            else:
                for what, for_ms in kind.takes(event):
                    self._occupy(event, what, None if for_ms is None else to_clocks(for_ms))

    def _occupy(self, event: Event, what: object, clocks: int | None) -> None:
        end, other = self._busy.get(what, (-1, None))
        if event.clock < end:
            raise self._clash(event, other)
        self._busy[what] = (float("inf") if clocks is None else event.clock + clocks, event)

    def _switch(self, event: Event, what: str, on: bool) -> None:
        is_on, other = self._on.get(what, (False, None))
        if is_on == on:
            raise self._clash(event, other)
        self._on[what] = (on, event)

    def _need(self, event: Event, what: str, on: bool) -> None:
        is_on, other = self._on.get(what, (False, None))
        if is_on != on:
            raise self._clash(event, other)

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


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)
