"""The rehearsal on a table of registers: hardware that does not do what it is told is never told
as in time, and nothing shown stays.
"""

import pytest
from register_chip import GPIO_CTRL, GPIO_IN, NULL, PIO0, PIO1

PADS, PULL_UP, PULL_DOWN = 0x4001C004, 8, 4
LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")
SIO = 5


@pytest.fixture
def hal(drivers):
    return drivers.build()


def left_as_found(drivers):
    """Nothing shown, nothing runs."""
    chip = drivers.chip
    shown = [chip.function(drivers.gpio[role]) for role in (*LEGS, "INTERLOCK_N")]
    return shown == [NULL] * 5 and chip.words.get(PIO0, 0) == chip.words.get(PIO1, 0) == 0


def test_a_pin_that_is_high_is_counted(drivers, hal):
    assert hal.rehearsal.high_outputs() == 0
    drivers.chip.words[GPIO_IN] |= 1 << drivers.gpio["CH2_B"] | 1 << drivers.gpio["HV_EN"]
    assert hal.rehearsal.high_outputs() == 2


@pytest.mark.parametrize("missing", [(), ("CH1_B",), ("HV_EN", "INTERLOCK_N")])
def test_a_resistor_that_is_missing_lets_the_chips_own_pull_win(drivers, hal, missing):
    roles = (*LEGS, "HV_EN", "INTERLOCK_N")
    before = {
        role: drivers.chip.words.setdefault(PADS + 4 * drivers.gpio[role], 0x56) for role in roles
    }

    def level(chip):
        word = 0
        for role in roles:
            gpio = drivers.gpio[role]
            pulls_up = chip.words[PADS + 4 * gpio] & PULL_UP > 0
            high = pulls_up if role in missing else role == "INTERLOCK_N"
            word |= high << gpio
        return word

    drivers.chip.level = level
    assert hal.rehearsal.missing_pulls() == len(missing)
    assert {role: drivers.chip.words[PADS + 4 * drivers.gpio[role]] for role in roles} == before


def test_hardware_that_does_nothing_is_never_in_time(drivers, hal):
    assert hal.rehearsal.guard_us() == -1 and left_as_found(drivers)
    assert hal.rehearsal.deadman_us(3) == -1 and left_as_found(drivers)
    for index in range(4):
        assert hal.rehearsal.monitor_us(index, [1, 2, 3, 4]) == -1 and left_as_found(drivers)


def test_a_guard_that_had_cut_before_and_a_line_that_was_low_before_are_told(drivers, hal):
    hal.guard.tripped = lambda: True
    assert hal.rehearsal.guard_us() == -2 and left_as_found(drivers)
    drivers.chip.words[GPIO_IN] &= ~(1 << drivers.gpio["INTERLOCK_N"])
    assert hal.rehearsal.monitor_us(0, [1, 2, 3, 4]) == -2 and left_as_found(drivers)


@pytest.mark.parametrize("pulled", LEGS)
def test_only_the_leg_that_was_shown_may_pull(drivers, hal, pulled):
    line, leg = drivers.gpio["INTERLOCK_N"], drivers.gpio["CH1_B"]
    drivers.chip.level = lambda chip: (chip.function(leg) >> 16 & 3 != 3) << line
    hal.monitors.tripped = lambda: pulled
    us = hal.rehearsal.monitor_us(1, [1, 2, 3, 4])
    assert us >= 0 if pulled == "CH1_B" else us == -1


@pytest.mark.parametrize("high", [*LEGS, "HV_EN"])
def test_no_leg_is_moved_while_an_output_is_high(drivers, hal, high):
    """HZ2: with HV_EN up a leg that is moved is a pulse."""
    drivers.chip.level = lambda chip: 1 << drivers.gpio[high]
    drivers.chip.writes.clear()
    assert hal.rehearsal.legs_follow() == -1 and drivers.chip.writes == []


@pytest.mark.parametrize("broken", ["", *LEGS])
def test_a_leg_that_does_not_follow_is_counted(drivers, hal, broken):
    chip = drivers.chip

    def level(chip):
        word, on = 0, {}
        for address, value in chip.writes:
            if address in (0xD0000014, 0xD0000018):
                on.update(
                    dict.fromkeys(
                        [gpio for gpio in range(30) if value >> gpio & 1], address == 0xD0000014
                    )
                )
        for role in LEGS:
            gpio = drivers.gpio[role]
            word |= (on.get(gpio, False) and chip.function(gpio) == SIO and role != broken) << gpio
        return word

    chip.level = level
    assert hal.rehearsal.legs_follow() == bool(broken)
    assert [chip.function(drivers.gpio[role]) for role in LEGS] == [NULL] * 4


@pytest.mark.parametrize("wrong", [0, 0x40050000])
def test_registers_are_asked_in_every_round_that_it_takes(drivers, hal, wrong):
    # Four as at an arming, four later
    told = iter([0] * 7 + [wrong])
    hal.watch.wrong = lambda: next(told)
    assert hal.rehearsal.registers() == wrong and left_as_found(drivers)


def test_pins_stay_cut_off_in_every_rehearsal(drivers, hal):
    """No leg is ever PIO's while a guard or a monitor is rehearsed."""
    drivers.chip.writes.clear()
    hal.rehearsal.guard_us()
    hal.rehearsal.deadman_us(2)
    hal.rehearsal.registers()
    legs = {GPIO_CTRL + 8 * drivers.gpio[role] for role in (*LEGS, "HV_EN")}
    assert all(value & 31 == NULL for address, value in drivers.chip.writes if address in legs)
