"""Trains: starts of pulses against the calculation by hand, block borders, bursts, sweeps, envelope, and no allocation."""

from array import array

import pytest
from samples import document, program

from stimcore import prescription, train

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython: the allocation test below says what it needs
    heap_lock = None


def device_program(**changes):
    return prescription.from_toml_dict(document(program(**changes)))["programs"][0]


def starts(words):
    """(start, phase, gap) of each pulse in clocks after the first, from words alone: an independent reading of the machine's timing."""
    out, now = [], 0
    for k in range(0, len(words), 4):
        if k:
            now += words[k] + (words[k + 1] << 16) + 7
        phase, gap = words[k + 2] + 2, words[k + 3] + 4
        out.append((now, phase, gap))
        now += 2 * phase + gap
    return out


def words_of(a_train, pulses, block=8):
    words, halves = array("H", []), array("H", [0] * (4 * block))
    for _ in range(pulses // block):
        a_train.fill(halves, block)
        words.extend(halves)
    return words


@pytest.mark.parametrize("row", [(80, 12_500), (150, 6_667), (3, 333_333), (33, 30_303), (1, 1_000_000)])
def test_pulse_k_starts_at_k_periods(row):
    rate_pps, period_us = row
    got = starts(words_of(train.Train(device_program(rate_pps=rate_pps), 0), 40))
    assert [g[0] for g in got] == [k * period_us * 125 for k in range(40)]
    assert all(g[1:] == (100 * 125, 50 * 125) for g in got)


def test_the_offset_is_the_first_rest_and_nothing_else():
    base, moved = train.Train(device_program(), 0), train.Train(device_program(), 1_234)
    a, b = array("H", [0] * 16), array("H", [0] * 16)
    base.fill(a, 4)
    moved.fill(b, 4)
    assert (b[0] + (b[1] << 16)) - (a[0] + (a[1] << 16)) == 1_234 * 125
    assert list(a)[2:] == list(b)[2:]


def test_blocks_join_without_a_seam():
    one, many = train.Train(device_program(), 0), train.Train(device_program(), 0)
    assert words_of(one, 64, block=64) == words_of(many, 64, block=4)


def test_burst_of_seven_at_100_pps_twice_a_second():
    got = starts(words_of(train.Train(device_program(preset="pain-burst", phase_us=150, rate_pps=None), 0), 24))
    expected = [(k // 7) * 500_000 * 125 + (k % 7) * 10_000 * 125 for k in range(24)]
    assert [g[0] for g in got] == expected


def test_sweep_goes_from_one_end_to_the_other_and_back():
    swept = device_program(preset="pain-modulated", phase_us=None, rate_pps=None)
    got = starts(words_of(train.Train(swept, 0), 800))
    assert got[0][1] == 100 * 125 and got[1][0] == 8_000 * 125  # 125 pps at the start
    gaps = [(b[0] - a[0]) for a, b in zip(got, got[1:])]
    assert max(gaps) > 300_000 * 125 * 95 // 100  # and near 2 pps at the far end
    assert min(gaps) == 8_000 * 125
    # rate is linear in time: at 3 s of 6 it is half-way, (125 + 2) / 2 = 63.5 pps
    k = [i for i, g in enumerate(got) if g[0] >= 3_000_000 * 125][0]
    assert abs(gaps[k] / 125 - 1_000_000 / 63.5) < 100  # the pulse found lies up to one period (0.3 pps) later
    assert max(g[1] for g in got) <= 200 * 125 and max(g[1] for g in got) >= 195 * 125
    # one whole sweep, 12 s, comes back to where it began
    back = [g for g in zip(got, gaps) if 11_900_000 * 125 < g[0][0] < 12_100_000 * 125]
    assert back and max(gap for _, gap in back) < 8_200 * 125


@pytest.mark.parametrize("row", [(0, 0), (1_000, 500), (2_000, 1_000), (60_000, 1_000)])
def test_a_continuous_train_ramps_up_once(row):
    ms, permille = row
    assert train.Envelope({"ramp_up_ms": 2_000}).permille(ms) == permille


@pytest.mark.parametrize("row", [(0, 0), (1_000, 500), (2_000, 1_000), (8_999, 1_000), (9_500, 500), (10_000, 0), (59_999, 0),
                                 (60_000, 0), (61_000, 500), (600_000 + 2_000, 1_000)])
def test_on_and_off_with_both_ramps_inside_the_on_time(row):
    ms, permille = row
    strength = {"ramp_up_ms": 2_000, "ramp_down_ms": 1_000, "on_ms": 10_000, "off_ms": 50_000}
    assert train.Envelope(strength).permille(ms) == permille


def test_no_ramp_starts_whole():
    assert train.Envelope({}).permille(0) == 1_000


@pytest.mark.parametrize("name", ["plain", "burst", "sweep"])
def test_filling_a_block_allocates_nothing(name):
    changes = {"plain": {}, "burst": {"preset": "pain-burst", "rate_pps": None},
               "sweep": {"preset": "pain-modulated", "phase_us": None, "rate_pps": None}}[name]
    a_train = train.Train(device_program(**changes), 0)
    halves = array("H", [0] * 128)
    a_train.fill(halves, 32)
    if heap_lock is None:  # CPython has no heap to lock: the count of pulses is all it can check
        a_train.fill(halves, 32)
    else:
        heap_lock()
        try:
            a_train.fill(halves, 32)
        finally:
            heap_unlock()
    assert a_train.pulses == 64
