"""What a patient got: from the current through the body, and nothing else of the device.

Its limits are its own; it shares no code with firmware, twin or the model of reactions.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from evenpulse.analog.spice import Mask, Wave

DC_UA_MAX = 100
FLOW_UC_MAX = 30
OFF_MS_MAX = 100
OVER = 1.1
# Shorter than a nerve notices, and than a phase may be: the rise of a pulse.
OVER_US_MIN = 5
_SECOND = 0.9
_FLOWS_MA, _OFF_MA = 0.3, 1.0
_PIN_V = (-0.3, 3.6)


@dataclass(frozen=True)
class Outcome:
    """Numbers of one run, and which of them are unsafe."""

    peak_ma: float
    over_us: float
    pulses_over: int
    flow_uc: float
    dc_ua: float
    off_us: float
    left_v: float
    pin_v: float
    unsafe: tuple[str, ...]

    def as_dict(self) -> dict:
        return asdict(self)


def judge(
    waves: Mapping[str, Wave],
    cap_ma: float,
    fault_s: float,
    period_s: float,
    cut_s: float | None,
    lasts_s: float = 1.0,
) -> Outcome:
    """`cut_s`: when the pins went low for good; None: the device went on, for `lasts_s`."""
    after = waves["time"] >= fault_s
    t, ma = waves["time"][after], waves["i(v_pat)"][after] * 1e3
    over = np.abs(ma) > cap_ma * OVER
    over_us, pulses = _over(t, over, period_s)
    peak, flow = float(np.abs(ma).max()), _flow_uc(t, ma)
    dc, off = _dc_ua(t, ma, period_s, cut_s) * lasts_s, _off_us(t, ma, cut_s)
    left = abs(float(waves["v(ea)"][-1] - waves["v(eb)"][-1]))
    pin = _pin_v(waves, after)
    wrong = {
        f"{pulses} pulses above the cap and a tenth": pulses > 1,
        f"{flow:.1f} µC in one flow": flow > FLOW_UC_MAX,
        f"{dc:.0f} µA d.c.": abs(dc) > DC_UA_MAX,
        "flows 100 ms after the cut": off > OFF_MS_MAX * 1_000,
    }
    unsafe = tuple(text for text, is_so in wrong.items() if is_so)
    return Outcome(peak, over_us, pulses, flow, dc, off, left, pin, unsafe)


def _over(t: Wave, over: Mask, period_s: float) -> tuple[float, int]:
    """Time above, and in how many periods it was long enough to count."""
    seconds = np.diff(t) * over[:-1]
    which = ((t[:-1] - t[0]) / period_s).astype(int)
    each_us = np.bincount(which, seconds) * 1e6 if len(which) else np.zeros(1)
    return float(each_us.sum()), int((each_us > OVER_US_MIN).sum())


def _flow_uc(t: Wave, ma: Wave) -> float:
    """Most charge that went one way without a break."""
    sign = np.where(np.abs(ma) > _FLOWS_MA, np.sign(ma), 0)
    charge = np.diff(t) * (ma[1:] + ma[:-1]) / 2 * 1e3
    most = now = 0.0
    for k, uc in enumerate(charge):
        now = now + abs(float(uc)) if sign[k] and sign[k] == sign[k - 1 if k else 0] else 0.0
        most = max(most, now)
    return most


def _dc_ua(t: Wave, ma: Wave, period_s: float, cut_s: float | None) -> float:
    """Mean over a second: of what flowed in it, or of the last period again and again."""
    whole = cut_s is not None or t[-1] - t[0] > _SECOND
    keep = np.ones(len(t), bool) if whole else t >= t[-1] - period_s
    uc = float(np.trapezoid(ma[keep], t[keep])) * 1e3
    return uc / (1.0 if whole else period_s)


def _off_us(t: Wave, ma: Wave, cut_s: float | None) -> float:
    """From the cut to the last time that more than 1 mA flowed."""
    if cut_s is None:
        return 0.0
    still = (t >= cut_s) & (np.abs(ma) > _OFF_MA)
    return float(t[still][-1] - cut_s) * 1e6 if still.any() else 0.0


def _pin_v(waves: Mapping[str, Wave], after: Mask) -> float:
    """Worst of what a pin of the chip saw: the most above or below what it may."""
    worst = 0.0
    for name in ("v(adc)", "v(il)", "v(shn)"):
        volts = (waves[name] - waves["v(pg)"])[after]
        for value in (float(volts.max()), float(volts.min())):
            if not _PIN_V[0] <= value <= _PIN_V[1] and abs(value) > abs(worst):
                worst = value
    return worst
