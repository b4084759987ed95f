"""The worst moments: that the measure sees what it is about. The figures themselves are kept."""

import pytest

from evenpulse.connect import bring_up
from evenpulse.emulator import loop
from evenpulse.silicon import cold

ROUND_MS, STANDS_MS = 10, 100


@pytest.fixture(scope="module")
def flash():
    """Of a device that the rows' prescription was accepted by."""
    return cold.prescribed_flash()


def test_the_longest_wait_of_the_watchdog_is_the_longest_that_the_cpu_stood():
    twin = bring_up.switch_on(bring_up.new())
    feeds = cold.Feeds().watch(twin)
    twin.run_ms(500)
    assert ROUND_MS <= feeds.longest_ms < STANDS_MS
    twin.chip.hold_core("test")
    twin.at(twin.now + STANDS_MS * 125_000, lambda: twin.chip.let_core_go("test"))
    twin.run_ms(200)
    assert STANDS_MS <= feeds.longest_ms <= STANDS_MS + 2 * ROUND_MS


def test_a_wrong_sample_is_cut_within_its_limit_on_each_time(flash):
    """What is wrong with it is one of three kinds; the same on all times. What judges it lies in
    RAM: an empty cache takes little from it, and what the CPU was at as much.
    """
    took = {}
    for time in ("0", "", "worst"):
        with loop.on(time):
            twin = cold.running(flash)
            cold.WRONG[1](twin, 0)
            took[time] = cold.sample_to_low(twin) / 125
    # the converter itself takes 2 us
    assert all(2 < us <= cold.CUT_US for us in took.values()), took


def test_a_device_that_does_not_cut_is_told(flash):
    twin = cold.running(flash)
    assert cold.sample_to_low(twin) is None
