"""Judges what left the pins after a fault. Written from the prescription and the safety contract in plain numbers.

It shares nothing with the firmware: it sees levels of pads by role, and the current that the load model drew. A leg counts
while it and HV_EN are high: without HV_EN a pad that is stuck drives nobody.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from evenpulse.twin.load import Flow

CLOCKS_PER_US = 125
CLOCKS_PER_MS = 125_000
CLOCKS_PER_S = 125_000_000

WIDTH_MARGIN_US = 5  # contract I3: a stuck pin is off within the longest legal phase and this
BOTH_LEGS_US = 5  # the same reaction where a stuck pin meets the other leg's phase: the fault puts it there, not the firmware
STOP_MS = 100  # contract I2: whatever must stop the output has done so by then
CURRENT_MARGIN = 1.10  # of the cap
IMBALANCE = 0.01  # of one pulse's phase charge, net, over a second
RATE_MARGIN = 0.99
REACTION_MS = 20  # two rounds of checks
QUIET_MS = 1  # off for so long is off: coming on again is coming back
LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")

Interval = tuple[int, int]


@dataclass(frozen=True)
class Prescription:
    """What was prescribed, in plain numbers."""

    phase_us: int  # longest
    gap_us: int
    period_us: int  # shortest between two pulses of a channel
    most_a_second: float  # pulses of a channel, on average
    burst_pulses: int
    cap_ua: int
    set_ua: int

    @property
    def phase_nc(self) -> float:
        return self.set_ua * self.phase_us / 1000

    @property
    def pulse_clocks(self) -> int:
        """Longest that one pulse may take, margins included."""
        return (2 * self.phase_us + self.gap_us + 2 * WIDTH_MARGIN_US) * CLOCKS_PER_US


@dataclass(frozen=True)
class Demand:
    """What a kind of fault asks for beyond legal output."""

    must_stop: bool = False
    by_pulse: bool = False  # it can only be seen by a pulse: time counts from the first one after it
    pulses: int | None = None  # most pulses of a channel that may begin after it
    stuck: frozenset[str] = frozenset()  # pads that the fault itself holds high


@dataclass
class Record:
    """What was seen from `begin` to `end`; `fault`, `stop` and the rest are clocks."""

    levels: dict[str, int]  # of every role at `begin`
    edges: list[tuple[int, str, int]]
    flows: dict[int, list[Flow]]  # channel number: its flows
    begin: int
    fault: int
    end: int
    resets: list[int] = field(default_factory=list)
    stop: int | None = None  # a person presses STOP
    started: int | None = None  # a person has held START after a power cycle: output is legal again


@dataclass(frozen=True)
class Unsafe:
    """One finding: the first of its kind, and how many there were."""

    kind: str
    clock: int
    what: str
    times: int = 1


@dataclass
class Verdict:
    """Findings, and the figures that a reader wants whatever the outcome is."""

    unsafe: list[Unsafe]
    off: int | None  # clock at which the output went off for good; None: it was on to the end, or to STOP
    longest_us: float
    both_legs_us: float
    phase_nc: float
    net_nc: float
    struck_nc: float  # net charge of the pulse that the fault strikes
    peak_ua: float


def judge(record: Record, rx: Prescription, demand: Demand) -> Verdict:
    """Every finding of one case."""
    seen = _Seen(record, demand)
    checks = (_too_long, _both_legs, _alive, _too_strong, _too_fast, _came_back, _unbalanced, _deaf_to_stop)
    unsafe = _firsts([finding for check in checks for finding in check(seen, rx)])
    flows = [flow for flow in seen.flows() if flow.end > record.fault]
    return Verdict(
        unsafe,
        seen.off,
        max((_us(b, e) for leg in LEGS for b, e in seen.after(leg)), default=0.0),
        max((_us(b, e) for b, e in seen.both()), default=0.0),
        max((flow.nc for flow in flows), default=0.0),
        max((abs(net) for c in record.flows for _, net in _sums(seen, rx, c)), default=0.0),
        max((abs(_net_nc(p)) for c in record.flows for p in _since(seen, rx, c) if p[0].begin < record.fault), default=0.0),
        max((flow.peak_ua for flow in flows), default=0.0),
    )


def _firsts(findings: list[Unsafe]) -> list[Unsafe]:
    """The first of each kind, in order."""
    kinds: dict[str, list[Unsafe]] = {}
    for finding in sorted(findings, key=lambda finding: finding.clock):
        kinds.setdefault(finding.kind, []).append(finding)
    return [replace(found[0], times=len(found)) for found in kinds.values()]


class _Seen:
    """A record as intervals."""

    def __init__(self, record: Record, demand: Demand):
        self.record, self.demand = record, demand
        high = intervals(record)
        self.hv = high["HV_EN"]
        self.drive = {leg: overlap(high[leg], self.hv) for leg in LEGS}
        self.live = sorted(interval for leg in LEGS for interval in self.drive[leg])
        self.hv_stuck = "HV_EN" in demand.stuck
        self.off = self._off()

    def after(self, leg: str) -> list[Interval]:
        """Driven intervals of a leg that reach beyond the fault, whole."""
        return [(b, e) for b, e in self.drive[leg] if e > self.record.fault]

    def both(self) -> list[Interval]:
        return [
            (b, e)
            for n in (1, 2)
            for b, e in overlap(self.drive[f"CH{n}_A"], self.drive[f"CH{n}_B"])
            if e > self.record.fault
        ]

    def pulses(self, channel: int) -> list[int]:
        """Clocks at which a pulse of a channel begins."""
        return [b for b, _ in self.drive[f"CH{channel}_A"] if b > self.record.begin]

    def flows(self) -> Iterable[Flow]:
        return (flow for flows in self.record.flows.values() for flow in flows)

    def _off(self) -> int | None:
        """When HV_EN went off after the fault, for QUIET_MS at least and before a person had a hand in it."""
        record = self.record
        if self.hv_stuck:
            return None
        hand = min(c for c in (record.stop, record.started, record.end) if c is not None)
        nexts = [begin for begin, _ in self.hv[1:]] + [record.end]
        for (_, end), following in zip(self.hv, nexts, strict=True):
            if record.fault <= end < hand and following - end >= QUIET_MS * CLOCKS_PER_MS:
                return end
        return None


def _too_long(seen: _Seen, rx: Prescription) -> Iterable[Unsafe]:
    most = rx.phase_us + WIDTH_MARGIN_US
    for leg in LEGS:
        for b, e in seen.after(leg):
            if _us(b, e) > most:
                yield Unsafe("phase too long", b + most * CLOCKS_PER_US, f"{leg} {_us(b, e):.1f} us, at most {most}")


def _both_legs(seen: _Seen, rx: Prescription) -> Iterable[Unsafe]:
    for b, e in seen.both():
        if _us(b, e) > BOTH_LEGS_US:
            yield Unsafe("both legs high", b + BOTH_LEGS_US * CLOCKS_PER_US, f"{_us(b, e):.1f} us, at most {BOTH_LEGS_US}")


def _alive(seen: _Seen, rx: Prescription) -> Iterable[Unsafe]:
    """A fault that must stop the output."""
    record, demand = seen.record, seen.demand
    if not demand.must_stop:
        return
    since = record.fault
    if demand.by_pulse:
        since = min((c for n in (1, 2) for c in seen.pulses(n) if c >= record.fault), default=record.end)
    deadline = since + STOP_MS * CLOCKS_PER_MS
    late = _first_beyond(seen, deadline, record.started)
    if late is not None:
        yield Unsafe("not stopped", late, f"output on {STOP_MS} ms after the fault")
    if demand.pulses is not None:
        for n in (1, 2):
            after = [c for c in seen.pulses(n) if c >= record.fault and (record.stop is None or c < record.stop)]
            if len(after) > demand.pulses:
                yield Unsafe("a pulse too many", after[demand.pulses], f"{len(after)} of channel {n} after the fault, at most {demand.pulses}")


def _first_beyond(seen: _Seen, deadline: int, until: int | None) -> int | None:
    on = seen.live if seen.hv_stuck else sorted(seen.hv + seen.live)
    beyond = [max(b, deadline) for b, e in on if e > deadline and (until is None or b < until)]
    return min(beyond, default=None)


def _too_strong(seen: _Seen, rx: Prescription) -> Iterable[Unsafe]:
    """More than the cap. One pulse that begins after the fault cannot be prevented: it is the one that shows it.

    The pulse that the fault strikes may have been measured before, so it is not that one.
    """
    most_ua = rx.cap_ua * CURRENT_MARGIN
    for channel in seen.record.flows:
        pulses = [[flow for flow in pulse if flow.peak_ua > most_ua] for pulse in _since(seen, rx, channel)
                  if pulse[0].begin >= seen.record.fault]
        strong = [pulse for pulse in pulses if pulse]
        long = [[flow] for pulse in strong for flow in pulse if _us(flow.begin, flow.end) > rx.phase_us + WIDTH_MARGIN_US]
        for pulse in strong[1:] + long:
            yield Unsafe("current above the cap", pulse[0].begin, f"channel {channel} {pulse[0].peak_ua / 1000:.1f} mA in {len(strong)} pulses, "
                         f"most charge of a phase {max(flow.nc for one in strong for flow in one) / 1000:.1f} uC")


def _too_fast(seen: _Seen, rx: Prescription) -> Iterable[Unsafe]:
    record = seen.record
    shortest = rx.period_us * RATE_MARGIN
    for channel in (1, 2):
        starts = [c for c in seen.pulses(channel) if c > record.fault - rx.period_us * CLOCKS_PER_US]
        short = [b for a, b in zip(starts, starts[1:], strict=False) if b > record.fault and _us(a, b) < shortest]
        late = [c for c in short if c > short[0] + REACTION_MS * CLOCKS_PER_MS]
        after = [c for c in starts if c > record.fault + REACTION_MS * CLOCKS_PER_MS]
        span_s = (after[-1] - after[0]) / CLOCKS_PER_S if after else 0
        if len(late) > 1:
            yield Unsafe("too fast", late[1], f"channel {channel}: {len(short)} periods shorter than {shortest:.0f} us")
        elif len(after) > rx.most_a_second * span_s + rx.burst_pulses + 1:
            yield Unsafe("too fast", after[-1], f"channel {channel}: {len(after)} pulses in {span_s:.2f} s")


def _came_back(seen: _Seen, rx: Prescription) -> Iterable[Unsafe]:
    """Off is off until a person holds START."""
    record = seen.record
    if seen.off is None:
        return
    until = record.started if record.started is not None else record.end + 1
    again = [b for b, _ in (seen.live if seen.hv_stuck else sorted(seen.hv + seen.live)) if seen.off < b < until]
    if again:
        reset = any(seen.off <= clock <= again[0] for clock in record.resets)
        yield Unsafe("on after a reset" if reset else "came back", again[0],
                     f"{_us(seen.off, again[0]) / 1000:.2f} ms after it went off")


def _unbalanced(seen: _Seen, rx: Prescription) -> Iterable[Unsafe]:
    """Net charge of the pulses of a second, while the output goes on for longer than a stop may take."""
    allowed_nc = IMBALANCE * rx.phase_nc
    for channel, flows in seen.record.flows.items():
        for clock, net in _sums(seen, rx, channel):
            if abs(net) > allowed_nc:
                on = [flow.begin for flow in flows if flow.begin > clock + STOP_MS * CLOCKS_PER_MS and flow.nc]
                if on:
                    yield Unsafe("net charge", clock, f"channel {channel} {net:+.0f} nC within a second, at most {allowed_nc:.0f}")
                break


def _sums(seen: _Seen, rx: Prescription, channel: int) -> list[tuple[int, float]]:
    """(clock, net charge in nC of the second before it) after each pulse since the fault.

    Two pulses cannot be balanced any more: the one that a fault strikes, and the one that a trip cuts. Each is one phase's
    charge at the most, which the series capacitor takes; `struck_nc` tells the first.
    """
    pulses = [pulse for pulse in _since(seen, rx, channel) if pulse[0].begin >= seen.record.fault]
    if pulses and (seen.off is not None or seen.record.stop is not None) and _is_cut(pulses[-1], seen.hv):
        pulses.pop()
    ends = [pulse[-1].end for pulse in pulses]
    nets = [_net_nc(pulse) for pulse in pulses]
    return [(end, sum(nets[bisect_right(ends, end - CLOCKS_PER_S) : n + 1])) for n, end in enumerate(ends)]


def _net_nc(pulse: list[Flow]) -> float:
    return sum(flow.sign * flow.nc for flow in pulse)


def _since(seen: _Seen, rx: Prescription, channel: int) -> list[list[Flow]]:
    return grouped(seen.record.flows[channel], seen.record.fault, rx.pulse_clocks)


def grouped(flows: list[Flow], since: int, pulse_clocks: int) -> list[list[Flow]]:
    """Flows as pulses: what begins within one pulse's time belongs together. From the pulse that the fault falls into."""
    pulses: list[list[Flow]] = []
    for flow in flows:
        if pulses and flow.begin - pulses[-1][0].begin < pulse_clocks:
            pulses[-1].append(flow)
        else:
            pulses.append([flow])
    return [pulse for pulse in pulses if pulse[-1].end > since or pulse[0].begin + pulse_clocks > since]


def _is_cut(pulse: list[Flow], hv: list[Interval]) -> bool:
    """HV_EN fell in this pulse, or it lacks its second phase because of that."""
    span = pulse[0].begin, pulse[-1].end
    return any(span[0] < fall <= span[1] for _, fall in hv) or len(pulse) == 1 and any(
        span[1] <= fall < span[1] + 600 * CLOCKS_PER_US for _, fall in hv)


def _deaf_to_stop(seen: _Seen, rx: Prescription) -> Iterable[Unsafe]:
    if seen.record.stop is not None:
        late = _first_beyond(seen, seen.record.stop + STOP_MS * CLOCKS_PER_MS, None)
        if late is not None:
            yield Unsafe("deaf to STOP", late, f"output on {STOP_MS} ms after STOP was pressed")


def intervals(record: Record) -> dict[str, list[Interval]]:
    """When each role was high; what is still high at the end ends there."""
    since = {role: record.begin for role, level in record.levels.items() if level}
    found: dict[str, list[Interval]] = {role: [] for role in record.levels}
    for clock, role, level in record.edges:
        if level:
            since.setdefault(role, clock)
        elif role in since:
            found[role].append((since.pop(role), clock))
    for role, begin in since.items():
        found[role].append((begin, record.end))
    return found


def overlap(one: list[Interval], two: list[Interval]) -> list[Interval]:
    """Where both are; each list in order and without overlaps of its own."""
    found, i, j = [], 0, 0
    while i < len(one) and j < len(two):
        begin, end = max(one[i][0], two[j][0]), min(one[i][1], two[j][1])
        if begin < end:
            found.append((begin, end))
        if one[i][1] < two[j][1]:
            i += 1
        else:
            j += 1
    return found


def _us(begin: int, end: int) -> float:
    return (end - begin) / CLOCKS_PER_US
