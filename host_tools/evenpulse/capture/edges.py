"""A capture: levels of pins over time, whatever file they came from. Times are whole picoseconds.

An hour at 150 pulses a second is some ten million edges: 8 bytes each are kept, and nothing else.
"""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evenpulse.base.errors import BadUsage
from evenpulse.base.printable import printable

Times = NDArray[np.int64]
Numbers = NDArray[np.float64]

PS_PER_S = 1_000_000_000_000
PS_PER_NS = 1_000
PS_PER_US = 1_000_000
CLOCK_PS = 8_000
# Of all lines together: more than an hour of the fastest train on every pin; 400 MB.
EDGES_MAX = 50_000_000
PINS_MAX = 512
# Beyond this, picoseconds no longer fit 64 bits with room to spare: eleven days.
SECONDS_MAX = 1_000_000
_SHOWN_MAX = 60


class BadCapture(BadUsage):
    """A file that cannot be used as a capture: nothing has been measured."""


def cut(text: str | bytes) -> str:
    """A piece of a file, fit for a message: on one line, and not the whole of it."""
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    return printable(text[:_SHOWN_MAX]) + ("…" if len(text) > _SHOWN_MAX else "")


@dataclass
class Pin:
    """One line: its level at the beginning, and the times at which it changed; `lost_ps`: when it
    had no level any more.
    """

    name: str
    first: int
    ps: Times
    lost_ps: int | None = None

    def rises(self) -> Times:
        return self.ps[self.first :: 2]

    def falls(self) -> Times:
        return self.ps[1 - self.first :: 2]

    def level_at(self, ps: int) -> int:
        """The level just before that time."""
        return int(self.first ^ np.searchsorted(self.ps, ps, "left") & 1)


@dataclass
class Capture:
    """All lines of a file. `grid_ps`: the time between two samples, 0 where the times are the
    board's own clocks; `digit_ps`: what the last digit of a time is worth.
    """

    path: Path
    kind: str
    pins: dict[str, Pin]
    begin_ps: int
    end_ps: int
    grid_ps: float | None = None
    grid_from: str = ""
    digit_ps: float = 0.0

    @property
    def exact(self) -> bool:
        return self.grid_ps == 0


class Recorder:
    """Takes changes in the order of time; a level that is the same again is no edge."""

    def __init__(self, path: Path, names: list[str]):
        self._path, self._names = path, list[str]()
        self.levels: list[int] = []
        self._first: list[int] = []
        self._ps: list[array[int]] = []
        self._lost: dict[int, int] = {}
        self._edges = 0
        for name in names:
            self.line(name)

    def line(self, name: str) -> int:
        """The index of a new line."""
        if name in self._names:
            raise BadCapture(
                f"{self._path}: two lines are called {cut(name)}",
                do_next="give each channel its own name, and export again",
            )
        if len(self._names) >= PINS_MAX:
            raise BadCapture(
                f"{self._path}: more than {PINS_MAX} lines",
                do_next="export the channels of the board alone",
            )
        self._names.append(name)
        self.levels.append(-1)
        self._first.append(0)
        self._ps.append(array("q"))
        return len(self._names) - 1

    def change(self, index: int, ps: int, level: int) -> None:
        """Line `index` has this level from `ps` on; its first level is no edge."""
        was = self.levels[index]
        if was == level:
            return
        self.levels[index] = level
        if was < 0:
            self._first[index] = level
            return
        self._ps[index].append(ps)
        self._edges += 1
        if self._edges > EDGES_MAX:
            self._refuse()

    def changes(self, index: int, ps: Times) -> None:
        """Line `index`, whose level is known, turns over at each of these times."""
        self._ps[index].frombytes(ps.astype(np.int64).tobytes())
        self.levels[index] ^= len(ps) & 1
        self._edges += len(ps)
        if self._edges > EDGES_MAX:
            self._refuse()

    def lose(self, index: int, ps: int) -> None:
        """Line `index` has no level from then on; before its first one it has lost nothing."""
        if self.levels[index] >= 0:
            self._lost.setdefault(index, ps)

    def _refuse(self) -> None:
        lines = range(len(self._names))
        worst = max(lines, key=lambda index: len(self._ps[index]))
        raise BadCapture(
            f"{self._path}: more than {EDGES_MAX} changes",
            seen=f"most of them on {cut(self._names[worst])}: {len(self._ps[worst])}",
            do_next="leave that channel out, or capture a shorter time",
        )

    def pins(self) -> dict[str, Pin]:
        """What was taken; a line that never had a level is low."""
        if not self._names:
            raise BadCapture(
                f"{self._path}: there is no line of one bit in it",
                do_next="export the digital channels of the capture",
            )
        return {
            name: Pin(
                name,
                self._first[k],
                np.frombuffer(self._ps[k], dtype=np.int64).copy(),
                self._lost.get(k),
            )
            for k, name in enumerate(self._names)
        }
