"""Inputs, clocks, resets and service mode on a table of registers."""

from array import array

import pytest
from register_chip import CS, GPIO_IN, PIO0, SCRATCH, TXF0, WATCHDOG_CTRL

PWM = 0x40050000


@pytest.fixture
def hal(drivers):
    return drivers.build()


# --- inputs and clocks ----------------------------------------------------------------------------


def levels(drivers, hal, high=(), low=()):
    word = sum(1 << row[0] for row in drivers.pins.values() if row[4] == "up")
    for role in high:
        word |= 1 << drivers.gpio[role]
    for role in low:
        word &= ~(1 << drivers.gpio[role])
    drivers.chip.words[GPIO_IN] = word
    hal.levels.read()
    return hal.levels


def test_levels_at_rest_say_nothing_and_each_line_its_own(drivers, hal):
    rest = levels(drivers, hal)
    assert not (rest.pressed or rest.loop_open or rest.usb_power or rest.short)
    assert levels(drivers, hal, low=["BTN_STOP"]).pressed == 1 << drivers.gpio["BTN_STOP"]
    assert levels(drivers, hal, low=["INTERLOCK_N"]).loop_open and not hal.levels.short
    assert levels(drivers, hal, low=["SHORT_N"]).short and not hal.levels.loop_open
    assert levels(drivers, hal, high=["VBUS_SENSE"]).usb_power


def test_a_host_that_counts_frames_is_usb_power_though_its_wire_is_broken(drivers, hal):
    assert not levels(drivers, hal).usb_power
    drivers.chip.words[0x50110048] = 17
    hal.levels.look_for_host()
    assert levels(drivers, hal).usb_power
    hal.levels.look_for_host()
    assert not levels(drivers, hal).usb_power, "it has begun no frame since"


def test_time_goes_on_and_a_jump_counts_nothing_while_armed(drivers, hal):
    clock, chip = hal.clock, drivers.chip
    at_ms = clock.now_ms(False)
    chip.now_us += 10_000
    assert clock.now_ms(True) == at_ms + 10 and not clock.jumped
    chip.now_us += 3_600_000_000
    assert clock.now_ms(True) == at_ms + 10 and clock.jumped
    clock.jumped = False
    chip.now_us -= 60_000_000
    assert clock.now_ms(True) == at_ms + 10 and clock.jumped
    clock.jumped = False
    chip.now_us += 60_000_000
    assert clock.now_ms(False) == at_ms + 60_010 and not clock.jumped
    chip.now_us -= 60_000_000
    assert clock.now_ms(False) == at_ms + 60_010, "never back"


@pytest.mark.parametrize("ms", [501, 700, 1_040, 60_000, 1_800_000, 86_400_000, 120 * 3_600_000])
def test_at_rest_a_long_time_counts(drivers, hal, ms):
    """A self-test, a sector that is erased; and powered time that the twin passes in one step."""
    at_ms = hal.clock.now_ms(False)
    drivers.chip.now_us += 1_000 * ms
    assert hal.clock.now_ms(False) == at_ms + ms and not hal.clock.jumped


@pytest.mark.parametrize("round_ms", [1, 10, 249])
@pytest.mark.parametrize("bit", range(20, 64))
def test_at_rest_a_flipped_bit_of_the_timer_moves_no_time(drivers, hal, bit, round_ms):
    """2^20 us are a second. Set, and cleared, though it may not have been set: it runs below 0
    then, as 64 bits do.
    """
    clock, chip = hal.clock, drivers.chip
    for begun_us in (5_000_000, 123_456_789, 3_600_000_123, 86_400_000_777, 500_000_000_000):
        for by in (1, -1):
            chip.now_us = begun_us
            clock.now_ms(False)
            at_ms = clock.now_ms(False)
            chip.now_us = (begun_us + by * 2**bit) % 2**64 + 1_000 * round_ms
            assert clock.now_ms(False) == at_ms, (begun_us, by)


def test_the_core_has_a_clock_of_its_own(drivers, hal):
    """500 counts a ms; the counter has 16 bits."""
    chip = drivers.chip
    (counter,) = {PWM + 20 * k + 8 for k in range(8) if chip.words.get(PWM + 20 * k) == 1}
    began = hal.clock.core_ms()
    for count, ms in ((5_000, 10), (5_250, 10), (5_500, 11), (65_500, 131), (464, 132)):
        chip.words[counter] = count
        assert hal.clock.core_ms() - began == ms


# --- the chip -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "why, cause, told",
    [
        (0, 1, "power"),
        (0, 3, "watchdog"),
        (0, 2, "other"),
        (1, 3, "soft_reset"),
        (2, 3, "exception"),
        (9, 3, "watchdog"),
    ],
)
def test_why_it_was_reset(drivers, why, cause, told):
    drivers.chip.words[SCRATCH] = why << 24 | 0x0305
    drivers.chip.cause = cause
    assert drivers.hal_chip.reset_cause() == told


def test_a_restart_keeps_the_state_beside_its_reason(drivers):
    drivers.chip.words[SCRATCH] = 0x0305
    drivers.hal_chip.restart("exception")
    assert drivers.chip.words[SCRATCH] == 2 << 24 | 0x0305 and drivers.chip.resets == ["reset"]


@pytest.mark.parametrize("running, why, resets", [(1, 0, ["reset"]), (0, 0, []), (1, 1, [])])
def test_a_soft_reset_becomes_a_whole_one_once(drivers, running, why, resets):
    drivers.chip.words[WATCHDOG_CTRL], drivers.chip.words[SCRATCH] = running << 30, why << 24
    drivers.hal_chip.end_soft_reset()
    assert drivers.chip.resets == resets


def test_the_boot_loader_is_entered_with_everything_off(drivers):
    drivers.chip.words[PIO0] = 15
    drivers.hal_chip.bootloader()
    assert drivers.chip.resets == ["bootloader"] and drivers.chip.words[PIO0] == 0


def test_the_watchdog_waits_for_half_a_second(drivers):
    assert drivers.hal_chip.watchdog().timeout == 500


@pytest.mark.parametrize(
    "word, held, wanted",
    [
        (0, False, False),
        (0, True, True),
        (7, False, True),
        (0x0107, False, True),
        (3, False, False),
    ],
)
def test_service_mode_is_a_hand_on_select_or_the_word_of_before(drivers, word, held, wanted):
    drivers.chip.words[SCRATCH] = word
    if held:
        drivers.chip.words[GPIO_IN] &= ~(1 << drivers.gpio["BTN_SELECT"])
    assert drivers.hal_service.wanted(drivers.pins) == wanted
    assert drivers.hal_service.active() == (word & 0xFF == 7)


def test_service_mode_entered_stays(drivers):
    drivers.hal_service.mount = lambda: None
    drivers.hal_service.enter()
    assert drivers.hal_service.active()


def test_fjoin_there_and_back_empties_a_fifo(drivers):
    machine = drivers.regs.StateMachine(1)
    machine.configure(1, 0, 1 << 19, 0)
    machine.put(5)
    assert drivers.chip.fifo[PIO0 + TXF0 + 4] == [5]
    machine.clear_fifo()
    assert (
        not drivers.chip.fifo.get(PIO0 + TXF0 + 4)
        and drivers.chip.words[PIO0 + 0xC8 + 24 + 8] == 1 << 19
    )


def test_nothing_is_converted_while_a_pulse_is_under_way(drivers, hal):
    place = drivers.chip.place(0)
    held = array("i", [place, 0])
    for at, busy in ((5, False), (6, True), (17, True), (18, False), (25, False)):
        drivers.chip.words[place] = at
        drivers.chip.words[CS + 4] = 1_500
        assert hal.sensing.counts(2, held) == (-1 if busy else 1_500)
    assert not drivers.chip.masked
