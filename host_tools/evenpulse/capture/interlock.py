"""INTERLOCK_N, HV_EN and the outputs: how long until the last of them is low, and whether one is
high while a line says off. A pulse that is cut there is cut as it should be.
"""

import numpy as np

from evenpulse.capture.edges import PS_PER_S, PS_PER_US, BadCapture, Capture, Pin, cut
from evenpulse.capture.legs import Legs, Oddity
from evenpulse.capture.pins import AS_TOLD, FREEZE, Named
from evenpulse.capture.rows import Row

_LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")
_OUTPUTS = (*_LEGS, "HV_EN")
_I1_LIMIT_PS = 8 * 8_000
_I2_LIMIT_PS = 100 * PS_PER_S / 1_000
_CUT_WITHIN_PS = 10 * PS_PER_US


def _lines(named: Named, roles: tuple[str, ...]) -> list[Pin]:
    return [named.lines[role] for role in roles if role in named.lines]


def cuts(named: Named) -> list[int]:
    """Times at which INTERLOCK_N or HV_EN fell, and a leg that was high with it."""
    legs = _lines(named, _LEGS)
    falls = {int(fall) for line in _lines(named, ("INTERLOCK_N", "HV_EN")) for fall in line.falls()}
    return sorted(fall for fall in falls if any(_cut_at(leg, fall) for leg in legs))


def _cut_at(leg: Pin, fall: int) -> bool:
    return bool(leg.level_at(fall)) and _next_fall(leg, fall, fall + PS_PER_S) - fall <= (
        _CUT_WITHIN_PS
    )


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
    """I1, what is high while a line says off, and I2."""
    grid_ps = (capture.grid_ps or 0.0) + capture.digit_ps
    line, enable, mark = (named.lines.get(role) for role in ("INTERLOCK_N", "HV_EN", FREEZE))
    out = []
    if line is not None:
        outputs = _lines(named, _OUTPUTS)
        out += _fallen(capture, line, outputs, grid_ps)
        high = _high(capture, line, outputs, _I1_LIMIT_PS + grid_ps, fallen=False)
        out += _never("I1", "an output is high while INTERLOCK_N is low", high, grid_ps)
    if enable is not None:
        high = _high(capture, enable, _lines(named, _LEGS), _CUT_WITHIN_PS, fallen=True)
        out += _never("", "a leg is high while HV_EN is low", high, grid_ps)
    if mark is not None:
        out += _frozen(capture, named, mark, grid_ps)
    return out


def _low(capture: Capture, line: Pin) -> list[tuple[int, int]]:
    """Each time a line is low: from, until."""
    begins = [capture.begin_ps] * (not line.first) + line.falls().tolist()
    return list(zip(begins, [*line.rises().tolist(), capture.end_ps]))


def _fallen(capture: Capture, line: Pin, outputs: list[Pin], grid_ps: float) -> list[Row]:
    falls, took = list[int](), list[int]()
    for fall in line.falls().tolist():
        high = [pin for pin in outputs if pin.level_at(fall)]
        last = max((_next_fall(pin, fall, capture.end_ps) for pin in high), default=fall)
        # A capture that ends before the limit does not say how long it took.
        still = last == capture.end_ps and last - fall <= _I1_LIMIT_PS + grid_ps
        if high and not still:
            falls.append(fall)
            took.append(last - fall)
    what = "INTERLOCK_N to the last output low"
    return [_limit("I1", what, took, falls, grid_ps, _I1_LIMIT_PS)] if falls else []


def _high(
    capture: Capture, line: Pin, outputs: list[Pin], settle_ps: float, fallen: bool
) -> list[tuple[int, int]]:
    """When an output is high though the line is low, and for how long: it rises, or it is from the
    capture's beginning on, or (`fallen`) it was when the line fell; the last two for longer than
    `settle_ps`.
    """
    high = list[tuple[int, int]]()
    for begin, until in _low(capture, line):
        at_begin = begin == capture.begin_ps
        for pin in outputs:
            was = pin.first if at_begin else fallen and pin.level_at(begin)
            end = _next_fall(pin, begin, capture.end_ps)
            if was and end - begin > settle_ps:
                high.append((begin, end - begin))
            rises = pin.rises()
            for rise in rises[(rises > begin) & (rises < until)].tolist():
                high.append((rise, _next_fall(pin, rise, capture.end_ps) - rise))
    return sorted(high)


def _next_fall(pin: Pin, at: int, end_ps: int) -> int:
    """The end, for a pin that does not fall any more."""
    falls = pin.falls()
    k = int(np.searchsorted(falls, at))
    return int(falls[k]) if k < len(falls) else end_ps


def _frozen(capture: Capture, named: Named, mark: Pin, grid_ps: float) -> list[Row]:
    """From the mark to where all outputs are low for good."""
    outputs = _lines(named, _OUTPUTS)
    if not len(mark.ps):
        if named.how[FREEZE] != AS_TOLD:
            return []
        raise BadCapture(
            f"{capture.path}: {cut(mark.name)} has no edge: nobody knows when the CPU was frozen",
            do_next=f"is {FREEZE} the right line? leave --pin {FREEZE}=… out to measure the rest",
        )
    mark_ps = int(mark.ps[0])
    high = [pin for pin in outputs if pin.level_at(capture.end_ps + 1)]
    ends = [int(pin.falls()[-1]) for pin in outputs if len(pin.falls())]
    last = capture.end_ps if high else max(ends, default=0)
    if last <= mark_ps or high and last - mark_ps <= _I2_LIMIT_PS:
        named.notes.append(
            f"{FREEZE}: "
            + ("the capture ends before all outputs are low" if high else "no output was high")
            + ": I2 is not measured"
        )
        return []
    what = "the mark to the last output low"
    return [_limit("I2", what, [last - mark_ps], [mark_ps], grid_ps, _I2_LIMIT_PS)]


def _limit(
    contract: str, what: str, took: list[int], at: list[int], grid_ps: float, most_ps: float
) -> Row:
    seen, when = np.array(took, dtype=np.float64), np.array(at, dtype=np.int64)
    zero = np.zeros(len(seen))
    return Row(contract, None, what, zero, seen, when, grid_ps, grid_ps, most_allowed_ps=most_ps)


def _never(contract: str, what: str, high: list[tuple[int, int]], grid_ps: float) -> list[Row]:
    """What must not be at all: when, and for how long it was."""
    if not high:
        return []
    at, took = map(list, zip(*high))
    return [_limit(contract, what, took, at, grid_ps, -grid_ps - 1)]
