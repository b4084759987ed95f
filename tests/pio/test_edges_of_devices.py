"""Storage, link, lights, buzzer and one conversion at their edges, on a table of registers."""

import types
from array import array

import pytest
from register_chip import CS, Drivers
from test_storage_on_registers import usb


def test_a_page_is_filled_to_its_last_byte(drivers):
    area = drivers.hal_flash_ring.FlashArea(0x190000, 0x2000)
    for at, size, pages in ((0, 256, 1), (256, 257, 2), (1_023, 2, 2), (4_095, 2, 2)):
        before = drivers.hal_flash_ring.writes[0]
        area.program(at, b"\x01" * size)
        assert (
            drivers.hal_flash_ring.writes[0] - before == pages
            and area.read(at, size) == b"\x01" * size
        )


@pytest.mark.parametrize("length, sound", [(1, True), (0xFFF00, True), (0xFFF01, False)])
def test_a_program_may_reach_to_its_seal_and_no_further(drivers, length, sound):
    head = b"EVSEAL01" + length.to_bytes(4, "little") + bytes(4)
    drivers.chip.flash[0xFFF00 : 0xFFF00 + 48] = head + bytes(32)
    assert (drivers.hal_seal.Seal(0xFFF00).length == length) == sound


def test_a_line_is_kept_to_its_limit_and_what_is_sent_goes_out(drivers):
    stream, line = usb(drivers, b"x" * 10 + b"\n"), bytearray()
    assert stream.read_into(line, 10) and line == b"x" * 10 + b"\n"
    stream, line = usb(drivers, b"x" * 12 + b"\n"), bytearray()
    assert stream.read_into(line, 10) and line == b"x" * 10 + b"\n"
    sent = []
    stream._out = types.SimpleNamespace(write=sent.append)
    stream.write(b"{}")
    assert sent == [b"{}"]


def test_lights_and_buzzer_begin_dark_and_silent_and_a_tone_is_that_of_its_signal(drivers, hal):
    made = {
        role: drivers.chip.pins_made[drivers.gpio[role]][0]
        for role in ("LED_READY", "LED_OUTPUT", "LED_FAULT", "BUZZER")
    }
    assert [made[role].level for role in ("LED_READY", "LED_OUTPUT", "LED_FAULT")] == [0, 0, 0]
    assert (made["BUZZER"].hz, made["BUZZER"].duty) == (2_700, 0)
    hal.indicators.flash(True)
    assert made["LED_FAULT"].level is True and made["LED_READY"].level == 0
    hal.indicators.beep(True, 1_000)
    hal.indicators.beep(False, 2_700)
    assert (made["BUZZER"].hz, made["BUZZER"].duty) == (1_000, 0)


def test_a_board_without_lights_and_buzzer_works():
    pins = {
        role: row
        for role, row in Drivers().pins.items()
        if not role.startswith("LED_") and role != "BUZZER"
    }
    drivers = Drivers(PINS=pins)
    indicators = drivers.hal_indicators.Indicators(pins)
    indicators.lights(True, True, True)
    indicators.beep(True, 1_000)
    indicators.flash(True)


def test_a_conversion_is_asked_for_without_a_pulse_in_sight(drivers, hal):
    """The first and the last place of a pulse at which a conversion would come into its sample:
    behind that of the trigger, before that of the start.
    """
    held = [0, drivers.chip.place(1)]
    drivers.chip.words[CS + 4] = 7
    trigger, start = drivers.hal_pio_programs.TRIG, drivers.hal_pio_programs.START
    for at, busy in (
        (0, False),
        (trigger, False),
        (trigger + 1, True),
        (start - 1, True),
        (start, False),
        (31, False),
    ):
        drivers.chip.words[held[1]] = at
        assert (hal.sensing.counts(2, array("i", held)) == -1) == busy


def test_what_is_written_anew_between_the_phases_is_what_the_program_has_there(drivers):
    """HZ3: by the guard's instruction register, since viper holds no number beyond 16 bits."""
    meters, regs, programs = drivers.hal_judged, drivers.regs, drivers.hal_pio_programs
    guards_instr = regs.StateMachine(3).instr
    place, rest = divmod(guards_instr - meters._GAP_PLACE_BELOW - regs.PIO_INSTR_MEM, 4)
    assert (place, rest) == (12, 0)
    assert list(programs.block0[0][place : place + 2]) == [meters._OUT_X_16, meters._JMP_GAP]
