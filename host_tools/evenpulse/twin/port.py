"""The twin as a port: bytes to and from its USB serial line, in simulated time. A device client
cannot tell the difference.
"""

from pathlib import Path

from evenpulse.base import boards
from evenpulse.base.errors import LinkLost
from evenpulse.twin.state_folder import StateFolder
from evenpulse.twin.twin import Twin, flash_bytes

_BOOT_LIMIT_MS = 5000
_SLICE_MS = 0.5
SERVICE_HOLD_MS = 500


class TwinPort:
    """Talks to a twin that is already powered. Time-outs are simulated seconds."""

    def __init__(self, twin: Twin, name: str = "twin:", state: StateFolder | None = None):
        self.twin, self.name, self._state = twin, name, state
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
        """One line without its end, or None when the time is up; `pending` holds an unfinished
        one.
        """
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
        if self._state:
            self._state.keep(self.twin.flash)
            self._state.close()
            self._state = None


def open_twin(text: str = "", service: bool = False, board: str = boards.DEFAULT) -> TwinPort:
    """`text`: nothing for a new twin, or a folder that keeps its flash. `service`: SELECT is
    held at power-on.
    """
    state = StateFolder(Path(text)) if text else None
    try:
        twin = Twin(board, flash=state.read(flash_bytes(board)) if state else b"")
    except BaseException:
        if state:
            state.close()
        raise
    twin.power_on(usb=True)
    if service:
        twin.press("SELECT", SERVICE_HOLD_MS)
        twin.run_ms(SERVICE_HOLD_MS)
    at = "" if board == boards.DEFAULT else f"@{board}"
    return TwinPort(twin, f"twin{at}:{text}", state)
