"""Pulses as they left the pins, and as they were prescribed. The prescribed side is worked out
from the TOML file alone.

Here pulses are made of phases for all that looks at a twin. Two others read theirs for themselves:
the judge of the faults, who must not share a mistake, and `capture`, whose files have glitches.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

CLOCKS_PER_US = 125


@dataclass(frozen=True)
class Pulse:
    """Clocks at which phase A and phase B of one pulse begin and end."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int


@dataclass(frozen=True)
class Prescribed:
    """What one program asks for, in µs."""

    phase_us: int
    gap_us: int
    period_us: int
    offset_us: int


def prescribed(path: Path, number: int = 0) -> Prescribed:
    """Read from the clinician's file, with nothing of the firmware in between; a constant rate
    only.
    """
    program = tomllib.loads(path.read_text(), parse_float=Decimal)["program"][number]
    period_us = (Decimal(1_000_000) / Decimal(program["rate_pps"])).quantize(
        Decimal(1), ROUND_HALF_UP
    )
    return Prescribed(
        program["phase_us"], program["gap_us"], int(period_us), program.get("offset_us", 0)
    )


class High(NamedTuple):
    """A leg that is high: current in one direction. `sign`: 1 of phase A, −1 of phase B."""

    begin: int
    end: int
    sign: int


def highs(edges: Iterable[tuple[int, int, int]], leg_a: int, leg_b: int) -> list[High]:
    """Each time that a leg of one channel was high, whole or cut, in the order of their ends."""
    found, since = [], {}
    for clock, gpio, level in edges:
        if gpio in (leg_a, leg_b) and level:
            since[gpio] = clock
        elif gpio in since:
            found.append(High(since.pop(gpio), clock, 1 if gpio == leg_a else -1))
    return found


class Phase(Protocol):
    """Current in one direction: a leg that was high, or what flowed through the load."""

    @property
    def begin(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def sign(self) -> int: ...


P = TypeVar("P", bound=Phase)


class Whole(NamedTuple, Generic[P]):
    """Both phases of a pulse."""

    a: P
    b: P


class PulseReader(Generic[P]):
    """The whole pulses in phases that come in their order: a phase A, and the phase B after it.
    One that is under way waits for what comes next; a phase without its other is none.
    """

    def __init__(self) -> None:
        self._a: P | None = None

    def read(self, phases: Iterable[P]) -> Iterator[Whole[P]]:
        """The pulses that these phases complete."""
        for phase in phases:
            if phase.sign > 0:
                self._a = phase
            elif self._a is not None:
                yield Whole(self._a, phase)
                self._a = None


def pulses(edges: Iterable[tuple[int, int, int]], leg_a: int, leg_b: int) -> list[Pulse]:
    """Whole biphasic pulses of one channel out of (clock, gpio, level) edges."""
    found = PulseReader[High]().read(highs(edges, leg_a, leg_b))
    return [Pulse(a.begin, a.end, b.begin, b.end) for a, b in found]


def set_points(
    board: dict, duties: Iterable[tuple[int, int, float]]
) -> list[list[tuple[int, float]]]:
    """Per channel (clock, mA) of every change of the set point, out of (clock, gpio, duty) of
    PWM pins.
    """
    full_ma, changes = board["FULL_SCALE_UA"] / 1000, list(duties)
    gpios = [board["PINS"][f"CH{n}_AMP"][0] for n in range(1, board["CHANNELS"] + 1)]
    return [
        [(0, 0.0), *((clock, duty * full_ma) for clock, gpio, duty in changes if gpio == amp)]
        for amp in gpios
    ]


def rows(wanted: Prescribed, channels: list[list[Pulse]]) -> list[tuple[str, int, int, int]]:
    """(what, prescribed µs, least and most measured clocks), over every pulse of every channel."""
    table = []
    for number, train in enumerate(channels, 1):
        periods = [b.a_start - a.a_start for a, b in zip(train, train[1:], strict=False)]
        table += [
            (
                f"channel {number} phase A",
                wanted.phase_us,
                *_span(p.a_end - p.a_start for p in train),
            ),
            (f"channel {number} gap", wanted.gap_us, *_span(p.b_start - p.a_end for p in train)),
            (
                f"channel {number} phase B",
                wanted.phase_us,
                *_span(p.b_end - p.b_start for p in train),
            ),
            (f"channel {number} period", wanted.period_us, *_span(periods)),
        ]
    if len(channels) == 2:
        offsets = [two.a_start - one.a_start for one, two in zip(*channels, strict=False)]
        table.append(("channel 2 after channel 1", wanted.offset_us, *_span(offsets)))
    return table


def worst_clocks(table: list[tuple[str, int, int, int]]) -> int:
    """Largest difference between prescribed and measured, in clocks."""
    return max(
        max(abs(low - us * CLOCKS_PER_US), abs(high - us * CLOCKS_PER_US))
        for _, us, low, high in table
    )


def _span(values: Iterable[int]) -> tuple[int, int]:
    values = list(values)
    return min(values), max(values)
