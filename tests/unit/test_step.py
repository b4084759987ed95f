"""Whether two channels that have lost their distance are found when both have had a pulse, and off
within two rounds.
"""

import pytest

from app.step import Step
from supervised import ROUND_MS, Rig


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
