"""Words of the pulse machine. What they do on pins is tests/pio's to show; here: fields, ranges, no allocation."""

from array import array

import pytest

from stimcore import pulse


@pytest.mark.parametrize("row", [(80_000, 12_500), (100_000, 10_000), (150_000, 6_667), (1_000, 1_000_000), (3_000, 333_333),
                                 (7_000, 142_857), (33_300, 30_030), (2_000, 500_000), (66_667, 15_000), (149_999, 6_667)])
def test_period_is_the_nearest_whole_us(row):
    rate_mpps, period_us = row
    assert pulse.period_us(rate_mpps) == period_us


def test_a_pulse_word_holds_phase_below_and_gap_above():
    halves = array("H", [0] * 4)
    pulse.put_pulse(halves, 1, 100, 50)
    # 100 us = 12 500 clocks, two of them outside the loop; 50 us = 6 250 clocks, four outside.
    assert list(halves) == [0, 0, 12_498, 6_246]


def test_the_longest_legal_values_fit_their_fields():
    halves = array("H", [0] * 2)
    pulse.put_pulse(halves, 0, 500, 500)
    assert list(halves) == [62_498, 62_496]


def test_a_rest_word_is_split_low_half_first():
    halves = array("H", [0] * 2)
    pulse.put_rest(halves, 0, 125_000_000)
    assert halves[0] + (halves[1] << 16) == 125_000_000


def test_no_field_can_hold_a_phase_beyond_524_us():
    assert pulse.PHASE_CLOCKS_MAX * 8 / 1_000 < 524.3


def test_rest_makes_up_the_period():
    # 12 500 us period, pulse of 100 + 50 + 100 us; 7 clocks are the program's own.
    assert pulse.rest_count(12_500, 100, 50) + 7 == (12_500 - 250) * 125
