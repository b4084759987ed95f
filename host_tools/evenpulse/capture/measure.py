"""What the pulses of a capture are, held against the train that is asked: rows, clocks,
oddities.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from evenpulse.base.printable import counted, printable
from evenpulse.capture import align, asked, interlock, outside, pins
from evenpulse.capture.edges import PS_PER_US, BadCapture, Capture, Numbers, Pin, Times
from evenpulse.capture.finding import Finding
from evenpulse.capture.fit import PPM, Fit, exact, fit, unevenness
from evenpulse.capture.legs import Legs, Oddity, assemble
from evenpulse.capture.pins import Named
from evenpulse.capture.rows import EDGE_PS, Row, mean_unsure_ps

_TRIGGER_LIMIT_PS = 125 * 8_000
_LEAST_FOR_FIT = 3


@dataclass
class Part:
    """A train of a channel: its pulses, which of the asked ones they are, and the clocks."""

    run: align.Run
    pulses: Legs
    clock: Fit
    # The clock explains the times: a wrong rate does not
    trusted: bool

    @property
    def ppm(self) -> Numbers:
        """What times of the capture are too long by, at each pulse."""
        return self.clock.local_ppm * self.trusted

    def unsure_ppm(self, what: str, crystal_ppm: float) -> float:
        """How sure that is: without a clock that fits, only that both are crystals."""
        if not self.trusted:
            return crystal_ppm
        return self.clock.curve_unsure_ppm if what == "period" else self.clock.unsure_ppm


@dataclass
class Measured:
    """All that a capture says."""

    capture: Capture
    named: Named
    parts: dict[int, list[Part]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    odd: list[tuple[int, Oddity]] = field(default_factory=list)
    swapped: list[int] = field(default_factory=list)
    cut_ps: list[int] = field(default_factory=list)
    # What no row of a train has
    outside: list[Finding] = field(default_factory=list)

    def pulses(self, number: int) -> int:
        return sum(len(part.pulses) for part in self.parts.get(number, ()))


def measure(capture: Capture, named: Named, program: dict, crystal_ppm: float) -> Measured:
    """Measure every channel of the program that is in the capture."""
    told = Measured(capture, named)
    channels = {n: legs for n in program["channels"] if (legs := named.channel(n))}
    told.cut_ps = interlock.cuts(named)
    for number, (a, b) in channels.items():
        pins.check_unit(capture, (a, b), program)
        found = assemble(a, b, capture.begin_ps, capture.end_ps)
        if found.b_first:
            told.swapped.append(number)
        found.odd = interlock.without_cut(found.odd, told.cut_ps)
        whole = found.take(interlock.whole(found, told.cut_ps))
        if not len(whole):
            raise _nothing(capture, number, (a, b), len(found))
        told.parts[number] = _parts(capture, whole, program, crystal_ppm)
        ppm = float(np.median(told.parts[number][0].ppm))
        told.odd += [
            (number, replace(one, ps=round(one.ps / (1 + ppm / PPM)))) for one in found.odd
        ]
        told.rows += _channel_rows(capture, number, told.parts[number], program, crystal_ppm)
    if len(channels) == 2:
        told.rows += _offset(capture, told.parts, program, crystal_ppm)
    told.rows += _trigger(capture, told.parts, named, program)
    told.rows += interlock.rows(capture, named)
    trains = {n: [part.pulses.a_start for part in parts] for n, parts in told.parts.items()}
    told.outside = outside.findings(capture, named, trains, program)
    return told


def _nothing(capture: Capture, number: int, legs: tuple[Pin, Pin], cut: int) -> BadCapture:
    seen = [
        f"{printable(leg.name)}: {counted(len(leg.ps), 'edge')}, {'high' * leg.first or 'low'} at "
        "the beginning"
        for leg in legs
    ]
    if cut:
        seen.append(f"{counted(cut, 'pulse')}, each cut by INTERLOCK_N or HV_EN")
    return BadCapture(
        f"{capture.path}: no whole pulse of channel {number} in it",
        seen="; ".join(seen),
        do_next="is it the right pin, and a session in the capture? see --pin",
    )


def _parts(capture: Capture, found: Legs, program: dict, crystal_ppm: float) -> list[Part]:
    """The trains of a channel."""
    out = []
    phases = found.a_end - found.a_start
    grid_ps = (capture.grid_ps or 0.0) + capture.digit_ps
    for run in align.runs(found.a_start, phases, program, capture.begin_ps, grid_ps):
        pulses = found.take(run.which)
        if capture.exact:
            clock = exact(run.starts, pulses.a_start)
        else:
            clock = fit(run.starts, pulses.a_start, grid_ps)
        trusted = capture.exact or (len(pulses) >= _LEAST_FOR_FIT and abs(clock.ppm) <= crystal_ppm)
        out.append(Part(run, pulses, clock, trusted))
    return out


def _channel_rows(
    capture: Capture, number: int, parts: list[Part], program: dict, crystal_ppm: float
) -> list[Row]:
    grid_ps = (capture.grid_ps or 0.0) + capture.digit_ps
    edge_ps = 0.0 if capture.exact else EDGE_PS
    gap_ps = program["gap_us"] * PS_PER_US
    out: dict[str, Row] = {}
    for part in parts:
        p, uneven = part.pulses, unevenness(part.run.starts, part.clock, capture.grid_ps or 0.0)
        phases = part.run.phases.astype(np.float64)
        a, gap, b = p.a_end - p.a_start, p.b_start - p.a_end, p.b_end - p.b_start
        steps, local = np.diff(part.run.index) == 1, part.clock.local_ppm * part.trusted
        local = ((local[1:] + local[:-1]) / 2)[steps]
        lengths = np.diff(p.a_start)[steps]
        wanted = np.diff(part.run.starts)[steps]
        begins = p.a_start
        for what, contract, seen, goal, at, grids in (
            ("phase A", "T1", a, phases, begins, 1),
            ("gap", "T1", gap, np.full(len(p), float(gap_ps)), p.a_end, 1),
            ("phase B", "T1", b, phases, p.b_start, 1),
            ("period", "", lengths, wanted.astype(np.float64), begins[1:][steps], 1),
            ("phase B less phase A", "balance", b - a, np.zeros(len(p)), begins, 2),
        ):
            if not len(seen):
                continue
            clock_ps = float(np.max(np.abs(goal))) * part.unsure_ppm(what, crystal_ppm) / PPM
            each_ps = grids * grid_ps + clock_ps + part.clock.bend_ps * (what == "period")
            values = seen / (1 + (local if what == "period" else part.ppm) / PPM)
            # A phase that differs from pulse to pulse meets the grid elsewhere in each.
            even_ps = clock_ps + grids * grid_ps * (uneven if np.ptp(goal) == 0 else 1.0)
            mean_ps = mean_unsure_ps(values - goal, each_ps, even_ps)
            row = Row(contract, number, what, goal, values, at, each_ps, mean_ps, edge_ps)
            out[what] = _joined(out.get(what), row)
        start = Row("T2", number, "start of pulse k", np.zeros(len(p)), part.clock.left_ps, begins,
                    grid_ps + part.clock.bend_ps, grid_ps, edge_ps, singly=True)  # fmt: skip
        out[start.what] = _joined(out.get(start.what), start)
    return list(out.values())


def _joined(one: Row | None, other: Row) -> Row:
    """Rows of several trains as one, as sure as the least sure of them."""
    if one is None:
        return other
    return Row(
        one.contract,
        one.channel,
        one.what,
        np.concatenate([one.asked, other.asked]),
        np.concatenate([one.seen, other.seen]),
        np.concatenate([one.at, other.at]),
        max(one.each_ps, other.each_ps),
        max(one.mean_ps, other.mean_ps),
        one.edge_ps,
        singly=one.singly,
    )


def _offset(
    capture: Capture, parts: dict[int, list[Part]], program: dict, crystal_ppm: float
) -> list[Row]:
    """Channel 2 after channel 1, pulse by pulse, of trains that run at the same time."""
    first, second = (parts[number] for number in sorted(parts))
    grid_ps = (capture.grid_ps or 0.0) + capture.digit_ps
    goal_ps = float(program["offset_us"] * PS_PER_US)
    seen, at, unsure = list[Numbers](), list[Times](), 0.0
    uneven = 0.0
    for one in first:
        for two in second:
            if one.pulses.a_start[-1] < two.pulses.a_start[0] or (
                two.pulses.a_start[-1] < one.pulses.a_start[0]
            ):
                continue
            index = two.run.index + _shift(one, two, program, goal_ps)
            _, mine, other = np.intersect1d(one.run.index, index, return_indices=True)
            if not len(mine):
                continue
            late = two.pulses.a_start[other] - one.pulses.a_start[mine]
            seen.append(late / (1 + one.ppm[mine] / PPM))
            at.append(two.pulses.a_start[other])
            unsure = max(unsure, one.unsure_ppm("offset", crystal_ppm))
            uneven = max(uneven, unevenness(one.run.starts, one.clock, capture.grid_ps or 0.0))
    if not seen:
        return []
    values = np.concatenate(seen)
    clock_ps = goal_ps * unsure / PPM
    each_ps = grid_ps + clock_ps
    mean_ps = mean_unsure_ps(values - goal_ps, each_ps, uneven * grid_ps + clock_ps)
    edge_ps = 0.0 if capture.exact else EDGE_PS
    goal = np.full(len(values), goal_ps)
    what = "channel 2 after channel 1"
    return [Row("T4", None, what, goal, values, np.concatenate(at), each_ps, mean_ps, edge_ps)]


def _shift(one: Part, two: Part, program: dict, goal_ps: float) -> int:
    """Pulses by which the second train is counted off, where each began to count with the first
    that it saw; or where a few pulses do not tell which they are: in a burst, on top of a ramp, in
    a slow sweep.
    """
    pulses, unit_ps = asked.unit(program)
    base = 0
    if unit_ps:
        base_one = int(one.pulses.a_start[0] - one.run.starts[0])
        base_two = int(two.pulses.a_start[0] - two.run.starts[0])
        base = pulses * round((base_two - base_one - goal_ps) / unit_ps)
    reach = max(_SHIFTS, pulses)
    near = [shift for shift in range(-reach, reach + 1) if align.alike(two.run, abs(shift))]

    def _off(shift: int) -> float:
        index = two.run.index + base + shift
        _, mine, other = np.intersect1d(one.run.index, index, return_indices=True)
        if not len(mine):
            return np.inf
        late = two.pulses.a_start[other] - one.pulses.a_start[mine]
        return abs(float(np.median(late)) - goal_ps)

    return base + min(near, key=lambda shift: (_off(shift), abs(shift)))


_SHIFTS = 3


def _trigger(
    capture: Capture, parts: dict[int, list[Part]], named: Named, program: dict
) -> list[Row]:
    """TRIG_IN to the first edge of each train that it began."""
    line = named.lines.get("TRIG_IN")
    if line is None or not program.get("trigger"):
        return []
    rises, begins = line.rises(), list[int]()
    waits = list[int]()
    for part in (one for channel in parts.values() for one in channel):
        begin = int(part.pulses.a_start[0])
        before = int(np.searchsorted(rises, begin, "right"))
        if before and part.run.index[0] == 0 and begin - rises[before - 1] < _TRIGGER_FAR_PS:
            begins.append(begin)
            waits.append(begin - int(rises[before - 1]))
    if not begins:
        return []
    grid_ps = (capture.grid_ps or 0.0) + capture.digit_ps
    seen = np.array(waits, dtype=np.float64)
    return [
        Row("T5", None, "TRIG_IN to the first edge", np.zeros(len(seen)), seen,
            np.array(begins, dtype=np.int64), grid_ps, grid_ps,
            most_allowed_ps=float(_TRIGGER_LIMIT_PS))
    ]  # fmt: skip


# A train that begins this long after the line rose was not begun by it.
_TRIGGER_FAR_PS = 100_000 * PS_PER_US
