"""Whether two channels keep their distance: every program that a device takes, at every moment, and
a pulse machine that has lost its place.
"""

import pytest
from samples import program
from stimcore import monitor

# isort: split
from app.step import Step
from test_supervisor import ROUND_MS, Rig

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


class Sensing:
    """What the samples of both channels are."""

    def __init__(self):
        self.is_now = [0, 0, 0]

    def step(self, into):
        into[0], into[1], into[2] = self.is_now


STEPS = ((-10, 10),)


@pytest.mark.parametrize(
    "row",
    [
        ((0, 0, 0), False),
        ((500, 1, 0), False),
        ((500, 0, 1), False),
        ((500, 1, 1), True),
        ((-11, 1, 1), True),
        ((10, 1, 1), False),
    ],
)
def test_both_have_had_a_pulse_before_they_are_compared(row):
    sensing = Sensing()
    step = Step(sensing, [0])
    assert not step.lost()
    step.begin(STEPS)
    sensing.is_now, lost = row
    assert step.lost() is lost


def test_what_waited_for_a_write_to_flash_is_late_and_the_next_pulse_is_not():
    """HZ1: a page is written in 3 ms, which is more than many offsets."""
    sensing, writes = Sensing(), [5]
    step = Step(sensing, writes)
    step.begin(STEPS)
    sensing.is_now = [0, 7, 7]
    assert not step.lost()
    writes[0] += 1
    for later, first, second in ((3_000, 8, 7), (2_000, 9, 7), (-3_000, 9, 7)):
        sensing.is_now = [later, first, second]
        assert not step.lost()
    sensing.is_now = [0, 9, 8]
    assert not step.lost()
    sensing.is_now = [3_000, 9, 8]
    assert step.lost()


def test_a_new_train_begins_without_what_the_last_one_knew():
    sensing, writes = Sensing(), [5]
    step = Step(sensing, writes)
    step.begin(STEPS)
    sensing.is_now = [3_000, 7, 7]
    assert step.lost()
    writes[0] += 1
    assert not step.lost()
    step.begin(STEPS)
    sensing.is_now = [3_000, 1, 1]
    assert step.lost()


def test_channels_that_lose_their_step_are_off_within_two_rounds():
    """HZ1: and the record says what it was."""
    rig = Rig().running()
    # 80 pps: 12.5 ms are a period
    for later, off in ((4, False), (4 - 12_500, False), (2_000, True)):
        rig.step = [later, 9, 9]
        rig.run(2 * ROUND_MS)
        assert (rig.device.session.latch.reason == "registers") is off
    (told,) = list(rig.device.journal.since("reason"))
    assert told["register"] == -9 and "ch" not in told


@pytest.mark.parametrize("dry", [False, True])
def test_what_else_was_found_stays_the_reason(dry):
    rig = Rig().running()
    rig.dry = dry
    rig.hal.levels.short = not dry
    rig.run(ROUND_MS)
    rig.step = [2_000, 9, 9]
    rig.run(2 * ROUND_MS)
    assert rig.device.session.latch.reason == ("engine_dry" if dry else "short")
