"""Counting from edges, on edges written by hand: A is 2, B is 3, HV_EN is 6."""

from evenpulse.twin import waveform
from evenpulse.twin.measure import channel_counts, outputs_off_clock

LOW = [0] * 30
ON, OFF = (0, 6, 1), (5_000, 6, 0)


def pulse(start, phase_a=100, phase_b=100):
    return [
        (start, 2, 1),
        (start + phase_a, 2, 0),
        (start + 200, 3, 1),
        (start + 200 + phase_b, 3, 0),
    ]


def counts(*edges, end=9_000):
    return channel_counts(sorted(edges), LOW, 2, 3, 6, end)


def test_balanced_pulses():
    assert counts(ON, *pulse(1000), *pulse(2000), OFF) == (2, 0)


def test_a_difference_is_seen_in_either_direction():
    assert counts(ON, *pulse(1000, phase_a=103), OFF) == (1, 3)
    assert counts(ON, *pulse(1000, phase_b=107), *pulse(2000), OFF) == (2, -7)


def test_what_hv_en_cuts_off_counts_as_it_flowed():
    assert counts(ON, (1000, 2, 1), (1040, 6, 0), (1100, 2, 0)) == (1, 40)


def test_without_hv_en_nothing_flows():
    assert counts(*pulse(1000)) == (0, 0)


def test_a_pulse_under_way_at_the_end_is_not_yet_out_of_balance():
    assert counts(ON, *pulse(1000), (2000, 2, 1), end=2050) == (2, 0)
    assert counts(ON, *pulse(1000, phase_a=103), (2000, 2, 1), (2100, 2, 0), end=2150) == (2, 3)


def test_when_the_outputs_went_off_for_a_fault():
    edges = [(100, 6, 1), (200, 6, 0), (300, 6, 1), (412, 6, 0), (900, 6, 1)]
    assert outputs_off_clock(edges, 6, 420) == 412
    # Latched before the pin fell
    assert outputs_off_clock(edges, 6, 400) == 412
    assert outputs_off_clock([], 6, 400) is None


def read(*edges, reader=None):
    found = (reader or waveform.PulseReader()).read(waveform.highs(edges, 2, 3))
    return [(a.begin, a.end, b.begin, b.end) for a, b in found]


def test_a_pulse_is_a_phase_a_and_the_phase_b_after_it():
    whole = (1000, 1100, 1200, 1300)
    assert read(*pulse(1000)) == [whole]
    assert read(*pulse(100)[:2], *pulse(1000)) == [whole], "a phase A alone is none"
    assert read(*pulse(100)[2:], *pulse(1000), *pulse(2000)[2:]) == [whole], "nor is a phase B"
    overlap = (1000, 2, 1), (1150, 3, 1), (1180, 2, 0), (1300, 3, 0)
    assert read(*overlap) == [(1000, 1180, 1150, 1300)], "a gap below 0 is told as it was"


def test_a_pulse_that_is_under_way_is_told_when_it_has_come_to_its_end():
    reader = waveform.PulseReader()
    assert read(*pulse(1000)[:2], reader=reader) == []
    assert read(*pulse(1000)[2:], reader=reader) == [(1000, 1100, 1200, 1300)]
