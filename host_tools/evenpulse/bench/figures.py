"""Figures of a train: what left the pins against k·T, phase and gap. Knows clocks and pulses,
and nothing of how they were made.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from evenpulse.twin.waveform import CLOCKS_PER_US, Pulse

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True)
class Wanted:
    """A constant train, in µs."""

    phase_us: int
    gap_us: int
    period_us: int


@dataclass
class Errors:
    """Measured less wanted, in clocks, of every phase, gap, period, and start against k·T from
    the first pulse.
    """

    phase: list[int] = field(default_factory=list)
    gap: list[int] = field(default_factory=list)
    period: list[int] = field(default_factory=list)
    start: list[int] = field(default_factory=list)

    def worst(self, *names: str) -> int | None:
        """Largest error of these; None when there is nothing to judge."""
        every = [abs(e) for name in names for e in getattr(self, name)]
        return max(every) if every else None

    def spread(self, name: str) -> int | None:
        """Largest less smallest."""
        values = getattr(self, name)
        return max(values) - min(values) if values else None


def errors(train: list[Pulse], wanted: Wanted) -> Errors:
    """Every error of a train. A pulse that is missing shows as a period and all later starts a
    period late.
    """
    phase, gap, period = (
        us * CLOCKS_PER_US for us in (wanted.phase_us, wanted.gap_us, wanted.period_us)
    )
    found = Errors()
    for k, pulse in enumerate(train):
        found.phase += [pulse.a_end - pulse.a_start - phase, pulse.b_end - pulse.b_start - phase]
        found.gap.append(pulse.b_start - pulse.a_end - gap)
        found.start.append(pulse.a_start - train[0].a_start - k * period)
        if k:
            found.period.append(pulse.a_start - train[k - 1].a_start - period)
    return found


def worst_offset(one: list[Pulse], two: list[Pulse], offset_us: int) -> int | None:
    """Largest error of channel 2 after channel 1, pulse by pulse; None unless both have pulses."""
    pairs = list(zip(one, two, strict=False))
    return max(
        (abs(b.a_start - a.a_start - offset_us * CLOCKS_PER_US) for a, b in pairs), default=None
    )


def largest(values: Iterable[_Number | None]) -> _Number | None:
    """The largest; None when one of them could not be measured, or there are none."""
    every = list(values)
    known = [value for value in every if value is not None]
    return max(known) if known and len(known) == len(every) else None
