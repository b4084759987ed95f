"""Which pulse of a capture is which pulse of the prescribed train; what is missing, and what is one
too many.

A capture may begin anywhere in a train, and hold several: a pause, or a trigger, begins a new one.
"""

from dataclasses import dataclass

import numpy as np

from evenpulse.capture import asked
from evenpulse.capture.edges import PS_PER_S, PS_PER_US, Numbers, Times

_BREAK_PS = PS_PER_S
_BREAK_STEPS = 4
# A rate this far off is a wrong rate, not missing pulses.
_RATE_OFF = 0.25
# A train that goes on after a break on its old grid was never begun anew.
_SAME_GRID = 2e-6
_WINDOW = 8
_SPREAD = 64
# Two clocks may differ by so much; so far into a capture they do not hide which pulse it is.
_CLOCKS_OFF = 200e-6
_LOOKED_AT_PS = 10 * PS_PER_S
_FAR_PS = PS_PER_S / 1_000
# A line through the first pulse, whose own time lies anywhere in its grid; and rounding
_RIGHT_GRIDS, _RIGHT_PS = (1.0, 1.5), 1_000


@dataclass
class Run:
    """Pulses `which` of a channel are pulses `index` of one train."""

    which: Times
    index: Times
    # Asked, since the train's first
    starts: Times
    phases: Times
    # Indices that never came
    missing: Times
    # Pulses that no index has
    extra: Times


def runs(starts: Times, phases: Times, program: dict, begin_ps: int, grid_ps: float) -> list[Run]:
    """Every train of a channel, in order."""
    if not len(starts):
        return []
    limit = max(_BREAK_PS, _BREAK_STEPS * asked.longest_step_ps(program))
    cuts = [0]
    for k in np.flatnonzero(np.diff(starts) > limit).tolist():
        if not _goes_on(starts[cuts[-1] : k + 2], program):
            cuts.append(k + 1)
    cuts.append(len(starts))
    out = []
    for low, high in zip(cuts, cuts[1:]):
        whole = low > 0 or int(starts[0]) - begin_ps > asked.longest_step_ps(program)
        begin = None if not whole else 0
        out.append(_run(starts[low:high], phases[low:high], program, begin, low, grid_ps))
    return out


def _goes_on(starts: Times, program: dict) -> bool:
    """Whether the last pulse comes a whole number of the train's own units after the first, by the
    clock of those between: then it was never begun anew, and pulses are missing.
    """
    pulses, unit_ps = asked.unit(program)
    known = (len(starts) - 2) // pulses * pulses if pulses else 0
    if not known:
        return False
    seen_ps = int(starts[known] - starts[0])
    real_ps = unit_ps * seen_ps / (round(seen_ps / unit_ps) * unit_ps)
    rest_ps = int(starts[-1] - starts[known])
    off = abs(rest_ps - round(rest_ps / real_ps) * real_ps)
    return off < _SAME_GRID * rest_ps + PS_PER_US


def _run(
    starts: Times, phases: Times, program: dict, begin: int | None, low: int, grid_ps: float
) -> Run:
    """`begin`: which of the train the first is, where that is known."""
    if asked.unit(program)[0] == 1:
        index = _steady(starts, asked.unit(program)[1])
        train = asked.first_pulses(program, int(index[-1]) + 1)
    else:
        if begin is None:
            train, begin = _located(starts, phases, program, grid_ps)
        else:
            train = _long_enough(program, int(starts[-1] - starts[0]))
        index = _walk(starts, train, begin)
    fresh = np.ones(len(index), dtype=bool)
    fresh[1:] = np.diff(index) > 0
    kept = index[fresh]
    absent = np.setdiff1d(np.arange(kept[0], kept[-1] + 1), kept)
    where = np.arange(low, low + len(starts))
    return Run(where[fresh], kept, train.starts[kept], train.phases[kept], absent, where[~fresh])


def _steady(starts: Times, period_ps: int) -> Times:
    """Whole periods between pulses; of the rate that is there, when it is plainly another."""
    if len(starts) < 2:
        return np.zeros(len(starts), dtype=np.int64)
    steps = np.diff(starts)
    typical = float(np.median(steps))
    if abs(typical / period_ps - 1) < _RATE_OFF:
        typical = period_ps
    return np.concatenate([[0], np.cumsum(np.rint(steps / typical).astype(np.int64))])


def _walk(starts: Times, train: asked.Train, begin: int) -> Times:
    """From pulse to pulse, the asked step that comes nearest."""
    wanted, at, out = train.starts.tolist(), begin, [begin]
    seen = starts.tolist()
    last = len(wanted) - 1
    for was, now in zip(seen, seen[1:]):
        goal = wanted[at] + now - was
        nearest = at
        while nearest < last and abs(wanted[nearest + 1] - goal) <= abs(wanted[nearest] - goal):
            nearest += 1
        at = nearest
        out.append(at)
    return np.array(out, dtype=np.int64)


def _located(
    starts: Times, phases: Times, program: dict, grid_ps: float
) -> tuple[asked.Train, int]:
    """The asked train, long enough, and which of its pulses is the first here."""
    span_ps = int(starts[-1] - starts[0])
    pulses, unit_ps = asked.unit(program)
    before_ps = unit_ps or program["session_s"] * PS_PER_S
    train = _long_enough(program, span_ps + before_ps)
    last = pulses or int(np.searchsorted(train.starts, before_ps))
    candidates = _like(starts, phases, train, last)
    off, worst, clocks = _misfit(starts, phases, train, candidates)
    # A step of one µs in a slow sweep looks like a clock that is some 100 ppm off: of those that
    # the grid cannot tell from right it is where the clocks differ least.
    for grids in _RIGHT_GRIDS:
        right = np.flatnonzero(worst <= grids * grid_ps + _RIGHT_PS)
        if len(right):
            return train, int(candidates[right[np.argmin(np.abs(clocks[right]))]])
    return train, int(candidates[np.argmin(off)])


def _long_enough(program: dict, span_ps: int) -> asked.Train:
    """A train beyond `span_ps`, with some room for a rate that is a little off."""
    count = 64
    while True:
        train = asked.first_pulses(program, count)
        if train.starts[-1] > span_ps + span_ps // 50 + asked.longest_step_ps(program):
            return train
        left = (1.1 * span_ps + PS_PER_S) / max(1, int(train.starts[-1]))
        count = int(count * min(16, max(2.0, left)))


def _like(starts: Times, phases: Times, train: asked.Train, last: int) -> Times:
    """Pulses of the train that the first here could be, by the steps that follow it."""
    count = min(_WINDOW, len(starts) - 1)
    steps = np.diff(train.starts)
    off = np.zeros(last, dtype=np.int64)
    for k in range(count):
        off += np.abs(steps[k : k + last] - (starts[k + 1] - starts[k]))
        off += np.abs(train.phases[k : k + last] - phases[k])
    clocks_ps = _CLOCKS_OFF * float(starts[count] - starts[0])
    return np.flatnonzero(off <= np.min(off) + (count + 1) * PS_PER_US + clocks_ps)


def _misfit(
    starts: Times, phases: Times, train: asked.Train, candidates: Times
) -> tuple[Numbers, Numbers, Numbers]:
    """How badly pulses spread over the beginning fit each candidate, in time and phase; what two
    clocks explain is taken off: the mean, the worst, and what clocks it takes.
    """
    until = int(np.searchsorted(starts, starts[0] + _LOOKED_AT_PS))
    which = np.unique(np.linspace(0, until - 1, _SPREAD).astype(np.int64))
    since = (starts[which] - starts[0]).astype(np.float64)
    late, other = np.empty((2, len(which), len(candidates)))
    for k, pulse in enumerate(which.tolist()):
        goal = train.starts[candidates] + starts[pulse] - starts[0]
        at = np.clip(np.searchsorted(train.starts, goal), 1, len(train.starts) - 1)
        at -= goal - train.starts[at - 1] < train.starts[at] - goal
        late[k] = train.starts[at] - goal
        other[k] = train.phases[at] - phases[pulse]
    slope = since @ late / max(1.0, float(since @ since))
    clocks = np.clip(slope, -_CLOCKS_OFF, _CLOCKS_OFF)
    late -= since[:, None] * clocks
    other = np.abs(other - phases[which][:, None] * clocks)
    late = np.minimum(np.abs(late), _FAR_PS)
    off: Numbers = np.mean(late + other, axis=0)
    return off, np.max(np.maximum(late, other), axis=0), slope


def alike(run: Run, shift: int) -> bool:
    """Whether the asked train is the same, as far as clocks can tell, so many pulses later."""
    if not shift:
        return True
    if len(run.starts) <= shift + 1:
        return bool(np.ptp(run.phases) <= PS_PER_US)
    since = (run.starts[shift:] - run.starts[shift]).astype(np.float64)
    late = since - (run.starts[:-shift] - run.starts[0])
    slope = float(since @ late) / max(1.0, float(since @ since))
    late -= np.clip(slope, -_CLOCKS_OFF, _CLOCKS_OFF) * since
    other = np.abs(run.phases[shift:] - run.phases[:-shift])
    return bool(max(np.max(np.abs(late)), np.max(other)) <= PS_PER_US)
