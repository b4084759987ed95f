"""How far apart the samples of a capture are, where the file does not say: the slowest usual rate
on whose grid every time lies.
"""

import numpy as np

from evenpulse.capture.edges import PS_PER_S, BadCapture, Capture, Times

_MHZ = (
    1, 2, 3, 4, 5, 6, 8, 10, 12, 12.5, 16, 20, 24, 25, 30, 32, 40, 48, 50, 60, 62.5, 64, 80, 96,
    100,
    120, 125, 128, 150, 160, 192, 200, 240, 250, 256, 300, 320, 400, 480, 500, 512, 600, 640, 800,
    1_000, 1_250, 1_600, 2_000, 2_500, 4_000, 5_000, 10_000,
)  # fmt: skip
_TIMES = 20_000
# A time lies on a grid when it is this near to it, beside what its last digit is worth.
_NEAR_PS = 2.0
# Fewer times than this say nothing: they lie on many grids.
_TIMES_LEAST = 8


def settle(capture: Capture, hz: float | None) -> None:
    """The grid is what was asked for, what the file says, or what its times show."""
    if hz:
        _check(capture, hz)
        capture.grid_ps, capture.grid_from = PS_PER_S / hz, "as --rate says"
    elif capture.grid_ps is None:
        mhz = _guess(_some(capture), capture.digit_ps)
        if mhz:
            capture.grid_ps = PS_PER_S / (mhz * 1e6)
            capture.grid_from = "every time lies on it; --rate says otherwise"
        else:
            capture.grid_ps = capture.digit_ps
            capture.grid_from = "the last digit of its times; --rate says otherwise"
    if capture.grid_ps and _whole(capture.grid_ps, capture.digit_ps):
        capture.digit_ps = 0.0


def _check(capture: Capture, hz: float) -> None:
    """Refuse a rate that the file or its times contradict: a grid that is too fine calls wrong what
    is right.
    """
    said = capture.grid_ps
    if said is not None and abs(said * hz / PS_PER_S - 1) > _SAME_RATE:
        what = (
            f"{capture.kind} has its own, {_rate(PS_PER_S / said)}"
            if said
            else "the board's own clock"
        )
    elif said is None and (mhz := _guess(_some(capture), capture.digit_ps)) and mhz * 1e6 < hz:
        what = f"every time in it lies on samples of {_rate(mhz * 1e6)}"
    else:
        return
    raise BadCapture(
        f"{capture.path}: --rate {_rate(hz)} is not what it was captured at",
        seen=what,
        do_next="leave --rate out",
    )


def _rate(hz: float) -> str:
    return f"{hz / 1e6:.6g} MS/s"


_SAME_RATE = 1e-3


def _whole(period_ps: float, digit_ps: float) -> bool:
    """Whether times on that grid lose nothing by being written with so many digits."""
    return digit_ps > 0 and abs(period_ps / digit_ps - round(period_ps / digit_ps)) < 1e-9


def _some(capture: Capture) -> Times:
    """Times of all lines, evenly out of the whole."""
    times = np.unique(np.concatenate([pin.ps for pin in capture.pins.values()]))
    return times[:: max(1, len(times) // _TIMES)]


def _guess(times: Times, digit_ps: float) -> float | None:
    if len(times) < _TIMES_LEAST:
        return None
    since = (times - times[0]).astype(np.float64)
    for mhz in _MHZ:
        period_ps = 1e6 / mhz
        off = np.abs(since - np.rint(since / period_ps) * period_ps)
        near = _NEAR_PS + (0.0 if _whole(period_ps, digit_ps) else digit_ps)
        if near < period_ps / 4 and bool(np.all(off <= near)):
            return float(mhz)
    return None
