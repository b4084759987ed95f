"""Counts for width monitors and samples: fields for every legal program, currents by hand, cut
pulses from both sides.
"""

import pytest

from stimcore import monitor
from samples import device_program

# nV per uA: 100 mA reads 3.0 V of 3.3 V
NMES2 = 30_000


def fields(word, widths):
    """Fields of a word from bit 0 on, as `out` with a shift to the right takes them."""
    out = []
    for width in widths:
        out.append(word & (1 << width) - 1)
        word >>= width
    # Nothing beyond the fields
    assert word == 0
    return out


# -- words of the monitors -------------------------------------------------------------------------


@pytest.mark.parametrize("delay", monitor.SAMPLE_DELAYS)
@pytest.mark.parametrize("gap_us", [5, 6, 499, 500])
def test_fields_of_leg_a_hold_every_legal_program(delay, gap_us):
    """Turns of 1 us: the width's begin after the delay's and are 1 too many by the program's own
    instructions; so the gap's.
    """
    one = {"phase_us": 20, "gap_us": gap_us}
    for phase_us in range(20, 501):
        one["phase_us"] = phase_us
        for adc_input in (0, 3):
            word = monitor.leg_a_word(delay, adc_input, one)
            assert fields(word, (5, 2, 9, 9, 2)) == [
                delay,
                adc_input,
                phase_us - 1 - delay,
                gap_us + delay - 1,
                adc_input,
            ]
            # A small integer: no allocation
            assert word < 2**30


def test_leg_b_counts_the_longest_phase():
    assert [monitor.leg_b_word({"phase_us": n, "gap_us": 5}) for n in (20, 137, 500)] == [
        20,
        137,
        500,
    ]


@pytest.mark.parametrize(
    "row",
    [
        ({"phase_us": 211}, 211),
        ({"phase_us": 211, "ramp": "phase"}, 211),
        ({"preset": "pain-modulated", "phase_us": None, "rate_pps": None}, 200),
        (
            {
                "phase_us": None,
                "rate_pps": None,
                "sweep": {"rate_pps": [10, 20], "phase_us": [450, 30], "period_s": 5},
            },
            450,
        ),
    ],
)
def test_the_longest_phase_of_the_program_counts(row):
    changes, longest_us = row
    of_program = device_program(**changes)
    assert monitor.leg_b_word(of_program) == longest_us
    assert fields(monitor.leg_a_word(7, 0, of_program), (5, 2, 9, 9, 2))[2] == longest_us - 8


# -- currents --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        # uA, counts of 3300 mV / 4095: 1 mA is 30 mV, 37.227 counts
        (0, 0),
        (27, 1),
        (26, 0),
        (1_000, 37),
        (4_900, 182),
        (5_000, 186),
        (30_000, 1_116),
        (100_000, 3_722),
        (110_000, 4_095),
        # 528.9995: a millionth less of the reference would be 529
        (14_210, 528),
    ],
)
def test_counts_of_a_current(row):
    ua, counts = row
    assert monitor.counts(ua, NMES2) == counts


@pytest.mark.parametrize(
    "row",
    [
        # Cap, most: a tenth more and 20 counts; the converter ends at 4095
        (1_000, 60),
        (30_000, 1_248),
        (90_000, 3_705),
        (99_000, 4_074),
        (100_000, 4_094),
        (109_000, 4_094),
    ],
)
def test_most_counts_under_a_cap(row):
    cap_ua, most = row
    assert monitor.most_counts(cap_ua, NMES2) == most and isinstance(
        monitor.most_counts(cap_ua, NMES2), int
    )


def test_under_any_cap_its_own_current_passes_and_a_converter_at_its_end_does_not():
    for cap_ua in range(1_000, 100_001, 1_000):
        most = monitor.most_counts(cap_ua, NMES2)
        assert monitor.counts(cap_ua, NMES2) < most < 4_095
        # What a calibration and the converter may be off
        assert monitor.counts(cap_ua * 105 // 100, NMES2) < most


@pytest.mark.parametrize("nv_per_ua", [1, 10_000, 30_000, 33_000])
def test_64_counts_in_ua(nv_per_ua):
    # 64 * 3300 mV / 4095 = 51.575 091 6 mV
    ua = monitor.ua_per_64_counts(nv_per_ua)
    assert ua == {1: 51_575_091, 10_000: 5_157, 30_000: 1_719, 33_000: 1_562}[
        nv_per_ua
    ] and isinstance(ua, int)


def test_counts_and_back_is_the_current():
    for ua in range(5_000, 100_001, 5_000):
        back = monitor.counts(ua, NMES2) * monitor.ua_per_64_counts(NMES2) // 64
        # A count is 27 uA, the factor is rounded down by 1 in 10 000
        assert 0 <= ua - back <= 45


# -- cut pulses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        # us since the start of a pulse of 200 us phases and a gap of 50 -> us in phase A, in phase
        # B
        (-7, [0, 0]),
        (0, [0, 0]),
        (1, [1, 0]),
        (199, [199, 0]),
        (200, [200, 0]),
        (225, [200, 0]),
        (250, [200, 0]),
        (251, [200, 1]),
        (449, [200, 199]),
        (450, None),
        (10_000, None),
    ],
)
def test_what_had_flowed_of_a_pulse_that_was_cut(row):
    since_us, flowed = row
    assert monitor.cut_us(since_us, 200, 50) == flowed


@pytest.mark.parametrize(
    "row",
    [
        # Cut at, sample judged at, its delay; us since the start: a sample's time is taken so much
        # later after its delay than the cut's after the cut: 7 us
        (5_030, 5_000, 7, 44),
        (5_030, 5_000, 11, 48),
        (5_000, 5_000, 7, 14),
        (-(1 << 31) + 10, (1 << 31) - 10, 7, 34),
        (5, -5, 11, 28),
        (5_031, 5_000, 7, 45),
        # Half the timer's range ahead at the most
        ((1 << 31) - 1, 0, 7, (1 << 31) + 13),
        (-(1 << 31), 0, 7, 13),
        # Judged when the cut had been told: somewhere in its first 27 us
        (5_000, 5_001, 7, 13),
        (5_000, 5_030, 11, 13),
        ((1 << 31) - 1, -(1 << 31), 7, 13),
    ],
)
def test_how_long_a_pulse_had_flowed_when_it_was_cut(row):
    cut_at_us, judged_at_us, delay_us, since_us = row
    assert monitor.into_pulse_us(cut_at_us, judged_at_us, delay_us) == since_us


def test_the_constants_are_what_was_measured_and_promised():
    """A sample's time is taken 7 us later than a trip's; 5 mA count, less 0.1 mA of rounding."""
    assert monitor.CUT_SAMPLE_US == 7 and monitor.LEAD_OFF_FROM_UA == 5_000 - 100


@pytest.mark.parametrize(
    "changes,soon_us",
    [
        ({"rate_pps": 2}, 250_000),
        ({"rate_pps": 100}, 5_000),
        # A page of flash may have held up the judgement of the pulse before: 6667 less 3200
        ({"rate_pps": 150}, 3_333),
        # Pulses of a burst, 10 ms apart; never its pause
        ({"preset": "pain-burst", "phase_us": None, "rate_pps": None}, 5_000),
        # The fastest of a sweep: 125 pps
        ({"preset": "pain-modulated", "phase_us": None, "rate_pps": None}, 4_000),
    ],
    ids=("slow", "fast", "fastest", "burst", "sweep"),
)
def test_what_is_too_soon_is_half_of_the_shortest_time_between_two_pulses(changes, soon_us):
    assert monitor.too_soon_us(device_program(**changes)) == soon_us


@pytest.mark.parametrize(
    "period_us,soon_us", [(6_400, 3_200), (6_000, 2_800), (3_200, 0), (100, 0)]
)
def test_what_a_write_to_flash_could_make_is_not_too_soon(period_us, soon_us):
    kept, monitor.periods_us = monitor.periods_us, lambda program: ((period_us, period_us),)
    try:
        assert monitor.too_soon_us({}) == soon_us
    finally:
        monitor.periods_us = kept


@pytest.mark.parametrize(
    "changes,longest_us",
    [
        ({"rate_pps": 50}, 20_000),
        # Seven pulses 10 ms apart, twice a second.
        ({"preset": "pain-burst", "phase_us": None, "rate_pps": None}, 440_000),
        ({"preset": "pain-modulated", "phase_us": None, "rate_pps": None}, 500_000),
    ],
    ids=("steady", "burst", "sweep"),
)
def test_the_longest_time_between_two_pulses(changes, longest_us):
    assert monitor.longest_gap_us(device_program(**changes)) == longest_us
