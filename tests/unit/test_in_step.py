"""Whether two channels keep their distance: every program that a device takes, at every moment, and
a pulse machine that has lost its place.
"""

import pytest
from samples import program
from stimcore import monitor

# Interrupts off for 10 us, and one handler after another
_JITTER_US = 20
PROGRAMS = {
    "together": {"rate_mpps": 100_000},
    "at the highest rate": {"rate_mpps": 150_000, "offset_us": 3_001},
    "a pulse apart": {"rate_mpps": 50_000, "offset_us": 150},
    "at the end of a period": {"rate_mpps": 100_000, "offset_us": 9_999},
    "rare": {"rate_mpps": 1_000, "offset_us": 500_000},
    "bursts": {
        "rate_mpps": 100_000,
        "burst": {"pulses": 7, "inner_mpps": 100_000, "per_s_mpps": 2_000},
    },
    "bursts at the end of a period": {
        "rate_mpps": 100_000,
        "offset_us": 9_999,
        "burst": {"pulses": 7, "inner_mpps": 100_000, "per_s_mpps": 2_000},
    },
    "sweep": {
        "rate_mpps": 125_000,
        "sweep": {"rate_mpps": [125_000, 2_000], "phase_us": [100, 200], "period_ms": 6_000},
        "offset_us": 777,
    },
}


def begins_us(values):
    """Where pulses begin, worked out from the words of the prescription alone."""
    burst, sweep = values.get("burst"), values.get("sweep")
    at, found = 0, []
    for i in range(30):
        found.append(at)
        if sweep:
            # faster and slower by turns, between the ends of the sweep
            at += (8_000, 500_000, 10_000, 100_000)[i % 4]
        elif burst and i % burst["pulses"] == burst["pulses"] - 1:
            at += 500_000 - (burst["pulses"] - 1) * 10_000
        else:
            at += (1_000_000_000 + values["rate_mpps"] // 2) // values["rate_mpps"]
    return found


def seen(values, shifted_us=0):
    """How much later channel 2 is, after each sample; from the tenth pulse on it is shifted."""
    one = program(channels=[1, 2], **values)
    first, second, _ = monitor.plan(one)
    offset = one.get("offset_us", 0)
    begins = begins_us(one)
    samples = []
    for i, at in enumerate(begins):
        late = _JITTER_US if i % 3 else 0
        samples.append((at + first, 0, late))
        moved = shifted_us if i >= 10 else 0
        samples.append((at + offset + second + moved, 1, _JITTER_US - late))
    newest, found, judged = [None, None], [], 0
    for at, channel, late in sorted(samples):
        # one after another, in the order in which they come
        judged = max(judged, at + late)
        newest[channel] = judged
        if None not in newest and at < begins[-3]:
            found.append(newest[1] - newest[0])
    return found, monitor.steps_us(one, first, second)


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_what_is_prescribed_is_in_step_at_every_moment(name):
    """HZ1: no false trip, whenever the round looks."""
    found, steps = seen(PROGRAMS[name])
    assert len(found) > 40
    assert [later for later in found if not monitor.in_step(later, steps)] == []


@pytest.mark.parametrize("shift_us", [-2_100, -150, 150, 2_100])
@pytest.mark.parametrize("name", list(PROGRAMS))
def test_a_channel_that_is_shifted_is_found(name, shift_us):
    """HZ1: a pulse that comes 2 ms early once, case 1894 of seed 2."""
    found, steps = seen(PROGRAMS[name], shift_us)
    assert [later for later in found if not monitor.in_step(later, steps)]


def test_a_channel_that_stands_is_found():
    """HZ1: the other goes on."""
    steps = monitor.steps_us(program(channels=[1, 2], rate_mpps=50_000), 7, 11)
    assert [k for k in range(-4, 5) if monitor.in_step(4 + 20_000 * k, steps)] == [-1, 0]


def test_one_channel_has_no_step():
    assert monitor.steps_us(program(channels=[1]), 7, 7) == ()


SWEEP = {"rate_mpps": [125_000, 2_000], "phase_us": [100, 200], "period_ms": 6_000}
BURST = {"pulses": 3, "inner_mpps": 100_000, "per_s_mpps": 2_000}


@pytest.mark.parametrize(
    "row",
    [
        ({"rate_mpps": 50_000}, (7, 11), [4, 4 - 20_000]),
        ({"rate_mpps": 50_000, "offset_us": 3_000}, (7, 11), [3_004, 3_004 - 20_000]),
        ({"rate_mpps": 50_000, "offset_us": 3_000}, (11, 7), [2_996, 2_996 - 20_000]),
        # 50 us before channel 1 has its next pulse, and a us earlier
        ({"rate_mpps": 100_000, "offset_us": 9_946}, (7, 11), [9_950, -50, -10_050]),
        ({"rate_mpps": 100_000, "offset_us": 9_945}, (7, 11), [9_949, -51]),
        (
            {"rate_mpps": 100_000, "burst": BURST, "offset_us": 9_999},
            (7, 11),
            [10_003 - ahead for ahead in (0, 10_000, 480_000, 20_000, 490_000, 490_000, 960_000)],
        ),
    ],
)
def test_the_steps_of_a_program(row):
    """By hand: the offset and the delays of the samples, and so much less as channel 1 is ahead;
    each 50 us to either side.
    """
    values, (first_us, second_us), steps = row
    one = program(channels=[1, 2], **values)
    wanted = [(step - 50, step + 50) for step in steps]
    assert list(monitor.steps_us(one, first_us, second_us)) == wanted


def test_the_steps_of_a_sweep():
    """8 ms to 500 ms from pulse to pulse."""
    one = program(channels=[1, 2], rate_mpps=125_000, sweep=SWEEP, offset_us=7_999)
    assert list(monitor.steps_us(one, 7, 11)) == [
        (8_003 - 50, 8_003 + 50),
        (8_003 - 500_000 - 50, 8_003 - 8_000 + 50),
        (8_003 - 1_000_000 - 50, 8_003 - 16_000 + 50),
    ]


def test_both_ends_of_a_step_are_in_it():
    steps = ((-20, -10), (10, 20))
    found = [us for us in range(-25, 26) if monitor.in_step(us, steps)]
    assert found == list(range(-20, -9)) + list(range(10, 21))
