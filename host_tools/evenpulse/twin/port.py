"""The twin as a port: bytes to and from its USB serial line, in simulated time. A device client cannot tell
the difference.
"""

from pathlib import Path

from evenpulse import boards
from evenpulse.errors import LinkLost, Problem
from evenpulse.twin.twin import Twin

_BOOT_LIMIT_MS = 5000
_SLICE_MS = 0.5
SERVICE_HOLD_MS = 500


class TwinPort:
    """Talks to a twin that is already powered. Time-outs are simulated seconds."""

    def __init__(self, twin: Twin, name: str = "twin:", state_folder: Path | None = None):
        self.twin, self.name, self._state_folder = twin, name, state_folder
        self.pending = b""

    def write(self, data: bytes) -> None:
        """Send bytes to the device."""
        if not self.twin.run_until(lambda: self.twin.usb.connected, _BOOT_LIMIT_MS):
            raise LinkLost(
                f"the twin does not come up on USB within {_BOOT_LIMIT_MS} simulated ms",
                seen="; ".join(self.twin.chip.notes.lines[-3:]) or "no warnings from the emulator",
                do_next="is it plugged in? does its firmware boot? (make firmware)",
            )
        self.twin.usb.write(data)

    def read_line(self, timeout_s: float) -> bytes | None:
        """One line without its end, or None when the time is up; `pending` holds an unfinished one."""
        self.twin.run_until(self._have_line, timeout_s * 1000, _SLICE_MS)
        if not self._have_line():
            return None
        line, self.pending = self.pending.split(b"\n", 1)
        return line.rstrip(b"\r")

    def _have_line(self) -> bool:
        if self.twin.usb.received:
            self.pending += bytes(self.twin.usb.received)
            self.twin.usb.received.clear()
        return b"\n" in self.pending

    def press(self, button: str, for_ms: float) -> None:
        """Hold a button from now on: a twin has nobody else to do it."""
        self.twin.press(button, for_ms)

    def close(self) -> None:
        """Switch the twin off, and keep its flash if it has a folder."""
        self.twin.power_off()
        if self._state_folder:
            write_flash(self._state_folder, self.twin.flash)


def open_twin(text: str = "", service: bool = False, board: str = boards.DEFAULT) -> TwinPort:
    """`text`: nothing for a new twin, or a folder that keeps its flash. `service`: SELECT is held at power-on."""
    folder = Path(text) if text else None
    twin = Twin(board, flash=read_flash(folder) if folder else b"")
    twin.power_on(usb=True)
    if service:
        twin.press("SELECT", SERVICE_HOLD_MS)
        twin.run_ms(SERVICE_HOLD_MS)
    at = "" if board == boards.DEFAULT else f"@{board}"
    return TwinPort(twin, f"twin{at}:{text}", folder)


def read_flash(folder: Path) -> bytes:
    """The flash that a state folder keeps; nothing for a new one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        image = folder / "flash.bin"
        return image.read_bytes() if image.exists() else b""
    except OSError as error:
        raise Problem(
            f"cannot use {folder} as the twin's state folder",
            seen=error.strerror or str(error),
            do_next="name a folder that can be written",
        ) from error


def write_flash(folder: Path, flash: bytes) -> None:
    """Keep a flash image, whole or not at all."""
    part = folder / "flash.bin.part"
    part.write_bytes(flash)
    part.replace(folder / "flash.bin")
