"""INTERLOCK_N and the outputs: how long until the last of them is low, and whether one rises while
the line is low. A pulse that is cut there is cut as it should be.
"""

import numpy as np

from evenpulse.capture.edges import PS_PER_S, PS_PER_US, Capture, Pin
from evenpulse.capture.legs import Legs, Oddity
from evenpulse.capture.pins import FREEZE, Named
from evenpulse.capture.rows import Row

_OUTPUTS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN")
_I1_LIMIT_PS = 8 * 8_000
_I2_LIMIT_PS = 100 * PS_PER_S / 1_000
# What is still high so long after the line fell was never switched off by it.
_WAITED_PS = PS_PER_S
_CUT_WITHIN_PS = 10 * PS_PER_US


def _outputs(named: Named) -> list[Pin]:
    return [named.lines[role] for role in _OUTPUTS if role in named.lines]


def cuts(named: Named) -> list[int]:
    """Times at which INTERLOCK_N or HV_EN fell while a leg was high."""
    legs = [pin for pin in _outputs(named) if pin is not named.lines.get("HV_EN")]
    lines = [named.lines[role] for role in ("INTERLOCK_N", "HV_EN") if role in named.lines]
    falls = {int(fall) for line in lines for fall in line.falls()}
    return sorted(fall for fall in falls if any(pin.level_at(fall) for pin in legs))


def whole(legs: Legs, cut_ps: list[int]) -> np.ndarray:
    """Which pulses no cut fell into."""
    kept = np.ones(len(legs), dtype=bool)
    for at in cut_ps:
        kept &= ~((legs.a_start <= at) & (legs.b_end >= at))
    return kept


def without_cut(odd: list[Oddity], cut_ps: list[int]) -> list[Oddity]:
    """Oddities that are no pulse cut by the interlock."""
    return [
        one
        for one in odd
        if not any(one.at_ps <= at <= one.at_ps + one.ps + _CUT_WITHIN_PS for at in cut_ps)
    ]


def rows(capture: Capture, named: Named) -> list[Row]:
    """I1, what rises while the line is low, and I2."""
    line, grid_ps = named.lines.get("INTERLOCK_N"), (capture.grid_ps or 0.0) + capture.digit_ps
    out = []
    if line is not None:
        out += _fallen(line, _outputs(named), grid_ps, capture.end_ps)
    mark = named.lines.get(FREEZE)
    if mark is not None and len(mark.ps):
        out += _frozen(int(mark.ps[0]), _outputs(named), grid_ps)
    return out


def _fallen(line: Pin, outputs: list[Pin], grid_ps: float, end_ps: int) -> list[Row]:
    falls, took, rises = list[int](), list[int](), list[int]()
    for fall in line.falls().tolist():
        high = [pin for pin in outputs if pin.level_at(fall)]
        again = line.rises()[np.searchsorted(line.rises(), fall) :]
        until = int(again[0]) if len(again) else end_ps
        for pin in outputs:
            inside = pin.rises()
            rises += inside[(inside > fall) & (inside < until)].tolist()
        if high:
            falls.append(fall)
            took.append(max(_next_fall(pin, fall) for pin in high) - fall)
    out = []
    if falls:
        out.append(_limit("I1", "INTERLOCK_N to the last output low", took, falls, grid_ps,
                          _I1_LIMIT_PS))  # fmt: skip
    if rises:
        late = _limit("I1", "an output rises while INTERLOCK_N is low", [0] * len(rises), rises,
                      0.0, -1.0)  # fmt: skip
        out.append(late)
    return out


def _next_fall(pin: Pin, at: int) -> int:
    falls = pin.falls()
    k = int(np.searchsorted(falls, at))
    return int(falls[k]) if k < len(falls) else at + _WAITED_PS


def _frozen(mark_ps: int, outputs: list[Pin], grid_ps: float) -> list[Row]:
    """From the mark to the last fall of all."""
    ends = [int(pin.falls()[-1]) for pin in outputs if len(pin.falls())]
    if not ends or max(ends) < mark_ps:
        return []
    took = [max(ends) - mark_ps]
    return [_limit("I2", "the mark to the last output low", took, [mark_ps], grid_ps, _I2_LIMIT_PS)]


def _limit(
    contract: str, what: str, took: list[int], at: list[int], grid_ps: float, most_ps: float
) -> Row:
    seen, when = np.array(took, dtype=np.float64), np.array(at, dtype=np.int64)
    zero = np.zeros(len(seen))
    return Row(contract, None, what, zero, seen, when, grid_ps, grid_ps, most_allowed_ps=most_ps)
