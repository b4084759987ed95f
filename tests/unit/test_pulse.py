"""Words of the pulse machine. What they do on pins is tests/pio's to show; here: fields, ranges,
no allocation.
"""

from array import array

import pytest

from stimcore import pulse


@pytest.mark.parametrize(
    "row",
    [
        (80_000, 12_500),
        (100_000, 10_000),
        (150_000, 6_667),
        (1_000, 1_000_000),
        (3_000, 333_333),
        (7_000, 142_857),
        (33_300, 30_030),
        (2_000, 500_000),
        (66_667, 15_000),
        (149_999, 6_667),
    ],
)
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


@pytest.mark.parametrize(
    "row", [(12_500, 100, 50), (6_667, 500, 500), (1_000_000, 20, 5), (8_000, 37, 11)]
)
def test_rest_and_settle_make_up_the_period(row):
    period_us, phase_us, gap_us = row
    # 11 clocks are the program's own.
    rest = pulse.rest_count(period_us, phase_us, gap_us)
    assert rest + pulse.SETTLE_COUNT + 11 == (period_us - 2 * phase_us - gap_us) * 125
    assert rest >= 0


def test_the_amplitude_settles_for_two_milliseconds():
    # ns
    assert pulse.SETTLE_COUNT * 8 == 2_000_000
    assert pulse.SETTLE_US == 2_000


@pytest.mark.parametrize("offset_us", [0, 1, 1_234, 999_999])
def test_start_counts_differ_by_the_offset_alone(offset_us):
    assert pulse.start_count(offset_us) - pulse.start_count(0) == offset_us * 125
    assert pulse.start_count(0) == 0


def test_a_pulse_takes_three_words():
    assert pulse.WORDS_PER_PULSE == 3
