"""The judge on edges written by hand: each unsafe kind once, and no alarm where a train is as prescribed or ends as it must."""

import pytest

from evenpulse.faults.judge import Demand, Prescription, Record, judge, overlap
from evenpulse.twin.load import Flow

US, MS = 125, 125_000
RX = Prescription(phase_us=100, gap_us=50, period_us=10_000, most_a_second=100, burst_pulses=1, cap_ua=30_000, set_ua=10_000)
LOW = {"CH1_A": 0, "CH1_B": 0, "CH2_A": 0, "CH2_B": 0, "HV_EN": 1}
FAULT_MS, END_MS = 100, 1_400


class Bench:
    """Edges and flows as somebody would draw them on paper; times in µs, current 10 mA where nothing else is said."""

    def __init__(self):
        self.edges, self.flows = [], {1: [], 2: []}

    def phase(self, leg: str, at_us: float, for_us: float = 100, ua: float = 10_000, nc: float | None = None):
        """A leg high, and the charge that a constant current moves in that time."""
        channel, sign = int(leg[2]), 1 if leg.endswith("A") else -1
        begin, end = round(at_us * US), round((at_us + for_us) * US)
        self.edges += [(begin, leg, 1), (end, leg, 0)]
        self.flows[channel].append(Flow(begin, end, sign, ua * for_us / 1000 if nc is None else nc, ua))
        return self

    def pulse(self, at_us: float, channel: int = 1, phase_us: float = 100, gap_us: float = 50, ua: float = 10_000):
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

    def verdict(self, demand: Demand = Demand(), **wishes):
        edges = sorted(self.edges, key=lambda edge: edge[0])
        flows = {channel: sorted(found) for channel, found in self.flows.items()}
        return judge(Record(LOW, edges, flows, 0, FAULT_MS * MS, END_MS * MS, **wishes), RX, demand)

    def kinds(self, demand: Demand = Demand(), **wishes) -> list[str]:
        return [finding.kind for finding in self.verdict(demand, **wishes).unsafe]


def both(from_us=500, to_us=END_MS * 1000 - 400, **pulse):
    return Bench().train(from_us, to_us, **pulse).train(from_us + 3_001, to_us, channel=2, **pulse)


def test_a_train_as_prescribed_is_harmless():
    verdict = both().verdict()
    assert verdict.unsafe == [] and verdict.off is None
    assert (verdict.longest_us, verdict.net_nc, verdict.phase_nc) == (100, 0, 1_000)


def test_a_train_that_stops_at_once_is_stopped():
    bench = both(to_us=100_000).level(100_060, "HV_EN", 0)
    verdict = bench.verdict(Demand(must_stop=True))
    assert verdict.unsafe == [] and verdict.off == 100_060 * US


@pytest.mark.parametrize(("for_us", "kinds"), [(105, []), (105.008, ["phase too long"])])
def test_a_phase_may_be_5_us_too_long(for_us, kinds):
    bench = both(to_us=100_000).phase("CH1_A", 110_000, for_us, nc=0).level(110_000 + for_us, "HV_EN", 0)
    assert bench.kinds() == kinds


def test_a_long_phase_counts_only_while_hv_en_is_on():
    bench = both(to_us=100_000).level(100_100, "CH1_A", 1).level(100_203, "HV_EN", 0)  # the pad stays high for ever
    assert bench.kinds(Demand(must_stop=True, stuck=frozenset({"CH1_A"}))) == []


def test_a_pad_that_stays_high_with_hv_en_on_is_everything_at_once():
    bench = both(to_us=104_000).level(104_000, "CH1_A", 1)
    for k in range(100):
        bench.phase("CH1_B", 110_650 + 10_000 * k, nc=0)
    assert {"phase too long", "not stopped", "both legs high"} <= set(bench.kinds(Demand(must_stop=True)))


@pytest.mark.parametrize(("for_us", "kinds"), [(5, []), (6, ["both legs high"])])
def test_both_legs_for_the_reaction_of_a_monitor(for_us, kinds):
    bench = both(to_us=100_000).phase("CH2_A", 110_000, 50 + for_us, nc=0).phase("CH2_B", 110_050, 50, nc=0)
    assert bench.level(110_101, "HV_EN", 0).kinds() == kinds


def test_legs_of_different_channels_may_meet():
    assert Bench().train(500, 1_399_000).train(540, 1_399_000, channel=2).kinds() == []


@pytest.mark.parametrize(("off_ms", "kinds"), [(199.9, []), (200.1, ["not stopped"])])
def test_what_must_stop_has_100_ms(off_ms, kinds):
    bench = both(to_us=150_000).level(off_ms * 1000, "HV_EN", 0)
    assert bench.kinds(Demand(must_stop=True)) == kinds
    assert bench.kinds() == []


def test_what_only_a_pulse_can_show_has_100_ms_from_that_pulse():
    bench = Bench().train(500, 100_000).train(900_500, 960_000).level(1_000_000, "HV_EN", 0)
    assert bench.kinds(Demand(must_stop=True, by_pulse=True)) == []
    assert bench.kinds(Demand(must_stop=True)) == ["not stopped"]


def test_the_next_pulse_does_not_come():
    demand = Demand(must_stop=True, by_pulse=True, pulses=1)
    assert both(to_us=110_000).level(110_900, "HV_EN", 0).kinds(demand) == []
    assert both(to_us=120_501).level(120_900, "HV_EN", 0).kinds(demand) == ["a pulse too many"]


def test_one_pulse_above_the_cap_cannot_be_prevented_but_a_second_can():
    one = both(to_us=100_000).pulse(110_500, ua=100_000).level(110_900, "HV_EN", 0)
    assert one.kinds() == [] and one.verdict().phase_nc == 10_000 and one.verdict().peak_ua == 100_000
    two = both(to_us=100_000).pulse(110_500, ua=33_001).pulse(120_500, ua=33_001).level(120_900, "HV_EN", 0)
    assert two.kinds() == ["current above the cap"]
    assert both(to_us=100_000).pulse(110_500, ua=32_999).pulse(120_500, ua=32_999).level(120_900, "HV_EN", 0).kinds() == []


def test_the_pulse_that_the_fault_strikes_is_not_the_one_that_shows_it():
    bench = both(to_us=99_000).phase("CH1_A", 99_800).phase("CH1_B", 99_950, ua=100_000, nc=5_500)  # struck in phase B
    assert bench.pulse(110_500, ua=100_000).level(110_900, "HV_EN", 0).kinds() == []


def test_a_train_that_is_too_fast():
    assert both(to_us=100_000).train(110_500, 1_399_000, period_us=9_850).kinds() == ["too fast"]
    assert both(to_us=100_000).train(110_500, 1_399_000, period_us=9_950).kinds() == []


def test_one_short_period_is_not_a_rate():
    assert Bench().train(500, 200_000).train(203_000, 1_399_000).kinds() == []


def test_bursts_without_their_pauses_are_too_fast():
    from dataclasses import replace

    bursts = replace(RX, most_a_second=16, burst_pulses=8)
    bench = Bench().train(500, 1_399_000)
    record = Record(LOW, sorted(bench.edges), bench.flows, 0, FAULT_MS * MS, END_MS * MS)
    assert [finding.kind for finding in judge(record, bursts, Demand()).unsafe] == ["too fast"]


def test_output_that_comes_back_by_itself():
    bench = both(to_us=100_000).level(110_000, "HV_EN", 0).level(300_000, "HV_EN", 1)
    assert bench.kinds() == ["came back"]
    assert bench.kinds(resets=[200 * MS]) == ["on after a reset"]


def test_output_that_a_person_started_again_is_legal():
    bench = both(to_us=100_000).level(100_000, "HV_EN", 0).level(1_250_000, "HV_EN", 1).train(1_360_000, 1_399_000)
    assert bench.kinds(Demand(must_stop=True), resets=[101 * MS], started=1_249 * MS) == []


def test_pulses_that_lack_their_second_phase():
    bench = both(to_us=100_000)
    for k in range(40):
        bench.phase("CH1_A", 110_500 + 10_000 * k)
    assert bench.kinds() == ["net charge"]
    assert bench.verdict().net_nc == 40_000


def test_pulses_out_of_balance_by_two_percent():
    bench = both(to_us=100_000)
    for k in range(40):
        bench.phase("CH1_A", 110_500 + 10_000 * k).phase("CH1_B", 110_650 + 10_000 * k, nc=980)
    assert bench.kinds() == ["net charge"]


def test_the_pulse_that_a_trip_cuts_does_not_count():
    bench = both(to_us=100_000).phase("CH1_A", 110_500).phase("CH1_B", 110_650, 13.5).level(110_663.5, "HV_EN", 0)
    assert bench.kinds() == [] and bench.verdict().net_nc == 0
    bench = both(to_us=100_000).phase("CH1_A", 110_500).level(110_620, "HV_EN", 0)
    assert bench.kinds() == [] and bench.verdict().net_nc == 0


def test_the_pulse_that_the_fault_strikes_is_told_but_no_direct_current():
    bench = both(to_us=99_000).phase("CH1_A", 99_980, 95).phase("CH1_B", 100_125, 40, nc=400).train(110_500, 1_399_000)
    assert bench.kinds() == [] and bench.verdict().struck_nc == 550


def test_stop_must_work_after_a_fault_that_seemed_harmless():
    stop = 1_200
    assert both(to_us=stop * 1000).level(stop * 1000 + 90_000, "HV_EN", 0).kinds(stop=stop * MS) == []
    assert both().kinds(stop=stop * MS) == ["deaf to STOP"]
    assert both(to_us=stop * 1000).level(1_205_000, "CH1_A", 1).kinds(Demand(stuck=frozenset({"HV_EN"})), stop=stop * MS)[-1] == "deaf to STOP"


def test_each_kind_is_told_once_with_its_number():
    bench = both(to_us=100_000)
    for k in range(7):
        bench.phase("CH1_A", 110_500 + 10_000 * k, 120, nc=0)
    finding = bench.level(180_000, "HV_EN", 0).verdict().unsafe[0]
    assert (finding.kind, finding.times, finding.clock) == ("phase too long", 7, 110_605 * US)


def test_overlap_of_intervals():
    assert overlap([(0, 10), (20, 30)], [(5, 25), (29, 40)]) == [(5, 10), (20, 25), (29, 30)]
