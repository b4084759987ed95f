"""What guard, dead-man and width monitors are told, by the fields of the RP2040's datasheet
(3.7).
"""

import pytest
from machine_fields import (
    GUARDED,
    IRQ,
    MOV_Y_OSR,
    PLAIN,
    PULL_BLOCK,
    SET_PINDIRS_IN,
    SET_PINDIRS_OUT,
    SET_PINS_LOW,
    executed,
    in_memory,
    machine,
)
from register_chip import GPIO_CTRL, PIO0, PIO1, SM0, TXF0, Drivers


# --- guard and dead-man ---------------------------------------------------------------------------


def test_guard_and_dead_man_reach_all_five_pins_and_read_the_loop(drivers, hal):
    """HZ2: 1 ms a turn of four instructions is 31250 clocks each; the guard runs at the core's
    clock.
    """
    hal.guard.arm()
    both = PLAIN | {
        "side optional": 0,
        "jmp pin": 0,
        "wrap": (6, 24),
        "set": (drivers.gpio["CH1_A"], 5),
        "side": (0, 0),
        "in": drivers.gpio["INTERLOCK_N"],
    }
    assert machine(drivers.chip, 2) == both | {"divider": 31_250} and machine(
        drivers.chip, 3
    ) == both | {"divider": 1}
    assert executed(drivers.chip, 3) == [SET_PINS_LOW, SET_PINDIRS_IN, 25] and executed(
        drivers.chip, 2
    ) == [0]
    assert drivers.chip.wrote(IRQ) == [1], "a cut of before is no cut"
    assert drivers.chip.fifo[PIO0 + TXF0 + 8] == [60], "SAFETY.md: 60 ms"


def test_pins_are_given_to_the_guard_low_and_the_guard_runs_last(drivers, hal):
    # What the engine has set up stays
    drivers.chip.words[PIO0] = 3
    hal.guard.arm()
    written = [address for address, _ in drivers.chip.writes]
    pins = [written.index(GPIO_CTRL + 8 * drivers.gpio[role]) for role in GUARDED]
    assert max(k for k, address in enumerate(written) if address == PIO0 + SM0 + 72 + 16) < min(
        pins
    ) and max(pins) < written.index(PIO0)
    assert drivers.chip.wrote(PIO0) == [15] and written[-1] == PIO0


def test_an_arming_forgets_when_it_was_cut_before(drivers, hal):
    hal.guard.arm()
    (_, cut_now) = next(row for row in drivers.chip.irqs if row[0] == "pio 0")
    drivers.chip.words[0x40054028] = 1_000
    cut_now(None)
    hal.guard.arm()
    assert hal.guard.trip_us[0] == 0


def test_a_rehearsal_runs_both_and_gives_no_pin_away(drivers, hal):
    hal.guard.rehearse(7)
    assert drivers.chip.words[PIO0] == 12 and drivers.chip.fifo[PIO0 + TXF0 + 8] == [7]
    assert not [
        address for address, _ in drivers.chip.writes if GPIO_CTRL <= address < GPIO_CTRL + 240
    ]


def test_the_line_of_the_loop_has_the_chips_own_pull_up(drivers, hal):
    """HZ12: a broken wire reads as open only where something pulls it; the board does, the chip
    too.
    """
    _, mode, pull = drivers.chip.pins_made[drivers.gpio["INTERLOCK_N"]]
    assert (mode, pull) == (0, 3)


# --- width monitors -------------------------------------------------------------------------------


@pytest.mark.parametrize("both_phases, wrap", [(True, 16), (False, 9)])
def test_a_monitor_reads_its_leg_asks_for_the_other_and_pulls_the_line(
    drivers, hal, both_phases, wrap
):
    """HZ2, HZ3: 25 clocks an instruction; leg A's asks whether it still is high, leg B's whether
    leg A is.
    """
    drivers.chip.words[PIO1] = 15
    hal.monitors.arm([11, 12, 13, 14], both_phases)
    chip, line = drivers.chip, drivers.gpio["INTERLOCK_N"]
    assert chip.writes[0] == (PIO1, 0)
    for number, leg in enumerate(GUARDED[:4]):
        asks = drivers.gpio[leg] - number % 2
        assert machine(chip, number, PIO1) == PLAIN | {
            "divider": 25,
            "side optional": 0,
            "jmp pin": asks,
            "wrap": (0, wrap),
            "set": (line, 1),
            "side": (0, 0),
            "in": drivers.gpio[leg],
        }
        assert executed(chip, number, PIO1) == [
            SET_PINS_LOW,
            SET_PINDIRS_IN,
            PULL_BLOCK,
            MOV_Y_OSR,
            (0, 17)[number % 2],
        ]
        assert chip.wrote(PIO1 + TXF0 + 4 * number) == [11 + number]
    assert in_memory(chip, PIO1) == list(drivers.hal_pio_programs.block1[0])
    assert chip.wrote(PIO1) == [0, 0xFF0, 15] and chip.writes[-1] == (GPIO_CTRL + 8 * line, 7)


def test_a_monitor_that_pulls_interrupts_before_all_others_but_the_trip():
    """HZ2: flag 0 of PIO 1, whose second interrupt, number 10, is nobody else's."""
    drivers = Drivers()
    chip = drivers.chip
    chip.words[0xE000E408] = 0x80C08080 - (1 << 32)
    drivers.build()
    assert chip.words[PIO1 + 0x138] == 1 << 8
    assert chip.words[0xE000E100] == 1 << 10
    assert chip.words[0x20000000 + 4 * (16 + 10)] & 1
    assert chip.words[0xE000E408] == 0x80008080


def test_legs_of_a_channel_that_is_not_there_are_watched_as_well():
    """HZ2: of a board with one channel, by the words of the first."""
    drivers = Drivers("zero1")
    drivers.build().monitors.arm([11, 12], True)
    assert [drivers.chip.wrote(PIO1 + TXF0 + 4 * number) for number in range(4)] == [
        [11],
        [12],
        [11],
        [12],
    ]


def test_a_line_that_a_monitor_has_pulled_before_is_not_let_go_as_good(drivers, hal):
    """HZ2: a leg that is high already."""
    hal.monitors.arm([1, 2, 3, 4], True)
    line, pulled = drivers.gpio["INTERLOCK_N"], PIO1 + SM0 + 16
    drivers.chip.level = lambda chip: (chip.words.get(pulled) != SET_PINDIRS_OUT) << line
    drivers.chip.words[drivers.chip.place(2, PIO1)] = 30
    assert not hal.monitors.line_pulls()
