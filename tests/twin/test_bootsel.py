"""The boot loader of the twin: how the chip gets there, and what its drive takes."""

import pytest
import sample_uf2

from evenpulse.base.errors import BadUsage
from evenpulse.emulator import boot_rom
from evenpulse.emulator.boot_rom import Drive
from evenpulse.link.client import Device
from evenpulse.twin.port import TwinPort
import rig

ERASED = b"\xff" * (2 << 20)
UPDATE = {"board": "nmes2", "version": "9.9.9", "sha256": "ab" * 32}


def write(folder, data, name="new.uf2"):
    (folder / name).write_bytes(data)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "RPI-RP2"


def test_the_roms_own_code_takes_the_chip_there_with_every_output_low(make_twin):
    twin = make_twin(usb=True)
    device = Device(TwinPort(twin))
    device.call("update", UPDATE)
    twin.press("SELECT", 1_200)
    twin.run_ms(1_300)
    assert device.call("status")["update"]["state"] == "accepted" and not twin.in_bootsel
    assert twin.run_until(lambda: twin.in_bootsel, 1_500)
    assert rig.levels(twin) == [0] * 5
    instructions = twin.chip.loop.instructions
    twin.run_ms(1_000)
    assert twin.in_bootsel and twin.chip.loop.instructions == instructions


def test_a_watchdog_reset_is_no_boot_loader(make_twin):
    twin = make_twin(usb=False)
    assert twin.run_until_state(rig.READY, 2_000)
    twin.freeze()
    assert twin.run_until(lambda: twin.chip.resets == 1, 1_000)
    assert not twin.in_bootsel and twin.run_until_state(rig.READY, 2_000)


def test_it_tells_what_it_is_and_goes_when_it_is_closed(folder):
    drive = Drive(folder, ERASED)
    assert "Board-ID: RPI-RP2" in (folder / "INFO_UF2.TXT").read_text()
    assert not drive.take()
    drive.close()
    assert not folder.exists()


def test_blocks_as_they_come_and_the_rest_of_flash_stays(folder):
    """A sector is erased before its first page; every other byte stays."""
    drive = Drive(folder, b"\0" * (2 << 20))
    data = sample_uf2.uf2((0x3000, sample_uf2.PROGRAM))
    for size in (100, 512, 1_030, len(data) - 1):
        write(folder, data[:size])
        assert not drive.take()
        assert (
            drive.flash[0x3000 : 0x3000 + size // 512 * 256]
            == sample_uf2.PROGRAM[: size // 512 * 256]
        )
    write(folder, data)
    assert drive.take()
    wanted = bytearray(b"\0" * (2 << 20))
    wanted[0x3000:0x4000] = b"\xff" * 4096
    wanted[0x3000 : 0x3000 + len(sample_uf2.PROGRAM)] = sample_uf2.PROGRAM
    # The last block's padding
    wanted[0x3000 + len(sample_uf2.PROGRAM) : 0x3400] = b"\0" * (0x400 - len(sample_uf2.PROGRAM))
    assert drive.flash == wanted


@pytest.mark.parametrize(
    "foreign",
    [
        sample_uf2.uf2((0, b"x" * 512), family=0xE48BFF59),
        sample_uf2.uf2((0, b"x" * 512), base=0x20000000),
        sample_uf2.uf2((0x200000, b"x" * 512)),
        b"no UF2" * 512,
        bytes(2048),
    ],
    ids=["another family", "RAM", "beyond flash", "a text", "zeros"],
)
def test_what_is_not_for_it_changes_nothing(folder, foreign):
    drive = Drive(folder, ERASED)
    write(folder, foreign)
    assert not drive.take() and drive.flash == ERASED
    write(folder, sample_uf2.good(), "right.uf2")
    assert drive.take()


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(BadUsage, match="not an empty folder"):
        boot_rom.check_folder(tmp_path)
    with pytest.raises(BadUsage, match="there is no"):
        boot_rom.check_folder(tmp_path / "a" / "b")
