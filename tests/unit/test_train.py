"""Trains: starts of pulses against the calculation by hand, block borders, bursts, sweeps,
ramps, and no allocation.
"""

from array import array

import pytest
from samples import document, program

from stimcore import limits, prescription, pulse, ramp, train

try:
    from micropython import heap_lock, heap_unlock
except ImportError:
    # CPython: the allocation test below says what it needs
    heap_lock = None


# A pulse: pulse word, rest word, settle word
HALVES = 6
SWEEP = {"preset": "pain-modulated", "phase_us": None, "rate_pps": None}


def device_program(**changes):
    return prescription.from_toml_dict(document(program(**changes)))["programs"][0]


def starts(words):
    """(start, phase, gap) of each pulse in clocks after the first, from words alone: an
    independent reading of the machine's timing.
    """
    out, now = [], 0
    for k in range(0, len(words), HALVES):
        phase, gap = words[k] + 2, words[k + 1] + 4
        rest, settle = words[k + 2] + (words[k + 3] << 16), words[k + 4] + (words[k + 5] << 16)
        # 2 ms, before every pulse
        assert settle == 250_000
        out.append((now, phase, gap))
        now += 2 * phase + gap + rest + settle + 11
    return out


def words_of(a_train, pulses, block=8):
    words, halves = array("H", []), array("H", [0] * (HALVES * block))
    for _ in range(pulses // block):
        a_train.fill(halves, block)
        words.extend(halves)
    return words


@pytest.mark.parametrize(
    "row", [(80, 12_500), (150, 6_667), (3, 333_333), (33, 30_303), (1, 1_000_000)]
)
def test_pulse_k_starts_at_k_periods(row):
    rate_pps, period_us = row
    got = starts(words_of(train.Train(device_program(rate_pps=rate_pps)), 40))
    assert [g[0] for g in got] == [k * period_us * 125 for k in range(40)]
    assert all(g[1:] == (100 * 125, 50 * 125) for g in got)


def test_the_offset_is_in_the_start_count_and_nowhere_else():
    base, moved = train.Train(device_program()), train.Train(device_program(offset_us=1_234))
    assert words_of(base, 16) == words_of(moved, 16)
    assert pulse.start_count(1_234) - pulse.start_count(0) == 1_234 * 125


PATTERNS = {
    "plain": {},
    "burst": {"preset": "pain-burst", "rate_pps": None},
    "sweep": SWEEP,
    "phase ramp": {"ramp": "phase", "ramp_up_s": 1},
    "phase ramp, on and off": {"ramp": "phase", "on_s": 4, "off_s": 2},
}


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_blocks_join_without_a_seam(name):
    one, many = (
        train.Train(device_program(**PATTERNS[name])),
        train.Train(device_program(**PATTERNS[name])),
    )
    assert words_of(one, 64, block=64) == words_of(many, 64, block=4)
    assert one.pulses == many.pulses == 64
    assert (one.phase_us, one.period_us) == (many.phase_us, many.period_us)


def test_burst_of_seven_at_100_pps_twice_a_second():
    got = starts(
        words_of(train.Train(device_program(preset="pain-burst", phase_us=150, rate_pps=None)), 24)
    )
    expected = [(k // 7) * 500_000 * 125 + (k % 7) * 10_000 * 125 for k in range(24)]
    assert [g[0] for g in got] == expected


def test_sweep_goes_from_one_end_to_the_other_and_back():
    got = starts(words_of(train.Train(device_program(**SWEEP)), 800))
    # 125 pps at the start
    assert got[0][1] == 100 * 125 and got[1][0] == 8_000 * 125
    gaps = [(b[0] - a[0]) for a, b in zip(got, got[1:])]
    # And near 2 pps at the far end
    assert max(gaps) > 300_000 * 125 * 95 // 100
    assert min(gaps) == 8_000 * 125
    # Rate is linear in time: at 3 s of 6 it is half-way, (125 + 2) / 2 = 63.5 pps
    k = [i for i, g in enumerate(got) if g[0] >= 3_000_000 * 125][0]
    # The pulse found lies up to one period (0.3 pps) later
    assert abs(gaps[k] / 125 - 1_000_000 / 63.5) < 100
    assert max(g[1] for g in got) <= 200 * 125 and max(g[1] for g in got) >= 195 * 125
    # One whole sweep, 12 s, comes back to where it began
    back = [g for g in zip(got, gaps) if 11_900_000 * 125 < g[0][0] < 12_100_000 * 125]
    assert back and max(gap for _, gap in back) < 8_200 * 125


@pytest.mark.parametrize("row", [(0, 0), (1_000, 500), (2_000, 1_000), (60_000, 1_000)])
def test_a_continuous_train_ramps_up_once(row):
    ms, permille = row
    assert ramp.Ramp({"ramp_up_ms": 2_000}).permille(ms) == permille


@pytest.mark.parametrize(
    "row",
    [
        (0, 0),
        (1_000, 500),
        (2_000, 1_000),
        (8_999, 1_000),
        (9_500, 500),
        (10_000, 0),
        (59_999, 0),
        (60_000, 0),
        (61_000, 500),
        (600_000 + 2_000, 1_000),
    ],
)
def test_on_and_off_with_both_ramps_inside_the_on_time(row):
    ms, permille = row
    strength = {"ramp_up_ms": 2_000, "ramp_down_ms": 1_000, "on_ms": 10_000, "off_ms": 50_000}
    assert ramp.Ramp(strength).permille(ms) == permille


def test_no_ramp_starts_whole():
    assert ramp.Ramp({}).permille(0) == 1_000


def test_a_phase_ramp_goes_from_20_us_to_the_whole_phase_and_stays():
    got = starts(
        words_of(
            train.Train(device_program(ramp="phase", phase_us=220, rate_pps=50, ramp_up_s=2)), 160
        )
    )
    # 20 ms apart, 2 s up: 10 per mille, 2 us, a pulse.
    assert [g[1] for g in got[:100]] == [(20 + 2 * k) * 125 for k in range(100)]
    assert {g[1] for g in got[100:]} == {220 * 125}


def test_a_phase_ramp_moves_no_pulse():
    steady, ramped = [
        starts(words_of(train.Train(device_program(ramp=ramp)), 240))
        for ramp in ("amplitude", "phase")
    ]
    assert (
        [g[0] for g in ramped] == [g[0] for g in steady] == [k * 12_500 * 125 for k in range(240)]
    )
    assert {g[2] for g in ramped} == {50 * 125}


def test_a_phase_ramp_with_on_and_off_rises_and_falls_in_every_on_time():
    program = device_program(
        ramp="phase", phase_us=120, rate_pps=10, ramp_up_s=1, ramp_down_s=2, on_s=5, off_s=3
    )
    phases = [g[1] // 125 for g in starts(words_of(train.Train(program), 240))]
    cycle = (
        [20 + 10 * k for k in range(10)] + [120] * 21 + [115 - 5 * k for k in range(19)] + [20] * 30
    )
    assert phases == cycle * 3


def test_a_ramp_of_no_duration_has_the_whole_phase_at_once():
    got = starts(words_of(train.Train(device_program(ramp="phase", ramp_up_s=0)), 16))
    assert {g[1] for g in got} == {100 * 125}


def test_an_amplitude_ramp_leaves_the_phase_alone():
    got = starts(words_of(train.Train(device_program(ramp="amplitude")), 16))
    assert {g[1] for g in got} == {100 * 125}


def fill_locked(a_train, pulses):
    """Fill blocks until `pulses` are written, on a locked heap where there is one (CPython has
    none to lock).
    """
    halves = array("H", [0] * (HALVES * 32))
    if heap_lock is not None:
        heap_lock()
    try:
        for _ in range(pulses // 32):
            a_train.fill(halves, 32)
    finally:
        if heap_lock is not None:
            heap_unlock()
    assert a_train.pulses == pulses // 32 * 32


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_filling_a_block_allocates_nothing(name):
    fill_locked(train.Train(device_program(**PATTERNS[name])), 640)


# Each walks beyond 20 minutes, where us since the start would have left 30 bits, with the widest
# numbers its pattern can have.
LATE = {
    "plain": ({"rate_pps": 1}, 1_300),
    "burst": ({"rate_pps": None, "burst": {"pulses": 2, "inner_pps": 1, "per_s": 0.2}}, 544),
    "sweep": (
        {
            "rate_pps": None,
            "phase_us": None,
            "sweep": {"rate_pps": [150, 1], "phase_us": [500, 20], "period_s": 60},
        },
        96_000,
    ),
    "sweep, upward": (
        {
            "rate_pps": None,
            "phase_us": None,
            "sweep": {"rate_pps": [1, 2], "phase_us": [20, 500], "period_s": 60},
        },
        1_920,
    ),
    "phase ramp": ({"ramp": "phase", "phase_us": 500, "rate_pps": 1, "ramp_up_s": 60}, 1_300),
    "phase ramp, on and off": (
        {
            "ramp": "phase",
            "phase_us": 500,
            "rate_pps": 1,
            "ramp_up_s": 60,
            "ramp_down_s": 60,
            "on_s": 600,
            "off_s": 600,
        },
        1_300,
    ),
}


@pytest.mark.parametrize("name", sorted(LATE))
def test_nothing_is_allocated_beyond_20_minutes(name):
    changes, pulses = LATE[name]
    a_train = train.Train(device_program(**changes))
    fill_locked(a_train, pulses)
    # Where nothing changes from pulse to pulse the train keeps no time
    assert name == "plain" or a_train._ms > 20 * 60_000


@pytest.mark.parametrize("per_s", [0.125, 0.13, 1])
def test_the_longest_pauses_between_bursts_allocate_nothing(per_s):
    """8 s are just below 2^30 clocks: a longer pause would be no small integer on the device."""
    a_train = train.Train(
        device_program(rate_pps=None, burst={"pulses": 2, "inner_pps": 150, "per_s": per_s})
    )
    fill_locked(a_train, 64)


@pytest.mark.parametrize("per_s", [0.125, 0.13, 0.2, 1])
def test_the_longest_pauses_between_bursts_are_exact(per_s):
    got = starts(
        words_of(
            train.Train(
                device_program(rate_pps=None, burst={"pulses": 2, "inner_pps": 100, "per_s": per_s})
            ),
            16,
        )
    )
    period_us = int(1_000_000 / per_s + 0.5)
    assert [g[0] for g in got] == [
        ((k // 2) * period_us + (k % 2) * 10_000) * 125 for k in range(16)
    ]


def test_the_longest_legal_period_is_a_small_integer_in_clocks():
    slowest = min(limits.RANGES["burst_per_s_mpps"][0], limits.RANGES["rate_mpps"][0])
    assert pulse.period_us(slowest) * 125 < 2**30
