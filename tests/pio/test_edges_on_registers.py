"""Inputs, clocks and resets at their edges: what a line is held by, what a clock does at its
limit, what is waited for.
"""

import sys
import types

import pytest
from hang import within_cpu_s
from register_chip import GPIO_IN, PIO0, SCRATCH, Drivers

PWM, RESET_DONE, BOTH_PIO = 0x40050000, 0x4000C008, 0xC00
IN, PULL_UP, PULL_DOWN = 0, 3, 4
BUTTONS = ("BTN_START", "BTN_STOP", "BTN_UP", "BTN_DOWN", "BTN_SELECT")


# --- off ------------------------------------------------------------------------------------------


def test_off_waits_until_both_blocks_have_come_back(drivers):
    """HZ2: a register written before a block is out of reset is lost. A PIO block comes back
    after the other.
    """
    told = [0, 0x400, 0x800, BOTH_PIO]
    drivers.chip.reading = {RESET_DONE: lambda chip: told.pop(0)}
    drivers.hal_safe.off()
    assert told == []


def test_a_block_that_stays_in_reset_keeps_nobody(drivers):
    """HZ2: the pins are cut long before; the next boot's self-test tells of it."""
    drivers.chip.reading = {RESET_DONE: lambda chip: 0x400}
    with within_cpu_s(5):
        drivers.hal_safe.off()
    assert drivers.chip.wrote(PWM + 0xA0) == [0]


def test_off_stops_machines_before_it_takes_them_into_reset(drivers):
    """HZ2: pins, then machines, then what feeds them, then the amplitude, last the latches."""
    drivers.hal_safe.off()
    assert [address for address, _ in drivers.chip.writes[30:]] == [
        PIO0,
        0x50300000,
        0x50000444,
        0x400500A0,
        0x4000E000,
        0x4000F000,
    ]
    assert drivers.chip.wrote(0x50000444) == [0xFFF]


def test_importing_it_switches_off():
    """HZ2: at every boot, before anything else."""
    assert Drivers().chip.words[0x4000F000] == BOTH_PIO


# --- inputs ---------------------------------------------------------------------------------------


def test_each_input_is_held_where_a_broken_wire_is_no_command(drivers, hal):
    """HZ7, HZ12: buttons and SHORT_N up, VBUS down."""
    held = {
        role: drivers.chip.pins_made[drivers.gpio[role]][1:]
        for role in (*BUTTONS, "SHORT_N", "VBUS_SENSE")
    }
    assert held == dict.fromkeys((*BUTTONS, "SHORT_N"), (IN, PULL_UP)) | {
        "VBUS_SENSE": (IN, PULL_DOWN)
    }


def test_each_button_has_its_bit_in_the_order_of_the_panel(drivers, hal):
    assert hal.levels.bits == [1 << drivers.gpio[role] for role in BUTTONS]
    for role in BUTTONS:
        drivers.chip.level = lambda chip, role=role: 0xFFFFFFFF & ~(1 << drivers.gpio[role])
        hal.levels.read()
        assert (
            hal.levels.pressed == 1 << drivers.gpio[role]
            and not hal.levels.short
            and not hal.levels.loop_open
        )


def test_a_line_without_a_resistor_of_the_board_is_held_by_the_chip():
    """HZ12."""
    pins = dict(Drivers().pins)
    gpio, *rest, _ = pins["INTERLOCK_N"]
    drivers = Drivers(PINS=pins | {"INTERLOCK_N": (gpio, *rest, "none")})
    drivers.chip.pins_made.clear()
    drivers.hal_levels.Levels(drivers.pins, [role[4:] for role in BUTTONS])
    assert drivers.chip.pins_made[gpio][1:] == (IN, PULL_UP)


def test_a_board_without_short_n_never_has_a_short():
    pins = dict(Drivers().pins)
    del pins["SHORT_N"]
    drivers = Drivers(PINS=pins)
    levels = drivers.hal_levels.Levels(pins, [role[4:] for role in BUTTONS])
    drivers.chip.level = lambda chip: 0
    levels.read()
    assert not levels.short and levels.loop_open


def test_a_frame_that_was_there_before_is_no_host(drivers):
    """HZ7: the counter stands where a computer left it. Power of the wire counts beside."""
    drivers.chip.words[0x50110048] = 1_234
    hal = drivers.build()
    hal.levels.look_for_host()
    hal.levels.read()
    assert not hal.levels.usb_power
    drivers.chip.words[0x50110048] = 1_235
    hal.levels.look_for_host()
    drivers.chip.words[GPIO_IN] |= 1 << drivers.gpio["VBUS_SENSE"]
    for host in (True, False):
        hal.levels.read()
        assert hal.levels.usb_power is True
        hal.levels.look_for_host()
        assert hal.levels._host is False, host


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("armed", [True, False])
@pytest.mark.parametrize(
    "ms, counts", [(0, True), (499, True), (500, True), (501, False), (-1, False)]
)
def test_a_round_of_half_a_second_is_the_longest(drivers, hal, armed, ms, counts):
    """HZ6: the watchdog would have ended a longer one. Disarmed time goes on, but never back."""
    clock = hal.clock
    drivers.chip.now_us = 10_000_000
    clock.now_ms(False)
    at_ms = clock.now_ms(False)
    clock.jumped = False
    drivers.chip.now_us += 1_000 * ms
    went_ms = clock.now_ms(armed) - at_ms
    assert went_ms == (ms if counts or not armed and ms > 0 else 0) and clock.jumped == (
        armed and not counts
    )


def test_the_core_counts_in_a_slice_that_nobody_else_has(drivers, hal):
    """HZ6: 125 MHz divided by 250, over all 16 bits; the amplitudes' and the buzzer's slices are
    theirs.
    """
    taken = {drivers.gpio[role] >> 1 & 7 for role in ("CH1_AMP", "CH2_AMP", "BUZZER")}
    free = min({*range(8)} - taken)
    base = PWM + 20 * free
    assert [drivers.chip.words[base + at] for at in (0, 4, 16)] == [
        1,
        250 << 4,
        0xFFFF,
    ] and hal.clock._counter == base + 8


def test_what_is_left_of_a_round_is_slept_and_a_ms_at_least(drivers, hal):
    """A round that took all its time still lets other work through."""
    slept = []
    drivers.hal_clock.time.sleep_ms = slept.append
    for took_us, rest_ms in ((2_500, 8), (9_990, 1), (30_000, 1)):
        hal.clock.mark()
        drivers.chip.now_us += took_us - 5
        assert abs(hal.clock.sleep_rest(10) - took_us) <= 10 and slept.pop() == rest_ms
    before_us = drivers.chip.now_us
    hal.clock.sleep_us(100)
    assert drivers.chip.now_us - before_us == 100 and hal.clock.hz() == 125_000_000


# --- the chip and service mode --------------------------------------------------------------------


def test_who_it_is(drivers):
    assert drivers.hal_chip.identity() == {"serial": "e660", "micropython": "1.25.0"}


def test_a_word_is_remembered_and_a_restart_says_which_of_ours_it_is(drivers):
    drivers.hal_chip.remember(0x0305)
    assert drivers.chip.words[SCRATCH] == 0x0305 == drivers.hal_chip.remembered()
    for why, number in (("soft_reset", 1), ("exception", 2)):
        drivers.hal_chip.restart(why)
        assert (
            drivers.chip.words[SCRATCH] == number << 24 | 0x0305
            and drivers.hal_chip.reset_cause() == why
        )


def test_service_mode_opens_the_repl_and_the_first_half_of_the_storage_alone(drivers):
    """HZ8: prescriptions, keys, calibration and journal lie behind what it mounts."""
    asked, mounted = [], []

    class Files:
        def __init__(self, flash, progsize):
            asked.append((flash._start, flash._size, progsize))
            if len(asked) == 2:
                raise OSError(19)

        @staticmethod
        def mkfs(flash, progsize):
            asked.append(("made", flash._size, progsize))

    vfs = types.ModuleType("vfs")
    vfs.VfsLfs2, vfs.mount = Files, lambda files, where: mounted.append(where)
    drivers.hal_service.micropython = types.SimpleNamespace(
        kbd_intr=lambda char: asked.append(("ctrl", char))
    )
    with drivers._stand_ins():
        sys.modules["vfs"] = vfs
        drivers.hal_service.enter()
    first = min(
        drivers.board[name + "_OFFSET"]
        for name in ("PRESCRIPTION", "KEYS", "COUNTER", "CALIBRATION", "JOURNAL")
    )
    assert asked[0] == ("ctrl", 3) and mounted == ["/"]
    assert (
        asked[1:] == [(0x100000, 0x80000, 256), ("made", 0x80000, 256), (0x100000, 0x80000, 256)]
        and first >= 0x100000 + 0x80000
    )
    assert drivers.chip.words[SCRATCH] == 7
