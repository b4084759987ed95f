"""When the interlock of the device would have cut, read from the waves of a run without it.

A stated model of two things: the guard, at the level of INTERLOCK_N, and the firmware's rules of a
sample as SAFETY.md has them. No code of the firmware or the twin is used. A latch inside SPICE has
two solutions a step, and Newton jumps to the wrong one: so a run is made without, and again with
the pins cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evenpulse.analog.spice import Wave

# The chip's inputs read low for certain below 0.8 V, and change in between.
_LOW_V = 1.4
GUARD_S = 50e-9
SAMPLE_S = 9e-6
# A sample's interrupt cuts some 20 to 60 µs after the phase began: the slower.
CUT_S = 60e-6
SLOW_S = 0.5
MV_PER_MA, _FULL_V = 30.0, 3.3
_FROM_MA = 5.0


@dataclass(frozen=True)
class Reaction:
    """Who cuts, when, and why."""

    at_s: float
    who: str
    reason: str


def first(
    waves: Mapping[str, Wave],
    phases: Sequence[tuple[float, str]],
    asked_ma: float,
    cap_ma: float,
    mv_per_ma: float = MV_PER_MA,
    since_s: float = 0.0,
) -> Reaction | None:
    """The earliest; `phases`: (begin, leg) of each, as the pins had it. What came before `since_s`
    is nobody's reaction, but a phase B is held against its A all the same.
    """
    sampled = [(begin, leg, sample_ma(waves, begin + SAMPLE_S, mv_per_ma)) for begin, leg in phases]
    later = waves["time"] >= since_s
    found = [
        *_guard({name: wave[later] for name, wave in waves.items()}),
        *_samples(sampled, asked_ma, cap_ma, since_s),
    ]
    return min(found, key=lambda reaction: reaction.at_s, default=None)


def sample_ma(waves: Mapping[str, Wave], at_s: float, mv_per_ma: float = MV_PER_MA) -> float:
    """What the converter reads, as a current."""
    volts = np.interp(at_s, waves["time"], waves["v(adc)"] - waves["v(pg)"])
    return float(min(max(volts, 0), _FULL_V)) * 1_000 / mv_per_ma


def _guard(waves: Mapping[str, Wave]) -> list[Reaction]:
    low = waves["v(il)"] - waves["v(pg)"] < _LOW_V
    if not low.any():
        return []
    at = int(np.argmax(low))
    # SHORT_N takes INTERLOCK_N with it through a diode, and never the other way.
    short = waves["v(shn)"][at] - waves["v(pg)"][at] < _LOW_V
    rest = max(waves["v(wc)"][at], waves["v(yc)"][at]) > waves["v(wr)"][at]
    who = (
        "short comparator" if short else "comparator at rest" if rest else "over-current comparator"
    )
    return [Reaction(float(waves["time"][at]) + GUARD_S, who, "interlock")]


def _samples(
    sampled: Sequence[tuple[float, str, float]], asked_ma: float, cap_ma: float, since_s: float
) -> list[Reaction]:
    """`sampled`: (begin, leg, mA) of each phase."""
    found, of_a = [], None
    for begin, leg, ma in sampled:
        reason = _reason(ma, asked_ma, cap_ma)
        if leg == "B" and of_a is not None and not reason and _unlike(of_a, ma, asked_ma):
            reason = "unbalanced"
        of_a = ma if leg == "A" else None
        if reason and begin + SAMPLE_S > since_s:
            found.append(Reaction(begin + CUT_S, "firmware's sample", reason))
    return found + _slow([(leg, ma) for _, leg, ma in sampled[-2:]], asked_ma)


def _reason(ma: float, asked_ma: float, cap_ma: float) -> str:
    if ma > asked_ma * 9 / 8 + 1 or ma > cap_ma * 1.1 + 0.5:
        return "over_current"
    return "lead_off" if asked_ma >= _FROM_MA and ma < asked_ma / 2 else ""


def _unlike(a_ma: float, b_ma: float, asked_ma: float) -> bool:
    apart = abs(a_ma - b_ma)
    return apart > max(a_ma, b_ma) / 8 + (0.6 if asked_ma < _FROM_MA else 0)


def _slow(pair: Sequence[tuple[str, float]], asked_ma: float) -> list[Reaction]:
    """What the means of half a second would say if every pulse were like the last one."""
    if [leg for leg, _ in pair] != ["A", "B"]:
        return []
    a_ma, b_ma = (ma for _, ma in pair)
    mean = (a_ma + b_ma) / 2
    if mean > asked_ma * 1.1 + 0.5:
        return [Reaction(SLOW_S, "firmware's mean", "over_current")]
    if abs(a_ma - b_ma) > mean / 16 and mean > 1:
        return [Reaction(SLOW_S, "firmware's mean", "unbalanced")]
    return []
