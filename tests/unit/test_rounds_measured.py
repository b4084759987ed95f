"""The supervisor's rounds: supply and temperature, what waits for a gap between the pulses, and
both ends of each window.
"""

import pytest
from supervised import ROUND_MS, Rig, counted


@pytest.mark.parametrize("running", [False, True])
def test_supply_temperature_and_a_usb_host_are_looked_for_every_70_ms(running):
    """HZ7, HZ10: off within 100 ms of a supply that leaves its window."""
    rig = Rig()
    if running:
        rig.running()
    asked = [
        counted(rig, rig.hal.levels, "look_for_host"),
        counted(rig, rig.hal.sensing, "supply_mv"),
        counted(rig, rig.hal.sensing, "temperature_c"),
    ]
    rig.run(700)
    for times in asked:
        assert (
            9 <= len(times) <= 12
            and max([later - earlier for earlier, later in zip(times, times[1:])]) <= 80
        )


@pytest.mark.parametrize("busy", [1, 39, 40])
def test_a_reading_waits_for_a_gap_between_the_pulses(busy):
    """HZ10: up to 40 times 100 us in one round, in the next again."""
    rig = Rig().running()
    slept, left = [], [busy]

    def supply_mv(places):
        left[0] -= 1
        return -1 if left[0] >= 0 else 3_000

    rig.hal.sensing.supply_mv = supply_mv
    rig.hal.clock.sleep_us = slept.append
    # Asked every 70 ms
    for _ in range(10):
        if not slept:
            rig.run(ROUND_MS)
    assert set(slept) == {100} and len(slept) == busy
    assert (rig.device.session.latch.reason == "supply") == (busy < 40)
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "supply"


def in_pulse_for_ever(rig, value):
    """Nobody who waits for a gap gets one from now on: the supply, or the temperature alone."""
    if value == "supply":
        rig.supply_mv = -1
    rig.celsius = None


@pytest.mark.parametrize("value", ["supply", "temperature"])
def test_what_is_in_a_pulse_for_longer_than_a_pulse_is_a_fault(value):
    """HZ2: a machine that has left its program seems to be in one; 40 times 100 us are more than
    two channels of 500, 500 and 500 us take. Case 603 of seed 3.
    """
    rig = Rig().running()
    slept = []
    rig.hal.clock.sleep_us = slept.append
    in_pulse_for_ever(rig, value)
    while len(slept) < 40:
        rig.run(ROUND_MS)
    assert rig.device.session.state == "RUNNING", "an engine that ran dry is told as that"
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "registers" and len(slept) == 80
    (told,) = list(rig.device.journal.since("reason"))
    assert told["register"] == -8
    rig.run(200)
    assert rig.device.session.latch.reason == "registers"


def test_an_engine_that_ran_dry_stays_the_reason_though_it_stands_in_a_pulse():
    rig = Rig().running()
    in_pulse_for_ever(rig, "supply")
    rig.dry = 1
    rig.run(200)
    assert rig.device.session.latch.reason == "engine_dry"


def test_a_round_without_a_gap_now_and_then_is_no_fault():
    """HZ2: never two in a row."""
    rig = Rig().running()
    for _ in range(20):
        rig.celsius = None
        rounds, asked = 0, []
        rig.hal.clock.sleep_us = asked.append
        while not asked and rounds < 10:
            rig.run(ROUND_MS)
            rounds += 1
        assert len(asked) == 40
        rig.celsius = 27
        rig.run(ROUND_MS)
    assert rig.device.session.state == "RUNNING"


def unready(rig):
    """The converter ends no conversion from now on. What it is asked: a list that grows."""
    asked = []

    def supply_mv(places):
        asked.append(rig.now_ms)
        rig.hal.sensing.unended += 1
        return -2

    rig.hal.sensing.supply_mv, rig.celsius = supply_mv, None
    return asked


def test_a_converter_that_ends_no_conversion_is_a_fault_and_is_asked_once_a_round():
    """HZ4: unlike a pulse under way, which is waited for."""
    rig = Rig().running()
    slept = []
    rig.hal.clock.sleep_us = slept.append
    asked = unready(rig)
    rig.run(100)
    assert rig.device.session.state == "FAULT" and not slept
    assert rig.device.session.latch.reason == "no_measurement"
    assert asked == sorted(set(asked))


def test_a_converter_that_failed_once_is_a_fault_and_what_was_found_before_it_stays_the_reason():
    rig = Rig().running()
    rig.wrong = 0x50000000
    unready(rig)
    rig.run(100)
    assert rig.device.session.latch.reason == "registers"


def test_nothing_is_armed_while_the_converter_ends_no_conversion_and_after_that_again():
    """HZ4: the reason is shown, no fault is latched: nothing was on."""
    rig = Rig()
    rig.run(100)
    asks = rig.hal.sensing.supply_mv
    unready(rig)
    rig.run(100)
    rig.press("START", 1_200)
    assert rig.device.session.state == "READY" and rig.device.session.hint == "no_measurement"
    rig.hal.sensing.supply_mv, rig.celsius = asks, 27
    rig.run(100)
    rig.press("START", 1_200)
    assert rig.device.session.armed


def test_a_temperature_that_was_not_read_is_tried_again_though_the_supply_was():
    """HZ4: in the next round, not 70 ms later."""
    rig = Rig().running()
    slept = []
    rig.hal.clock.sleep_us = slept.append
    rig.celsius = None
    while not slept:
        rig.run(ROUND_MS)
    assert rig.device.session.state == "RUNNING"
    rig.celsius = 71
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "temperature"


@pytest.mark.parametrize(
    "row",
    [
        (4_300, 27, ""),
        (4_299, 27, "supply"),
        (5_600, 27, ""),
        (5_601, 27, "supply"),
        (5_000, 0, ""),
        (5_000, -1, "temperature"),
        (5_000, 70, ""),
        (5_000, 71, "temperature"),
        (None, 27, ""),
    ],
)
def test_each_window_has_two_ends(row):
    """HZ10, HZ4: of the sample board, and of the chip."""
    rig = Rig().running()
    rig.supply_mv, rig.celsius, reason = row
    rig.run(200)
    assert rig.device.session.latch.reason == (reason or "none")
