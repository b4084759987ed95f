"""What the two legs of a channel did: whole pulses, and everything that is none.

A pulse is leg A high, both low, leg B high. A level that lasts less than half the shortest legal
phase is a glitch: it is told, taken out, and does not disturb what is measured around it.
"""

from dataclasses import dataclass, field

import numpy as np

from evenpulse.capture.edges import PS_PER_US, Pin, Times

GLITCH_PS = 10 * PS_PER_US


@dataclass(frozen=True)
class Oddity:
    """Something that no pulse has: what, on which leg, when, and how long."""

    what: str
    leg: str
    at_ps: int
    ps: int


@dataclass
class Legs:
    """Whole pulses, as four columns of times; `b_first`: leg B leads, A and B are swapped here."""

    a_start: Times
    a_end: Times
    b_start: Times
    b_end: Times
    b_first: bool = False
    odd: list[Oddity] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.a_start)

    def take(self, which: np.ndarray) -> "Legs":
        """Some of the pulses, with nothing else."""
        return Legs(self.a_start[which], self.a_end[which], self.b_start[which], self.b_end[which])


def assemble(a: Pin, b: Pin, begin_ps: int, end_ps: int) -> Legs:
    """The pulses of a channel out of its two legs."""
    (a, odd_a), (b, odd_b) = _healed(a, "A"), _healed(b, "B")
    b_first = _lag_ps(b, a) < _lag_ps(a, b)
    lead, follow = (b, a) if b_first else (a, b)
    legs = _paired(lead, follow, begin_ps, end_ps, "BA" if b_first else "AB")
    legs.b_first = b_first
    legs.odd = sorted([*odd_a, *odd_b, *legs.odd], key=lambda one: one.at_ps)
    return legs


def highs(pin: Pin) -> tuple[Times, Times]:
    """Begin and end of each whole time high; what the capture's ends cut is left out."""
    rises, falls = pin.rises(), pin.falls()
    if pin.first:
        falls = falls[1:]
    return rises[: len(falls)], falls


def _healed(pin: Pin, leg: str) -> tuple[Pin, list[Oddity]]:
    """The pin without levels too short for a pulse, and these."""
    short = np.flatnonzero(np.diff(pin.ps) < GLITCH_PS)
    odd, gone, last = [], [], -2
    for at in short.tolist():
        if at == last + 1:
            continue
        last = at
        gone += [at, at + 1]
        level = pin.first ^ (at + 1) & 1
        what = "glitch: high" if level else "glitch: low"
        odd.append(Oddity(what, leg, int(pin.ps[at]), int(pin.ps[at + 1] - pin.ps[at])))
    return Pin(pin.name, pin.first, np.delete(pin.ps, gone)), odd


def _lag_ps(one: Pin, other: Pin) -> float:
    """Typical time from where one leg rises to where the other does next."""
    starts, others = one.rises(), other.rises()
    at = np.searchsorted(others, starts, "left")
    inside = at < len(others)
    if not inside.any():
        return float("inf")
    return float(np.median(others[at[inside]] - starts[inside]))


def _paired(lead: Pin, follow: Pin, begin_ps: int, end_ps: int, names: str) -> Legs:
    """Each phase of the leading leg with the first of the other before it comes again."""
    (a, a_end), (b, b_end) = highs(lead), highs(follow)
    at = np.searchsorted(b, a, "left")
    until = np.append(a[1:], np.iinfo(np.int64).max)
    there = at < len(b)
    there[there] &= b[at[there]] < until[there]
    pairs = at[there]
    legs = Legs(a[there], a_end[there], b[pairs], b_end[pairs])
    gap = int(np.median(legs.b_start - legs.a_end)) if len(legs) else 0
    for k in np.flatnonzero(~there).tolist():
        if a[k] + 2 * (a_end[k] - a[k]) + gap < end_ps:
            legs.odd.append(Oddity("a phase alone", names[0], int(a[k]), int(a_end[k] - a[k])))
    used = np.zeros(len(b), dtype=bool)
    used[pairs] = True
    for k in np.flatnonzero(~used).tolist():
        if b_end[k] - 2 * (b_end[k] - b[k]) - gap > begin_ps:
            legs.odd.append(Oddity("a phase alone", names[1], int(b[k]), int(b_end[k] - b[k])))
    over = np.flatnonzero(legs.b_start < legs.a_end)
    legs.odd += [
        Oddity(
            "both legs high", "A and B", int(legs.b_start[k]), int(legs.a_end[k] - legs.b_start[k])
        )
        for k in over.tolist()
    ]
    return legs
