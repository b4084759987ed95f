"""Counting from edges, on edges written by hand: A is 2, B is 3, HV_EN is 6."""

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
    assert outputs_off_clock(edges, 6, 400) == 412  # latched before the pin fell
    assert outputs_off_clock([], 6, 400) is None
