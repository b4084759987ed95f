"""CSV, read line by line: one line a change (`time,pin,level`), or one column a line of the board,
as both versions of Saleae's Logic export it (`Time [s],Channel 0,…`).
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO

from evenpulse.base.printable import counted
from evenpulse.capture.edges import (
    CLOCK_PS,
    PS_PER_S,
    SECONDS_MAX,
    BadCapture,
    Capture,
    Recorder,
    cut,
)

_LINE_MAX = 64 * 1024
_UNITS_PS = {
    "s": PS_PER_S,
    "ms": PS_PER_S // 10**3,
    "us": PS_PER_S // 10**6,
    # The micro sign, and the Greek letter
    "\u00b5s": PS_PER_S // 10**6,
    "\u03bcs": PS_PER_S // 10**6,
    "ns": PS_PER_S // 10**9,
    "ps": 1,
}
_CLOCK = "clock"
_LEVELS = {"0": 0, "1": 1}
_NO_DATA = "X"
_DIGITS_LOOKED_AT, _DIGITS_LEAST = 1_000, 16
_EXPONENT_MAX = 30
_KNOWN = "time,pin,level; clock,pin,level; or Time [s],Channel 0,Channel 1,…"
_TOO_LONG = f"a line of more than {_LINE_MAX} characters"

Told = Callable[[int, int, list[str]], None]


def read(path: Path, file: BinaryIO) -> Capture:
    """The whole file; raises BadCapture with the line that is wrong."""
    lines = _lines(path, file)
    _, head = next(lines, (0, ""))
    columns = [column.strip().strip('"') for column in head.split(",")]
    unit_ps = _unit(path, columns[0])
    tall = [column.lower() for column in columns[1:]] == ["pin", "level"]
    if len(columns) < 2:
        raise _no_head(path, head)
    reader = _Tall(path) if tall else _Wide(path, columns[1:])
    begin_ps, end_ps, digit_ps = _rows(path, lines, len(columns), unit_ps, reader.take)
    kind = "CSV, a change a line" if tall else "CSV, a column a line"
    told = Capture(path, kind, reader.record.pins(), begin_ps, end_ps, digit_ps=digit_ps)
    if columns[0].lower() == _CLOCK:
        told.grid_ps, told.digit_ps, told.grid_from = 0.0, 0.0, "clocks of the board itself"
    return told


def _lines(path: Path, file: BinaryIO) -> Iterator[tuple[int, str]]:
    number = 0
    while line := file.readline(_LINE_MAX + 1):
        number += 1
        if len(line) > _LINE_MAX:
            raise BadCapture(
                f"{path}:{number}: {_TOO_LONG}: {cut(line)}",
                do_next="is this the capture? a CSV export has short lines",
            )
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise BadCapture(
                f"{path}:{number}: this is no text: {cut(line)}",
                do_next="export the capture as VCD, .sr or CSV",
            ) from error
        if text:
            yield number, text


def _no_head(path: Path, head: str) -> BadCapture:
    return BadCapture(
        f"{path}:1: this is no first line of a capture: {cut(head)}",
        seen=f"known: {_KNOWN}",
        do_next="export it as VCD, .sr or CSV with its first line",
    )


def _unit(path: Path, column: str) -> int:
    name = column.lower()
    if name == _CLOCK:
        return CLOCK_PS
    found = re.fullmatch(r"time(?:\s*[\[(_ ]\s*([^\s\])]+)\s*[\])]?)?", name)
    if not found:
        raise _no_head(path, column)
    unit = found[1] or "s"
    if unit not in _UNITS_PS:
        raise BadCapture(
            f"{path}:1: times in {cut(unit)}",
            seen="known: " + ", ".join(_UNITS_PS),
            do_next="export it in seconds: Time [s]",
        )
    return _UNITS_PS[unit]


def _rows(
    path: Path, lines: Iterator[tuple[int, str]], columns: int, unit_ps: int, take: Told
) -> tuple[int, int, float]:
    """The first and the last time, and what the last digit of a time is worth."""
    most, last, begin, digits = SECONDS_MAX * PS_PER_S, None, 0, _Digits()
    for number, line in lines:
        cells = line.split(",")
        if len(cells) != columns:
            raise BadCapture(
                f"{path}:{number}: {counted(len(cells), 'cell')}, {columns} are named: {cut(line)}",
                do_next="export it again: it is cut off or mixed up",
            )
        try:
            ps = round(float(cells[0]) * unit_ps)
        except (ValueError, OverflowError):
            raise BadCapture(
                f"{path}:{number}: {cut(cells[0])} is no time",
                do_next="export it with times in seconds since the trigger, not of the day",
            ) from None
        if last is None:
            begin = ps
        elif ps < last:
            raise BadCapture(
                f"{path}:{number}: the time goes backwards: {cut(line)}", do_next="export it again"
            )
        if abs(ps) > most:
            raise BadCapture(
                f"{path}:{number}: {cut(cells[0])} is beyond {SECONDS_MAX} s",
                do_next="is the unit of time right?",
            )
        last = ps
        digits.take(abs(ps), cells[0])
        take(number, ps, cells)
    if last is None:
        raise BadCapture(f"{path}: no change in it", do_next="capture it again")
    return begin, last, max(1.0, digits.worth() * unit_ps)


class _Digits:
    """What the last digit of a time is worth. Who writes so many digits in all writes fewer of them
    behind the point as times grow: each decade is looked at, and the coarsest counts.
    """

    def __init__(self) -> None:
        self._low, self._high = 0, 0
        self._here = [0.0, 0.0]
        # By decade: how many were looked at, and the finest
        self._decades: dict[int, list[float]] = {}

    def take(self, size: int, text: str) -> None:
        if not self._low <= size < self._high:
            self._low = 10 ** (len(str(size)) - 1)
            self._high = 10 * self._low
            self._here = self._decades.setdefault(self._low, [0.0, float("inf")])
        if self._here[0] < _DIGITS_LOOKED_AT:
            self._here[0] += 1
            self._here[1] = min(self._here[1], _digit(text))

    def worth(self) -> float:
        """In the unit of the times; a few times alone may end in zeros that were left out."""
        sure = [finest for count, finest in self._decades.values() if count >= _DIGITS_LEAST]
        return max(sure) if sure else min(finest for _, finest in self._decades.values())


def _digit(text: str) -> float:
    try:
        exponent = int(Decimal(text.strip()).as_tuple().exponent)
    except (InvalidOperation, ValueError):
        return 1.0
    return float(10.0 ** max(-_EXPONENT_MAX, min(_EXPONENT_MAX, exponent)))


class _Wide:
    """A column a line: a row where any of them changes."""

    def __init__(self, path: Path, names: list[str]):
        self._path = path
        self.record = Recorder(path, names)
        self._last: list[str] = []

    def take(self, number: int, ps: int, cells: list[str]) -> None:
        levels = cells[1:]
        if levels == self._last:
            return
        self._last = levels
        for index, cell in enumerate(levels):
            level = _LEVELS.get(cell.strip(), -1)
            if level < 0:
                raise _bad_level(self._path, number, cell.strip())
            self.record.change(index, ps, level)


class _Tall:
    """A line a change; the pins are those that come. One that comes late has changed there."""

    def __init__(self, path: Path):
        self._path = path
        self.record = Recorder(path, [])
        self._index: dict[str, int] = {}
        self._begin: int | None = None

    def take(self, number: int, ps: int, cells: list[str]) -> None:
        name, level = cells[1].strip(), _LEVELS.get(cells[2].strip(), -1)
        if level < 0:
            raise _bad_level(self._path, number, cells[2].strip())
        if self._begin is None:
            self._begin = ps
        index = self._index.get(name)
        if index is None:
            index = self._index[name] = self.record.line(name)
            if ps > self._begin:
                self.record.change(index, self._begin, 1 - level)
        self.record.change(index, ps, level)


def _bad_level(path: Path, number: int, cell: str) -> BadCapture:
    if cell == _NO_DATA:
        return BadCapture(
            f"{path}:{number}: X: the capture has a gap here",
            do_next="capture at a lower rate or fewer channels, so that none is lost",
        )
    return BadCapture(
        f"{path}:{number}: {cut(cell)} is no level: 0 or 1",
        do_next="export digital channels; voltages need a threshold in the analyser's program",
    )
