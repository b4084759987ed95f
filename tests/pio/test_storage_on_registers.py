"""Flash, seal, link, lights and screen on a table of registers."""

import types
from binascii import crc32

import pytest
from register_chip import Drivers


# --- flash ----------------------------------------------------------------------------------------


def test_what_is_programmed_stands_where_it_was_wanted_and_nowhere_else(drivers):
    area = drivers.hal_flash_ring.FlashArea(0x190000, 0x4000)
    first, second = bytes(range(1, 201)) * 4, b"\x0f" * 100
    area.program(4_096 + 200, first)
    area.program(4_096 + 1_000, second)
    assert area.read(4_096 + 200, 800) == first and area.read(4_096 + 1_000, 100) == second
    assert bytes(drivers.chip.flash[0x191000 + 200 : 0x191000 + 1_000]) == first
    untouched = drivers.chip.flash[: 0x191000 + 200] + drivers.chip.flash[0x191000 + 1_100 :]
    assert untouched.count(0xFF) == len(untouched)
    assert drivers.hal_flash_ring.writes == [4 + 2], "pages from 200 to 999 and from 1000 to 1099"


def test_only_its_own_sector_is_erased(drivers):
    area = drivers.hal_flash_ring.FlashArea(0x190000, 0x4000)
    area.program(0, b"\x00" * 10)
    area.program(8_192, b"\x00" * 10)
    area.erase(8_192)
    assert area.read(0, 10) == b"\x00" * 10 and area.read(8_192, 10) == b"\xff" * 10


def test_whoever_has_a_watchdog_is_asked_before_and_after_an_erase(drivers):
    area = drivers.hal_flash_ring.FlashArea(0x190000, 0x4000)
    area.program(8_192, b"\x00")
    seen = []
    drivers.hal_flash_ring.around_erase[0] = lambda: seen.append(area.read(8_192, 1))
    area.erase(8_192)
    assert seen == [b"\x00", b"\xff"]


# --- seal -----------------------------------------------------------------------------------------

OFFSET, LENGTH = 0xFFF00, 40_000


def sealed(drivers, mark=b"EVSEAL01", length=LENGTH):
    program = bytes(k * 7 & 255 for k in range(LENGTH))
    drivers.chip.flash[:LENGTH] = program
    head = mark + length.to_bytes(4, "little") + crc32(program[:length]).to_bytes(4, "little")
    drivers.chip.flash[OFFSET : OFFSET + 48] = head + b"\x11" * 32
    return drivers.hal_seal.Seal(OFFSET)


def test_a_seal_holds_and_any_flipped_bit_breaks_it(drivers):
    seal = sealed(drivers)
    assert seal.holds() and seal.length == LENGTH and seal.sha256 == "11" * 32
    for at in (0, 0x3FFF, 0x4000, LENGTH - 1):
        drivers.chip.flash[at] ^= 1
        assert not seal.holds()
        drivers.chip.flash[at] ^= 1
    assert seal.holds()


def test_what_of_the_program_lies_in_ram_is_as_in_flash_or_it_counts_for_nothing(drivers):
    """HZ9: the linker script says where; any flipped bit of it is seen, what lies behind is not."""
    count, start, image = 30_000, 0x200000C0, 0x10060000
    code = bytes(k * 11 & 255 for k in range(count))
    seal = sealed(drivers)
    table = b"".join(word.to_bytes(4, "little") for word in (start, image, count))
    drivers.chip.flash[0x1D4 : 0x1D4 + 12] = table
    drivers.chip.flash[0x60000 : 0x60000 + count + 1] = code + b"x"
    drivers.chip.sram = bytearray(0xC0) + code + b"y"
    assert seal.in_ram() == count
    for at in (0xC0, 0xC0 + count // 2, 0xC0 + count - 1):
        drivers.chip.sram[at] ^= 8
        assert seal.in_ram() == 0
        drivers.chip.sram[at] ^= 8
    assert seal.in_ram() == count
    for at, word in ((0, 0xFFFFFFF0), (0, 0x10000000), (8, 0x42000), (8, 0xFFFFFFFF)):
        drivers.chip.flash[0x1D4 + at : 0x1D8 + at] = word.to_bytes(4, "little")
        assert seal.in_ram() == 0
        drivers.chip.flash[0x1D4 : 0x1D4 + 12] = table


@pytest.mark.parametrize("changes", [{"mark": b"EVSEAL02"}, {"length": 0}, {"length": 0x100000}])
def test_what_is_no_seal_never_holds(drivers, changes):
    seal = sealed(drivers, **changes)
    assert seal.length == 0 and not seal.holds()


# --- link -----------------------------------------------------------------------------------------


class Incoming:
    """Bytes that have come."""

    def __init__(self, data):
        self.data = data

    def poll(self, _):
        return self.data

    def read(self, count):
        byte, self.data = self.data[:count], self.data[count:]
        return byte


def usb(drivers, data):
    stream = drivers.hal_usb.Usb.__new__(drivers.hal_usb.Usb)
    stream._in = stream._poll = Incoming(data)
    return stream


def test_a_line_ends_with_its_newline(drivers):
    stream, line = usb(drivers, b"one\ntwo\n"), bytearray()
    assert stream.read_into(line, 100) and line == b"one\n"
    line = bytearray()
    assert stream.read_into(line, 100) and line == b"two\n"
    assert not stream.read_into(bytearray(), 100)


def test_a_flood_costs_neither_memory_nor_a_round(drivers):
    stream, line = usb(drivers, b"x" * 3_000 + b"\n"), bytearray()
    rounds = 0
    while not stream.read_into(line, 100):
        rounds += 1
        assert len(line) <= 101
    assert line.endswith(b"\n") and rounds == 3_001 // 256


# --- lights, buzzer, screen -----------------------------------------------------------------------


def test_each_light_has_its_pin_and_the_buzzer_ends(drivers):
    indicators = drivers.build().indicators
    made = {
        role: drivers.chip.pins_made[drivers.gpio[role]][0]
        for role in ("LED_READY", "LED_OUTPUT", "LED_FAULT", "BUZZER")
    }
    for wanted in ((True, False, False), (False, True, False), (False, False, True)):
        indicators.lights(*wanted)
        assert [made[role].level for role in ("LED_READY", "LED_OUTPUT", "LED_FAULT")] == list(
            wanted
        )
    indicators.flash(False)
    assert made["LED_FAULT"].level is False
    indicators.beep(True, 1_000)
    assert (made["BUZZER"].hz, made["BUZZER"].duty) == (1_000, 32_768)
    indicators.beep(False, 1_000)
    assert made["BUZZER"].duty == 0


ROWS = (((8, 16), 0, 0, "Hold START"),)


def drawn(display):
    for _ in range(60):
        display.round()
    assert not display.busy
    return bytes(display._pixels)


def test_a_broken_display_stops_nothing_and_is_set_up_again(drivers):
    display = drivers.build().display
    bus = drivers.chip.i2c
    display.show(ROWS)
    bus.broken = True
    for _ in range(500):
        display.round()
    assert display.errors >= 2
    bus.broken = False
    bus.sent.clear()
    for _ in range(400):
        display.round()
    assert not display.busy
    sent = [data for _, data in bus.sent]
    assert sent[0][:2] == b"\x00\xae" and len([data for data in sent if data[0] == 0x40]) >= 8


def test_no_round_sends_more_than_a_page(drivers):
    display = drivers.build().display
    display.show(ROWS)
    for _ in range(40):
        drivers.chip.i2c.sent.clear()
        display.round()
        assert sum(len(data) - 1 for _, data in drivers.chip.i2c.sent if data[0] == 0x40) <= 128


def test_a_new_screen_leaves_nothing_of_the_old_one(drivers):
    display, other = drivers.build().display, Drivers().build().display
    display.show(ROWS)
    drawn(display)
    display.show((((8, 16), 64, 32, "mA"),))
    other.show((((8, 16), 64, 32, "mA"),))
    assert drawn(display) == drawn(other)


def test_only_compiled_modules_are_taken_from_the_filesystem(drivers):
    files = {
        "/modules": ["stimcore", "README"],
        "/modules/stimcore": ["panel.mpy", "panel.py", "notes.txt"],
    }

    def listdir(folder):
        if folder not in files:
            raise OSError(2)
        return files[folder]

    drivers.hal_overlay.os = types.SimpleNamespace(listdir=listdir)
    assert drivers.hal_overlay._found() == ["stimcore.panel"]
