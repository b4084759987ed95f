"""The judge of trains, on records drawn by hand: each thing that is not as prescribed is seen
once it lasts, and what is as prescribed is not.
"""

import pytest
from drawn import END_MS, MS, US, Bench, both

from evenpulse.faults.judge import Demand

CLOCK_US = 1 / 125
# The first pulse after the fault
AFTER = 110_500


def sound(to_us=AFTER - 10_000):
    """As prescribed until just before the fault's time is over."""
    return Bench().train(500, to_us + 1)


def last_of(bench, pulses, **change):
    """`pulses` more of channel 1, changed."""
    for k in range(pulses):
        bench.pulse(AFTER + 10_000 * k, **change)
    return bench


def rest(bench, pulses):
    """And as prescribed from there to the end."""
    return bench.train(AFTER + 10_000 * pulses, END_MS * 1000 - 400)


# Pulses at 100 pps: within two rounds of checks, and not
LASTING, SHORT = 40, 2


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"gap_us": 50 + 2 * CLOCK_US}, "gap not as prescribed"),
        ({"gap_us": 49}, "gap not as prescribed"),
        ({"phase_us": 99}, "phase not as prescribed"),
        ({"phase_us": 100 + 2 * CLOCK_US}, "phase not as prescribed"),
        ({"ua": 12_100}, "current not as set"),
    ],
)
def test_what_lasts_is_found_and_what_has_been_answered_is_not(change, kind):
    assert rest(last_of(sound(), LASTING, **change), LASTING).kinds() == [kind]
    assert rest(last_of(sound(), SHORT, **change), SHORT).kinds() == []


@pytest.mark.parametrize(
    "change",
    [{"gap_us": 50 + CLOCK_US}, {"phase_us": 100 - CLOCK_US}, {"ua": 11_900}, {"ua": 8_100}],
)
def test_a_clock_a_step_and_a_tenth_are_no_finding(change):
    assert rest(last_of(sound(), LASTING, **change), LASTING).kinds() == []


def test_less_than_was_set_is_found_too():
    assert last_of(sound(), 120, ua=7_900).kinds() == ["current not as set"]
    assert rest(last_of(sound(), SHORT, ua=7_900), SHORT).kinds() == []


def test_one_gap_below_the_dead_time_shows_it_a_second_may_not_come():
    assert rest(last_of(sound(), 1, gap_us=0.03), 1).kinds() == []
    assert rest(last_of(sound(), 2, gap_us=0.03), 2).kinds() == ["gap below the dead time"]
    assert rest(last_of(sound(), 2, gap_us=5), 2).kinds() == []


def test_phases_in_the_wrong_order():
    bench = sound()
    for k in range(LASTING):
        bench.phase("CH1_B", AFTER + 10_000 * k).phase("CH1_A", AFTER + 150 + 10_000 * k)
    assert "phases out of order" in rest(bench, LASTING).kinds()


def test_pulses_that_are_missing_again_and_again():
    assert sound().train(AFTER, END_MS * 1000, period_us=20_000).kinds() == [
        "period not as prescribed"
    ]
    assert sound().train(AFTER + 10_000, END_MS * 1000).kinds() == []


def test_the_pause_between_bursts_is_a_period_of_its_own():
    def _bursts(pause_us):
        bench, at = Bench(), 500
        while at < 1_300_000:
            bench.train(at, at + 70_001)
            at += 70_000 + pause_us
        return bench

    rx = {"pause_us": 430_000, "burst_pulses": 8, "most_a_second": 16}
    assert _bursts(430_000).kinds(rx=rx) == []
    assert "period not as prescribed" in _bursts(230_000).kinds(rx=rx)


@pytest.mark.parametrize(
    ("late_us", "kinds"),
    [
        (0, []),
        (2 * CLOCK_US, []),
        (-2_700, []),
        (-2_900, ["channels meet"]),
        (6_900, ["channels meet"]),
    ],
)
def test_channels_prescribed_apart_do_not_meet_and_how_far_they_are_off_is_told(late_us, kinds):
    bench = (
        Bench()
        .train(500, 1_399_000)
        .train(3_501, AFTER, channel=2)
        .train(AFTER + 3_001 + late_us, 1_390_000, channel=2)
    )
    assert bench.kinds() == kinds
    assert bench.verdict().offset_us == pytest.approx(min(abs(late_us), 10_000 - abs(late_us)))
    assert (
        Bench().train(500, 1_399_000).train(500, 1_399_000, channel=2).kinds(rx={"offset_us": 0})
        == []
    )


def test_a_load_may_take_less_than_was_set_down_to_half():
    assert last_of(sound(), 120, ua=5_100).kinds(Demand(load=True)) == []
    assert last_of(sound(), 120, ua=4_900).kinds(Demand(load=True)) == ["current not as set"]


def climb(step_ua, every_ms, from_ua=2_000, to_ua=20_000):
    """Channel 1 rising by steps."""
    bench, at, ua = Bench().train(500, AFTER, ua=from_ua), AFTER, from_ua
    while at < END_MS * 1000 - 400:
        ua = min(to_ua, from_ua + step_ua * ((at - AFTER) // (1000 * every_ms)))
        bench.pulse(at, ua=ua)
        at += 10_000
    return bench


UNSTEADY = {"set_ua": 20_000, "steady": False}


def test_from_pulse_to_pulse_no_faster_than_the_slew():
    assert "rises too fast" in climb(4_000, 300).kinds(rx=UNSTEADY)
    assert climb(1_000, 300).kinds(rx=UNSTEADY) == []


def test_at_most_a_few_steps_a_second():
    assert climb(1_000, 80).kinds(rx=UNSTEADY) == ["climbs too fast"]
    assert climb(1_000, 240).kinds(rx=UNSTEADY) == []


@pytest.mark.parametrize(("ua", "kinds"), [(20_000, ["rises too fast"]), (1_000, [])])
def test_a_start_begins_at_0_however_long_nothing_was_felt(ua, kinds):
    bench = (
        both(to_us=100_000, ua=1_000)
        .level(110_000, "HV_EN", 0)
        .level(600_000, "HV_EN", 1)
        .train(700_500, 1_399_000, ua=ua)
    )
    assert bench.kinds(rx=UNSTEADY, started=590 * MS) == kinds


def test_after_a_pause_no_pulse_comes_until_a_person_goes_on():
    over = 400
    bench = both(to_us=390_000).level(420_000, "HV_EN", 0)
    assert bench.kinds(over=over * MS) == []
    assert both(to_us=390_000).pulse(400_500).level(420_000, "HV_EN", 0).kinds(over=over * MS) == [
        "a pulse after the end"
    ]
    assert (
        both(to_us=390_000)
        .level(420_000, "HV_EN", 0)
        .level(900_000, "HV_EN", 1)
        .train(1_010_000, 1_300_000, ua=0)
        .kinds(over=over * MS, started=890 * MS)
        == []
    )


def test_pause_and_end_cut_no_pulse_and_a_trip_may():
    cut = sound(300_000).phase("CH1_A", 310_500, 60).level(310_560, "HV_EN", 0)
    assert cut.kinds(over=400 * MS) == ["a pulse cut by the end"]
    tripped = sound(300_000).phase("CH1_A", 310_500, 60).level(310_560, "HV_EN", 0)
    assert tripped.kinds(over=400 * MS, noticed=[(310_560 * US, "guard")]) == []


def test_a_fault_that_must_be_noticed_and_is_not_is_a_finding_though_all_is_legal():
    demand = Demand(notice_ms=100)
    assert both().kinds(demand) == ["unnoticed"]
    # Before the fault
    assert both().kinds(demand, noticed=[(90 * MS, "firmware")]) == ["unnoticed"]
    assert both().kinds(demand, noticed=[(201 * MS, "firmware")]) == ["unnoticed"]
    assert both().kinds(demand, noticed=[(199 * MS, "firmware")]) == []


def test_what_a_person_has_ended_by_then_nobody_must_notice():
    demand = Demand(notice_ms=100)
    ended = sound(150_000).level(160_000, "HV_EN", 0)
    assert ended.kinds(demand, over=310 * MS) == ["unnoticed"], "it went off, and nobody did it"
    assert ended.kinds(demand, over=310 * MS, lowered=[160 * MS]) == []
    assert ended.kinds(demand, over=310 * MS, lowered=[90 * MS]) == ["unnoticed"]
    assert sound(250_000).level(260_000, "HV_EN", 0).kinds(
        demand, over=310 * MS, lowered=[260 * MS]
    ) == ["unnoticed"], "too late"


def test_nobody_can_notice_what_has_no_time_or_no_pulse_to_show():
    assert (
        both(to_us=150_000).level(160_000, "HV_EN", 0).kinds(Demand(notice_ms=100), stop=150 * MS)
        == []
    )
    assert sound(90_000).kinds(Demand(notice_ms=100, by_pulse=True)) == []
    assert sound(90_000).train(900_500, 1_399_000).kinds(Demand(notice_ms=100, by_pulse=True)) == [
        "unnoticed"
    ]


def test_a_stuck_hv_en_alone_is_no_output_in_which_something_must_be_noticed():
    demand = Demand(notice_ms=100, stuck=frozenset({"HV_EN"}))
    assert sound(90_000).kinds(demand) == ["unnoticed"]
    assert sound(90_000).kinds(demand, over=400 * MS, lowered=[95 * MS]) == []
    assert sound(95_000).kinds(demand, over=400 * MS, lowered=[85 * MS]) == ["unnoticed"], (
        "a pulse came after that"
    )
    assert Bench().kinds(demand) == []
