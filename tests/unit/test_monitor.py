"""Counts for width monitors and samples: fields for every legal program, currents by hand, cut pulses from both sides."""

import pytest

from stimcore import monitor, prescription
from samples import board, document, program

NMES2 = 30_000  # nV per uA: 100 mA reads 3.0 V of 3.3 V


def device_program(**changes):
    rx = prescription.from_toml_dict(document(program(**changes)))
    prescription.check(rx, board())
    return rx["programs"][0]


def fields(word, widths):
    """Fields of a word from bit 0 on, as `out` with a shift to the right takes them."""
    out = []
    for width in widths:
        out.append(word & (1 << width) - 1)
        word >>= width
    assert word == 0  # nothing beyond the fields
    return out


# -- words of the monitors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("delay", monitor.SAMPLE_DELAYS)
@pytest.mark.parametrize("gap_us", [5, 6, 499, 500])
def test_fields_of_leg_a_hold_every_legal_program(delay, gap_us):
    """Turns of 1 us: the width's begin after the delay's and are 1 too many by the program's own instructions; so the gap's."""
    one = {"phase_us": 20, "gap_us": gap_us}
    for phase_us in range(20, 501):
        one["phase_us"] = phase_us
        for adc_input in (0, 3):
            word = monitor.leg_a_word(delay, adc_input, one)
            assert fields(word, (5, 2, 9, 9, 2)) == [delay, adc_input, phase_us - 1 - delay, gap_us + delay - 1, adc_input]
            assert word < 2**30  # a small integer: no allocation


def test_leg_b_counts_the_longest_phase():
    assert [monitor.leg_b_word({"phase_us": n, "gap_us": 5}) for n in (20, 137, 500)] == [20, 137, 500]


@pytest.mark.parametrize("row", [
    ({"phase_us": 211}, 211),
    ({"phase_us": 211, "ramp": "phase"}, 211),
    ({"preset": "pain-modulated", "phase_us": None, "rate_pps": None}, 200),
    ({"phase_us": None, "rate_pps": None, "sweep": {"rate_pps": [10, 20], "phase_us": [450, 30], "period_s": 5}}, 450),
])
def test_the_longest_phase_of_the_program_counts(row):
    changes, longest_us = row
    of_program = device_program(**changes)
    assert monitor.leg_b_word(of_program) == longest_us
    assert fields(monitor.leg_a_word(7, 0, of_program), (5, 2, 9, 9, 2))[2] == longest_us - 8


# -- who samples when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [
    # offset, order of the delays, both phases; 100 us phases, 50 us gap, 80 pps: phase B 150 us after A, next pulse after 12 500
    (0, (7, 11), True),  # 4 us apart
    (1, (7, 11), True),
    (2, (7, 11), True),
    (6, (7, 11), True),
    (143, (7, 11), True),  # channel 2's A 3 us before channel 1's B
    (144, (11, 7), True),  # 7, 11 would be 2 us
    (148, (11, 7), True),
    (149, (7, 11), True),  # 3 us after it
    (6_250, (7, 11), True),
    (12_343, (7, 11), True),  # channel 2's B 3 us before channel 1's next A
    (12_344, (11, 7), True),
    (12_349, (7, 11), True),
    (12_493, (7, 11), True),
    (12_494, (11, 7), True),
    (12_499, (7, 11), True),
])
def test_order_of_the_delays(row):
    offset_us, order, both_phases = row
    assert monitor.plan(device_program(offset_us=offset_us)) == order + (both_phases,)


@pytest.mark.parametrize("row", [
    # sweep of the phase, 20 to 500 us, gap 50: phase B 70 to 550 us after A
    (0, True),
    (62, True),  # 66 and 58 us apart
    (64, True),
    (75, False),
    (300, False),
    (557, True),
    (9_000, True),
    (9_440, True),
    (9_460, False),  # phase B comes up to 550 us later, and the next pulse 540 after
    (9_990, False),
])
def test_phase_b_is_left_out_where_a_sweep_could_bring_samples_together(row):
    offset_us, both_phases = row
    sweep = {"rate_pps": [100, 20], "phase_us": [20, 500], "period_s": 10}
    assert monitor.plan(device_program(phase_us=None, rate_pps=None, sweep=sweep, offset_us=offset_us))[2] is both_phases


def test_every_offset_has_a_plan():
    """Both ends of the period, where all that can be in the way is."""
    sweep = {"rate_pps": [150, 1], "phase_us": [20, 500], "period_s": 10}
    for changes in ({"rate_pps": 150}, {"phase_us": None, "rate_pps": None, "sweep": sweep}):
        of_program = device_program(**changes)
        for offset_us in list(range(30)) + list(range(6_637, 6_667)):
            of_program["offset_us"] = offset_us
            assert sorted(monitor.plan(of_program)[:2]) == [7, 11]


@pytest.mark.parametrize("channel", [1, 2])
def test_a_channel_alone_takes_the_early_sample(channel):
    assert monitor.plan(device_program(channels=[channel])) == (7, 7, True)


# -- currents ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [
    # uA, counts of 3300 mV / 4095: 1 mA is 30 mV, 37.227 counts
    (0, 0), (27, 1), (26, 0), (1_000, 37), (4_900, 182), (5_000, 186), (30_000, 1_116), (100_000, 3_722), (110_000, 4_095),
])
def test_counts_of_a_current(row):
    ua, counts = row
    assert monitor.counts(ua, NMES2) == counts


@pytest.mark.parametrize("row", [
    # cap, most: a tenth more and 20 counts; the converter ends at 4095
    (1_000, 60), (30_000, 1_248), (90_000, 3_705), (99_000, 4_074), (100_000, 4_094), (109_000, 4_094),
])
def test_most_counts_under_a_cap(row):
    cap_ua, most = row
    assert monitor.most_counts(cap_ua, NMES2) == most


def test_under_any_cap_its_own_current_passes_and_a_converter_at_its_end_does_not():
    for cap_ua in range(1_000, 100_001, 1_000):
        most = monitor.most_counts(cap_ua, NMES2)
        assert monitor.counts(cap_ua, NMES2) < most < 4_095
        assert monitor.counts(cap_ua * 105 // 100, NMES2) < most  # what a calibration and the converter may be off


@pytest.mark.parametrize("nv_per_ua", [10_000, 30_000, 33_000])
def test_64_counts_in_ua(nv_per_ua):
    # 64 * 3300 mV / 4095 = 51.575 mV
    assert monitor.ua_per_64_counts(nv_per_ua) == {10_000: 5_157, 30_000: 1_719, 33_000: 1_562}[nv_per_ua]


def test_counts_and_back_is_the_current():
    for ua in range(5_000, 100_001, 5_000):
        back = monitor.counts(ua, NMES2) * monitor.ua_per_64_counts(NMES2) // 64
        assert 0 <= ua - back <= 45  # a count is 27 uA, the factor is rounded down by 1 in 10 000


# -- cut pulses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [
    # us since the start of a pulse of 200 us phases and a gap of 50 -> us in phase A, in phase B
    (0, [0, 0]), (1, [1, 0]), (199, [199, 0]), (200, [200, 0]), (225, [200, 0]), (250, [200, 0]), (251, [200, 1]),
    (449, [200, 199]), (450, None), (10_000, None),
])
def test_what_had_flowed_of_a_pulse_that_was_cut(row):
    since_us, flowed = row
    assert monitor.cut_us(since_us, 200, 50) == flowed
