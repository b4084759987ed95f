"""One computer, made for tests of flashing: what a test plugs into it."""

import os
import shutil
import threading
import time

import sample_uf2
from fake_device import INFO

from evenpulse.flashing import drive as bootsel, steps as flash
from evenpulse.link import serial_ports

FAILED, USAGE, NO_BOARD, SEVERAL, BUSY, FAULT, INTERRUPTED = 1, 2, 3, 4, 5, 6, 130
OLD = {**INFO, "version": "0.1.0", "firmware": "00" * 32}
NEW = {**INFO, "version": "0.1.9", "firmware": sample_uf2.digest()}
INFO_UF2 = "UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: {}\n"


def error(code, message):
    return {"error": {"code": code, "message": message}}


class World:
    """One computer: what a test plugs into it. `arguments` for the command are made from it."""

    def __init__(self, tmp_path, fake, monkeypatch):
        self.folder, self._fake, self.patch = tmp_path, fake, monkeypatch
        self.drive = tmp_path / "drive"
        self.uf2 = sample_uf2.write(tmp_path / "new.uf2", sample_uf2.good())
        self.serial: list[serial_ports.SerialPort] = []
        self.drives: list[bootsel.Drive] = []
        monkeypatch.setattr(serial_ports, "serial_ports", lambda: self.serial)
        monkeypatch.setattr(bootsel, "mounted", lambda: self.drives)
        monkeypatch.setattr(bootsel, "LABEL", tmp_path / "no-such-label")
        for name in ("DRIVE_S", "TAKEN_S", "BACK_S"):
            monkeypatch.setattr(flash, name, 0.3)
        monkeypatch.setattr(flash, "_POLL_S", 0.02)
        monkeypatch.setattr(bootsel, "_POLL_S", 0.02)

    def device(self, **wishes):
        self.fake = self._fake(**{"info": OLD, **wishes})
        return self.fake.port

    def mount(self, board_id="RPI-RP2"):
        """A boot loader's drive at self.drive; gone again when a whole file has come, if `taken`
        is asked for.
        """
        self.drive.mkdir()
        (self.drive / bootsel.INFO_FILE).write_text(INFO_UF2.format(board_id))
        return self

    def take(self, then=lambda: None):
        """The boot loader takes the file, and the device restarts."""

        def wait():
            file = self.drive / "evenpulse.uf2"
            for _ in range(1_000):
                if file.exists() and file.stat().st_size == self.uf2.stat().st_size:
                    break
                time.sleep(0.005)
            then()
            shutil.rmtree(self.drive)

        threading.Thread(target=wait, daemon=True).start()
        return self

    def board_at(self, *names):
        self.serial = [
            serial_ports.SerialPort(name, f"ID{k}", "Evenpulse nmes2", True)
            for k, name in enumerate(names)
        ]
        return self

    def serial_that_fails(self, number):
        """Opening any serial port fails so."""
        import serial

        def fail(*_args, **_kwargs):
            raise serial.SerialException(number, os.strerror(number))

        self.patch.setattr(serial, "Serial", fail)


def of_drive(world, *more):
    return ["--drive", world.drive, "--uf2", world.uf2, *more]
