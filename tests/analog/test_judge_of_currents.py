"""The judge of what a patient got, and the model of who cuts: on currents written by hand, each
limit from both sides.
"""

import numpy as np
import pytest

from evenpulse.analog import judge, reactions

PERIOD_S = 20e-3
PHASES = [(300e-6, "A"), (700e-6, "B"), (20.3e-3, "A"), (20.7e-3, "B")]


def waves(flows, end_s=40e-3, **lines):
    """`flows`: (from, to, mA) of the body's current; a line is a constant or an array."""
    t = np.arange(0, end_s, 1e-6)
    current = np.zeros_like(t)
    for begin, end, ma in flows:
        current[(t >= begin) & (t < end)] += ma * 1e-3
    given = {
        "il": 3.0,
        "shn": 3.3,
        "adc": 0.0,
        "pg": 0.0,
        "ea": 0.0,
        "eb": 0.0,
        "wc": 0.0,
        "wr": 1.5,
    }
    given |= {"yc": 0.0}
    given |= lines
    return {
        "time": t,
        "i(v_pat)": current,
        **{f"v({name})": np.zeros_like(t) + value for name, value in given.items()},
    }


def pulses(ma_a, ma_b):
    return [(begin, begin + 300e-6, ma_a if leg == "A" else -ma_b) for begin, leg in PHASES]


def verdict(flows, cut_s=None, cap_ma=40, **lines):
    return judge.judge(waves(flows, **lines), cap_ma, 0.0, PERIOD_S, cut_s)


def test_what_was_asked_for_is_safe():
    found = verdict(pulses(40, 40))
    assert found.unsafe == () and found.pulses_over == 0
    assert found.flow_uc == pytest.approx(12, abs=0.1) and abs(found.dc_ua) < 3


@pytest.mark.parametrize("ma, unsafe", [(43.9, False), (44.1, True)])
def test_two_pulses_above_the_cap_and_a_tenth_are_one_too_many(ma, unsafe):
    assert bool(verdict(pulses(ma, ma)).unsafe) == unsafe


def test_one_pulse_above_the_cap_is_what_a_cut_may_cost():
    found = verdict([(300e-6, 360e-6, 90)], cut_s=360e-6)
    assert (
        found.unsafe == () and found.pulses_over == 1 and found.over_us == pytest.approx(60, abs=2)
    )


@pytest.mark.parametrize("ms, unsafe", [(0.74, False), (0.76, True)])
def test_30_uc_in_one_flow_is_the_most(ms, unsafe):
    assert bool(verdict([(1e-3, 1e-3 + ms * 1e-3, 40)], cut_s=5e-3).unsafe) == unsafe


@pytest.mark.parametrize("less_ma, unsafe", [(6.4, False), (7.0, True)])
def test_100_ua_of_direct_current_are_the_most(less_ma, unsafe):
    # 300 us every 20 ms: 6.67 mA between the phases are 100 uA.
    assert bool(verdict(pulses(40, 40 - less_ma)).unsafe) == unsafe


def test_what_flows_after_a_cut_is_seen():
    late = waves([(1e-3, 160e-3, 2)], end_s=200e-3)
    found = judge.judge(late, 40, 0.0, PERIOD_S, 2e-3)
    assert "flows 100 ms after the cut" in found.unsafe
    assert verdict([(1e-3, 3e-3, 2)], cut_s=2e-3).off_us == pytest.approx(1_000, abs=2)


def test_what_a_pin_saw_is_told():
    assert verdict(pulses(40, 40), adc=115.0).pin_v == 115
    assert verdict(pulses(40, 40), adc=3.3).pin_v == 0


def sampled(ma_of_phase, asked_ma=40, cap_ma=40):
    t = np.arange(0, 40e-3, 1e-6)
    adc = np.zeros_like(t)
    for (begin, _leg), ma in zip(PHASES, ma_of_phase):
        adc[(t >= begin) & (t < begin + 300e-6)] = ma * 0.03
    return reactions.first(waves([], adc=adc), PHASES, asked_ma, cap_ma)


@pytest.mark.parametrize(
    "phases, reason, phase",
    [
        ((40, 40, 40, 40), None, None),
        ((47, 40, 40, 40), "over_current", 0),
        ((40, 40, 40, 19), "lead_off", 3),
        ((40, 34.9, 40, 40), "unbalanced", 1),
        ((40, 35.1, 40, 40), None, None),
    ],
)
def test_the_sample_rules_as_the_safety_page_has_them(phases, reason, phase):
    found = sampled(phases)
    assert (found.reason if found else None) == reason
    if found:
        assert found.at_s == pytest.approx(PHASES[phase][0] + 60e-6)


@pytest.mark.parametrize("mv_per_ma, read_ma", [(30, 38), (60, 19)])
def test_a_sample_is_by_the_boards_own_scale(mv_per_ma, read_ma):
    assert reactions.sample_ma(waves([], adc=1.14), 1e-3, mv_per_ma) == pytest.approx(read_ma)
    found = reactions.first(waves([], adc=1.14), PHASES, 40, 40, mv_per_ma)
    assert (found.reason if found else None) == (None if read_ma == 38 else "lead_off")


def test_a_phase_b_is_held_against_the_a_that_came_before_the_fault():
    """Which is no reaction itself: 47 mA were there before."""
    t = np.arange(0, 40e-3, 1e-6)
    adc = np.zeros_like(t)
    for (begin, _leg), ma in zip(PHASES, (47, 40, 40, 40)):
        adc[(t >= begin) & (t < begin + 300e-6)] = ma * 0.03
    found = reactions.first(waves([], adc=adc), PHASES, 40, 40, since_s=PHASES[0][0] + 100e-6)
    assert (found.reason, found.at_s) == ("unbalanced", pytest.approx(PHASES[1][0] + 60e-6))
    assert reactions.first(waves([], adc=adc), PHASES, 40, 40, since_s=2e-3) is None


def test_means_of_half_a_second_take_half_a_second():
    found = sampled((40, 37, 40, 37))
    assert (found.who, found.reason, found.at_s) == ("firmware's mean", "unbalanced", 0.5)
    assert sampled((40, 38.5, 40, 38.5)) is None


@pytest.mark.parametrize(
    "lines, who",
    [
        ({"shn": 0.2}, "short comparator"),
        ({"wc": 2.6}, "comparator at rest"),
        ({}, "over-current comparator"),
    ],
)
def test_the_guard_cuts_when_interlock_n_is_low(lines, who):
    low = np.where(np.arange(0, 40e-3, 1e-6) > 5e-3, 0.3, 3.0)
    found = reactions.first(waves([], il=low, **lines), [], 40, 40)
    assert found.who == who and found.at_s == pytest.approx(5e-3, abs=3e-6)
