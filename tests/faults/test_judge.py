"""The judge on edges written by hand: each unsafe kind once, and no alarm where a train is as
prescribed or ends as it must.
"""

from dataclasses import replace

import pytest
from drawn import END_MS, FAULT_MS, LOW, MS, RX, US, Bench, both

from evenpulse.faults.judge import Demand, Record, judge, overlap


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
    bench = (
        both(to_us=100_000)
        .phase("CH1_A", 110_000, for_us, nc=0)
        .level(110_000 + for_us, "HV_EN", 0)
    )
    assert bench.kinds() == kinds


def test_a_long_phase_counts_only_while_hv_en_is_on():
    # The pad stays high for ever
    bench = both(to_us=100_000).level(100_100, "CH1_A", 1).level(100_203, "HV_EN", 0)
    assert bench.kinds(Demand(must_stop=True, stuck=frozenset({"CH1_A"}))) == []


def test_a_pad_that_stays_high_with_hv_en_on_is_everything_at_once():
    bench = both(to_us=104_000).level(104_000, "CH1_A", 1)
    for k in range(100):
        bench.phase("CH1_B", 110_650 + 10_000 * k, nc=0)
    assert {"phase too long", "not stopped", "both legs high"} <= set(
        bench.kinds(Demand(must_stop=True))
    )


@pytest.mark.parametrize(("for_us", "kinds"), [(5, []), (6, ["both legs high"])])
def test_both_legs_for_the_reaction_of_a_monitor(for_us, kinds):
    bench = (
        both(to_us=100_000)
        .phase("CH2_A", 110_000, 50 + for_us, nc=0)
        .phase("CH2_B", 110_050, 50, nc=0)
    )
    assert bench.level(110_101, "HV_EN", 0).kinds() == kinds


def test_legs_of_different_channels_may_meet():
    assert (
        Bench().train(500, 1_399_000).train(540, 1_399_000, channel=2).kinds(rx={"offset_us": 40})
        == []
    )


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
    assert (
        one.kinds() == [] and one.verdict().phase_nc == 10_000 and one.verdict().peak_ua == 100_000
    )
    for ua, seen in ((33_001, True), (32_999, False)):
        two = (
            both(to_us=100_000)
            .pulse(110_500, ua=ua)
            .pulse(120_500, ua=ua)
            .level(120_900, "HV_EN", 0)
        )
        assert ("current above the cap" in two.kinds()) == seen


def test_the_pulse_that_the_fault_strikes_is_not_the_one_that_shows_it():
    # Struck in phase B
    bench = both(to_us=99_000).phase("CH1_A", 99_800).phase("CH1_B", 99_950, ua=100_000, nc=5_500)
    assert bench.pulse(110_500, ua=100_000).level(110_900, "HV_EN", 0).kinds() == []


def test_a_train_that_is_too_fast():
    assert both(to_us=100_000).train(110_500, 1_399_000, period_us=9_850).kinds() == [
        "period not as prescribed",
        "too fast",
    ]
    assert both(to_us=100_000).train(110_500, 1_399_000, period_us=9_950).kinds() == [
        "period not as prescribed"
    ]


def test_one_short_period_is_not_a_rate():
    assert Bench().train(500, 200_000).train(203_000, 1_399_000).kinds() == []


def test_bursts_without_their_pauses_are_too_fast():
    bursts = replace(RX, most_a_second=16, burst_pulses=8)
    bench = Bench().train(500, 1_399_000)
    record = Record(LOW, sorted(bench.edges), bench.flows, 0, FAULT_MS * MS, END_MS * MS)
    assert [finding.kind for finding in judge(record, bursts, Demand()).unsafe] == ["too fast"]


def test_output_that_comes_back_by_itself():
    bench = both(to_us=100_000).level(110_000, "HV_EN", 0).level(300_000, "HV_EN", 1)
    assert bench.kinds() == ["came back"]
    assert bench.kinds(resets=[200 * MS]) == ["on after a reset"]


def test_output_that_a_person_started_again_is_legal():
    bench = (
        both(to_us=100_000)
        .level(100_000, "HV_EN", 0)
        .level(1_250_000, "HV_EN", 1)
        .train(1_360_000, 1_399_000, ua=0)
    )
    assert bench.kinds(Demand(must_stop=True), resets=[101 * MS], started=1_249 * MS) == []


def test_pulses_that_lack_their_second_phase():
    bench = both(to_us=100_000)
    for k in range(40):
        bench.phase("CH1_A", 110_500 + 10_000 * k)
    assert bench.kinds() == ["net charge", "phases out of order"]
    assert bench.verdict().net_nc == 40_000


def test_pulses_out_of_balance_by_two_percent():
    bench = both(to_us=100_000)
    for k in range(40):
        bench.phase("CH1_A", 110_500 + 10_000 * k).phase("CH1_B", 110_650 + 10_000 * k, nc=980)
    assert bench.kinds() == ["net charge"]


def test_the_pulse_that_a_trip_cuts_does_not_count():
    bench = (
        both(to_us=100_000)
        .phase("CH1_A", 110_500)
        .phase("CH1_B", 110_650, 13.5)
        .level(110_663.5, "HV_EN", 0)
    )
    assert bench.kinds() == [] and bench.verdict().net_nc == 0
    bench = both(to_us=100_000).phase("CH1_A", 110_500).level(110_620, "HV_EN", 0)
    assert bench.kinds() == [] and bench.verdict().net_nc == 0


def test_the_pulse_that_the_fault_strikes_is_told_but_no_direct_current():
    bench = (
        both(to_us=99_000)
        .phase("CH1_A", 99_980, 95)
        .phase("CH1_B", 100_125, 40, nc=400)
        .train(110_500, 1_399_000)
    )
    assert bench.kinds() == [] and bench.verdict().struck_nc == 550


def test_stop_must_work_after_a_fault_that_seemed_harmless():
    stop = 1_200
    assert (
        both(to_us=stop * 1000).level(stop * 1000 + 90_000, "HV_EN", 0).kinds(stop=stop * MS) == []
    )
    assert both().kinds(stop=stop * MS) == ["deaf to STOP"]
    assert (
        both(to_us=stop * 1000)
        .level(1_205_000, "CH1_A", 1)
        .kinds(Demand(stuck=frozenset({"HV_EN"})), stop=stop * MS)[-1]
        == "deaf to STOP"
    )


def test_each_kind_is_told_once_with_its_number():
    bench = both(to_us=100_000)
    for k in range(7):
        bench.phase("CH1_A", 110_500 + 10_000 * k, 120, nc=0)
    finding = bench.level(180_000, "HV_EN", 0).verdict().unsafe[0]
    assert (finding.kind, finding.times, finding.clock) == ("phase too long", 7, 110_605 * US)


def test_overlap_of_intervals():
    assert overlap([(0, 10), (20, 30)], [(5, 25), (29, 40)]) == [(5, 10), (20, 25), (29, 30)]
