"""What the judges share: the contract and the prescription in plain numbers, what was seen, and
what a finding is.

It shares nothing with the firmware: it sees levels of pads by role, and the current that the load
model drew. A leg counts while it and HV_EN are high: without HV_EN a pad that is stuck drives
nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from evenpulse.twin.load import Flow

CLOCKS_PER_US = 125
CLOCKS_PER_MS = 125_000
CLOCKS_PER_S = 125_000_000

# Contract I3: a stuck pin is off within the longest legal phase and this
WIDTH_MARGIN_US = 5
# The same reaction where a stuck pin meets the other leg's phase: the fault puts it there, not the
# firmware
BOTH_LEGS_US = 5
# Contract I2: whatever must stop the output has done so by then
STOP_MS = 100
# Above the cap
CURRENT_MARGIN = 1.10
# Net over a second, as a part of one pulse's phase charge
IMBALANCE = 0.01
RATE_MARGIN = 0.99
# Two rounds of checks
REACTION_MS = 20
# Off for so long is off: coming on again is coming back
QUIET_MS = 1
LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")

Interval = tuple[int, int]


@dataclass(frozen=True)
class Prescription:
    """What was prescribed, in plain numbers."""

    # The longest
    phase_us: int
    gap_us: int
    # Shortest between two pulses of a channel
    period_us: int
    # Pulses of a channel, on average
    most_a_second: float
    burst_pulses: int
    cap_ua: int
    set_ua: int
    # From a burst's last pulse to the next one's first; 0: no bursts
    pause_us: int = 0
    offset_us: int = 0
    channels: tuple[int, ...] = (1, 2)
    # The current stands at what was set; False: it may be anywhere below
    steady: bool = True
    # A press of UP or DOWN
    step_ua: int = 1_000
    slew_ua_per_ms: int = 100
    # Shortest gap that the bridge stands
    dead_us: int = 5

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
    # It can only be seen by a pulse: time counts from the first one after it
    by_pulse: bool = False
    # Most pulses of a channel that may begin after it
    pulses: int | None = None
    # Pads that the fault itself holds high
    stuck: frozenset[str] = frozenset()
    # It is in the load, which may take less than was set
    load: bool = False
    # Somebody must have noticed it by then
    notice_ms: int | None = None


@dataclass
class Record:
    """What was seen from `begin` to `end`; `fault`, `stop` and the rest are clocks."""

    # The level of every role at `begin`
    levels: dict[str, int]
    edges: list[tuple[int, str, int]]
    # By channel number
    flows: dict[int, list[Flow]]
    begin: int
    fault: int
    end: int
    resets: list[int] = field(default_factory=list)
    # A person presses STOP
    stop: int | None = None
    # A person has held START after a power cycle: output is legal again
    started: int | None = None
    # A person has paused or ended the session: no pulse from here on, until `started`
    over: int | None = None
    # (clock, who): layers that cut, resets, faults that the firmware tells
    noticed: list[tuple[int, str]] = field(default_factory=list)
    # The firmware ended the output, as a person or the session's end asked it to
    lowered: list[int] = field(default_factory=list)

    def until(self, clock: int) -> "Record":
        """What had been seen by then."""

        def _by(one: int | None) -> int | None:
            return one if one is not None and one <= clock else None

        flows = {
            channel: [flow for flow in found if flow.end <= clock]
            for channel, found in self.flows.items()
        }
        return replace(
            self,
            edges=[edge for edge in self.edges if edge[0] < clock],
            flows=flows,
            end=clock,
            fault=min(self.fault, clock),
            resets=[one for one in self.resets if one <= clock],
            noticed=[one for one in self.noticed if one[0] <= clock],
            lowered=[one for one in self.lowered if one <= clock],
            stop=_by(self.stop),
            started=_by(self.started),
            over=_by(self.over),
        )


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
    # Clock at which the output went off for good; None: it was on to the end, or to STOP
    off: int | None
    longest_us: float
    both_legs_us: float
    phase_nc: float
    net_nc: float
    # Net charge of the pulse that the fault strikes
    struck_nc: float
    peak_ua: float
    # How far channel 2 was from where it should be after channel 1
    offset_us: float


class Seen:
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
        """When HV_EN went off after the fault, for QUIET_MS at least and before a person had a
        hand in it.
        """
        record = self.record
        if self.hv_stuck:
            return None
        hand = min(c for c in (record.stop, record.started, record.end) if c is not None)
        nexts = [begin for begin, _ in self.hv[1:]] + [record.end] * bool(self.hv)
        for (_, end), following in zip(self.hv, nexts, strict=True):
            if record.fault <= end < hand and following - end >= QUIET_MS * CLOCKS_PER_MS:
                return end
        return None


def grouped(flows: list[Flow], since: int, pulse_clocks: int) -> list[list[Flow]]:
    """Flows as pulses: what begins within one pulse's time belongs together. From the pulse that
    the fault falls into.
    """
    pulses: list[list[Flow]] = []
    for flow in flows:
        if pulses and flow.begin - pulses[-1][0].begin < pulse_clocks:
            pulses[-1].append(flow)
        else:
            pulses.append([flow])
    return [
        pulse for pulse in pulses if pulse[-1].end > since or pulse[0].begin + pulse_clocks > since
    ]


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


def us(begin: int, end: int) -> float:
    return (end - begin) / CLOCKS_PER_US
