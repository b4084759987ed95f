"""The board's clock against the analyser's, fitted from a train, and told apart from jitter.

Only their ratio can be seen: which of the two crystals is off, nobody can say from a capture.
"""

import math
from dataclasses import dataclass

import numpy as np

from evenpulse.capture.edges import PS_PER_S, Numbers, Times

PPM = 1e6
_PASSES = 6
_OUTLIER = 8.0
# A crystal wanders: starts are held against a curve through so many pulses, or so long.
_PIECE_PULSES, _PIECE_LEAST, _PIECE_PS = 256, 32, 10 * PS_PER_S
_LEAST_FOR_CURVE = 6
# A crystal that warms up drifts by a tenth of a ppm in a second.
_DRIFT_PER_S = 0.1e-6
# What a grid can do at worst to a slope, in grids over the span: of a line, of a curve's ends.
_LINE_UNSURE, _CURVE_UNSURE = 1.5, 6.0


@dataclass(frozen=True)
class Fit:
    """`ppm`: how much longer the capture says than the train asks, and least and most of it;
    `left_ps`: what of each start the clocks do not explain; `jitter_ps`: r.m.s. of that, the
    sampling grid taken off.
    """

    ppm: float
    unsure_ppm: float
    least_ppm: float
    most_ppm: float
    curve_unsure_ppm: float
    left_ps: Numbers
    local_ppm: Numbers
    jitter_ps: float
    # What a drift may do to starts that are too few to show it
    bend_ps: float = 0.0


def fit(wanted: Times, seen: Times, grid_ps: float) -> Fit:
    """Starts as asked and as seen, of one train, in ps."""
    x = (wanted - wanted[0]).astype(np.float64)
    y = (seen - seen[0]).astype(np.float64) - x
    span = float(x[-1])
    if not span:
        return Fit(0.0, math.inf, 0.0, 0.0, math.inf, np.zeros(len(x)), np.zeros(len(x)), 0.0)
    y, stepped = _without_steps(x, y, grid_ps)
    _, line = _robust(x / span, y, grid_ps, 1)
    left, local_ppm, inside = np.empty(len(x)), np.empty(len(x)), np.ones(len(x), dtype=bool)
    shortest, squares, free = span, 0.0, 0
    for low, high in _pieces(x):
        piece = x[low:high]
        part = float(piece[-1] - piece[0])
        degree = 2 if len(piece) >= _LEAST_FOR_CURVE else 1
        u = (piece - piece[0]) / part
        inside[low:high], curve = _robust(u, y[low:high], grid_ps, degree)
        rest = y[low:high] - np.polyval(curve, u)
        squares += float(np.sum(rest[inside[low:high]] ** 2))
        free += int(np.sum(inside[low:high])) - degree - 1
        left[low:high] = rest - _middle(rest[inside[low:high]])
        local_ppm[low:high] = np.polyval(np.polyder(curve), u) / part * PPM
        shortest = min(shortest, part)
    noise = squares / max(1, free) - grid_ps**2 / 12
    return Fit(
        float(line[0]) / span * PPM,
        _LINE_UNSURE * grid_ps / span * PPM,
        float(np.min(local_ppm)),
        float(np.max(local_ppm)),
        _CURVE_UNSURE * grid_ps / shortest * PPM,
        (left + stepped) / (1 + float(line[0]) / span),
        local_ppm,
        math.sqrt(max(0.0, noise)),
        _DRIFT_PER_S * (span / PS_PER_S) ** 2 / 8 * PS_PER_S if len(x) < _LEAST_FOR_CURVE else 0.0,
    )


def exact(wanted: Times, seen: Times) -> Fit:
    """The same where both count one clock: nothing is explained away."""
    left = ((seen - seen[0]) - (wanted - wanted[0])).astype(np.float64)
    left -= np.median(left)
    rms_ps = float(np.sqrt(np.mean(left**2)))
    return Fit(0.0, 0.0, 0.0, 0.0, 0.0, left, np.zeros(len(left)), rms_ps)


def _pieces(x: Numbers) -> list[tuple[int, int]]:
    """Parts of a train, short in time and yet of enough pulses; the last is as long as another."""
    cuts, low = [0], 0
    while low < len(x):
        high = int(np.searchsorted(x, x[low] + _PIECE_PS))
        high = min(max(high, low + _PIECE_LEAST), low + _PIECE_PULSES)
        if len(x) - high < _PIECE_LEAST:
            high = len(x)
        cuts.append(high)
        low = high
    return list(zip(cuts, cuts[1:]))


def _middle(left: Numbers) -> float:
    """Half-way between the least and the most: what lies within a grid stays within half of it."""
    return float(np.min(left) + np.max(left)) / 2 if len(left) else 0.0


def _without_steps(x: Numbers, y: Numbers, grid_ps: float) -> tuple[Numbers, Numbers]:
    """A train that is late from some pulse on, put right; and what it was late by. A clock does
    not jump, and a line through a jump would be off everywhere.
    """
    steps, stepped = np.diff(y), np.zeros(len(y))
    if len(steps) < _LEAST_FOR_CURVE:
        return y, stepped
    apart, usual = np.diff(x), _slope(x, y)
    # Over a long rest the clocks alone may differ by more than a jump.
    off = np.where(apart <= 2 * np.median(apart), steps - usual * apart, 0.0)
    limit = max(2.5 * grid_ps + 1, _OUTLIER * 1.5 * float(np.median(np.abs(off))))
    far = np.flatnonzero(np.abs(off) > limit).tolist()
    at = 0
    while at < len(far):
        k = far[at]
        if far[at + 1 : at + 2] == [k + 1] and abs(off[k] + off[k + 1]) <= limit:
            # One pulse alone is late
            at += 2
            continue
        before, after = slice(max(0, k - _BESIDE + 1), k + 1), slice(k + 1, k + 1 + _BESIDE)
        flat = y - usual * x
        stepped[k + 1 :] += float(np.median(flat[after]) - np.median(flat[before]))
        y = np.where(np.arange(len(y)) > k, y - stepped[-1] + (stepped[k]), y)
        at += 1
    return y, stepped


_BESIDE = 16


def _slope(x: Numbers, y: Numbers) -> float:
    """Of most pairs a quarter of the time apart: a jump is between a third of them at most. Pulses
    of one burst are too near to each other to say anything.
    """
    other = np.searchsorted(x, x + (x[-1] - x[0]) / 4, "left")
    one = np.flatnonzero(other < len(x))
    other = np.maximum(other[one], one + 1)
    return float(np.median((y[other] - y[one]) / (x[other] - x[one])))


def _robust(u: Numbers, y: Numbers, grid_ps: float, degree: int) -> tuple[np.ndarray, Numbers]:
    """A polynomial that single late pulses do not bend."""
    curve, slope = np.zeros(degree + 1), _slope(u, y)
    curve[-2:] = slope, float(np.median(y - slope * u))
    inside, fitted = np.ones(len(u), dtype=bool), False
    for _ in range(_PASSES):
        left = y - np.polyval(curve, u)
        off = np.abs(left - np.median(left))
        now = off <= max(2 * grid_ps + 1, _OUTLIER * 1.5 * float(np.median(off)))
        if fitted and np.array_equal(now, inside) or now.sum() <= degree + 1:
            break
        fitted = True
        curve, inside = np.polyfit(u[now], y[now], degree), now
    return inside, curve


def unevenness(wanted: Times, clock: Fit, grid_ps: float) -> float:
    """How unevenly the starts lie within the grid, 0 to 1: with 0 a mean is as good as without a
    grid. An arc of the grid holds its share of starts, but for at most this; the worst of the
    ratios of clocks that the fit leaves open.
    """
    if not grid_ps:
        return 0.0
    if len(wanted) < _LEAST_FOR_CURVE or not math.isfinite(clock.unsure_ppm):
        return 1.0
    since = (wanted - wanted[0]).astype(np.float64)
    even = np.arange(len(wanted) + 1) / len(wanted)
    worst = 0.0
    for share in _RATIOS:
        ppm = clock.ppm + share * clock.unsure_ppm
        inside = np.sort(np.mod(since * (1 + ppm / PPM) / grid_ps, 1.0))
        worst = max(worst, float(np.max(even[1:] - inside) + np.max(inside - even[:-1])))
    return min(1.0, worst)


_RATIOS = np.linspace(-1, 1, 13)
