"""Records drawn by hand, as somebody would on paper: edges and flows of a train, and what the
judge says of it.
"""

from dataclasses import replace

from evenpulse.faults.judge import Demand, Prescription, Record, judge
from evenpulse.twin.load import Flow

US, MS = 125, 125_000
RX = Prescription(
    phase_us=100,
    gap_us=50,
    period_us=10_000,
    most_a_second=100,
    burst_pulses=1,
    cap_ua=30_000,
    set_ua=10_000,
    offset_us=3_001,
)
LOW = {"CH1_A": 0, "CH1_B": 0, "CH2_A": 0, "CH2_B": 0, "HV_EN": 1}
FAULT_MS, END_MS = 100, 1_400


class Bench:
    """Edges and flows as somebody would draw them on paper; times in µs, current 10 mA where
    nothing else is said.
    """

    def __init__(self):
        self.edges, self.flows = [], {1: [], 2: []}

    def phase(
        self,
        leg: str,
        at_us: float,
        for_us: float = 100,
        ua: float = 10_000,
        nc: float | None = None,
    ):
        """A leg high, and the charge that a constant current moves in that time."""
        channel, sign = int(leg[2]), 1 if leg.endswith("A") else -1
        begin, end = round(at_us * US), round((at_us + for_us) * US)
        self.edges += [(begin, leg, 1), (end, leg, 0)]
        self.flows[channel].append(
            Flow(begin, end, sign, ua * for_us / 1000 if nc is None else nc, ua)
        )
        return self

    def pulse(
        self,
        at_us: float,
        channel: int = 1,
        phase_us: float = 100,
        gap_us: float = 50,
        ua: float = 10_000,
    ):
        self.phase(f"CH{channel}_A", at_us, phase_us, ua)
        return self.phase(f"CH{channel}_B", at_us + phase_us + gap_us, phase_us, ua)

    def train(self, from_us: float, to_us: float, period_us: float = 10_000, **pulse):
        at = from_us
        while at < to_us:
            self.pulse(at, **pulse)
            at += period_us
        return self

    def level(self, at_us: float, role: str, level: int):
        self.edges.append((round(at_us * US), role, level))
        return self

    def verdict(self, demand: Demand = Demand(), rx: dict | None = None, **wishes):
        edges = sorted(self.edges, key=lambda edge: edge[0])
        flows = {channel: sorted(found) for channel, found in self.flows.items()}
        return judge(
            Record(LOW, edges, flows, 0, FAULT_MS * MS, END_MS * MS, **wishes),
            replace(RX, **(rx or {})),
            demand,
        )

    def kinds(self, demand: Demand = Demand(), **wishes) -> list[str]:
        return [finding.kind for finding in self.verdict(demand, **wishes).unsafe]


def both(from_us=500, to_us=END_MS * 1000 - 400, **pulse):
    return Bench().train(from_us, to_us, **pulse).train(from_us + 3_001, to_us, channel=2, **pulse)
