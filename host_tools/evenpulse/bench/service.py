"""A twin in service mode: SELECT held at power-on, then MicroPython's raw REPL with every frozen
module at hand.
"""

from pathlib import Path
from typing import cast

from evenpulse.base.errors import Problem
from evenpulse.emulator.emulated import Flash
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

_SERVICE = 7
_CTRL_A, _CTRL_D = b"\x01", b"\x04"
_DEVICE = Path(__file__).parent / "device"
_BOOT_MS = 3_000


class Service:
    """`run(code)` for what is short; `start(code)`, the twin's own time, and `finish()` for what
    is measured.
    """

    def __init__(self, twin: Twin | None = None):
        self.twin = twin = twin or Twin()
        twin.power_on(usb=True)
        twin.world.set_button("SELECT", True)
        ready = twin.run_until_state(_SERVICE, _BOOT_MS) and twin.run_until(
            lambda: twin.usb.connected, _BOOT_MS
        )
        twin.world.set_button("SELECT", False)
        if not ready:
            raise Problem(
                f"no service mode within {_BOOT_MS} simulated ms",
                seen=f"state {twin.state}",
                do_next="make test-twin",
            )
        twin.usb.write(b"\r" + _CTRL_A)
        self._until(b"raw REPL; CTRL-B to exit\r\n>", _BOOT_MS)

    def load(self, name: str) -> None:
        """Run a file of bench/device on the device."""
        self.run(source(name))

    def start(self, code: str) -> None:
        """Begin to run code on the device."""
        self.twin.usb.received.clear()
        self.twin.usb.write(code.encode() + _CTRL_D)
        self._until(b"OK", 1_000)

    @property
    def done(self) -> bool:
        """True when what was started has ended."""
        return self.twin.usb.received.count(_CTRL_D) >= 2 and self.twin.usb.received.endswith(b">")

    def finish(self, limit_ms: float = 10_000) -> str:
        """Run to its end; what it printed. Raises Problem with the device's traceback."""
        if not self.twin.run_until(lambda: self.done, limit_ms):
            raise Problem(
                f"the device is not done within {limit_ms:.0f} simulated ms",
                seen=repr(bytes(self.twin.usb.received[-200:])),
            )
        printed, failed, _ = bytes(self.twin.usb.received).rsplit(_CTRL_D, 2)
        if failed.strip():
            raise Problem(
                "the bench's code failed on the device",
                seen=failed.decode(errors="replace").strip(),
            )
        return printed.decode(errors="replace").strip()

    def run(self, code: str, limit_ms: float = 10_000) -> str:
        self.start(code)
        return self.finish(limit_ms)

    def _until(self, mark: bytes, limit_ms: float) -> None:
        received = self.twin.usb.received
        if not self.twin.run_until(lambda: mark in received, limit_ms, 0.2):
            raise Problem("the REPL does not answer", seen=repr(bytes(received[-200:])))
        del received[: received.index(mark) + len(mark)]


def source(name: str) -> str:
    """A file of bench/device."""
    return (_DEVICE / name).read_text()


def flash_takes_time(twin: Twin, erase_ms: float = 45, program_ms: float = 3) -> None:
    """Let the CPU stand still while flash is written, as on silicon; the emulator's flash takes no
    time.

    Times of a W25Q16JV: sector erase typical, page program longest. PIO and DMA from RAM go on.
    """
    ssi = cast(Flash, twin.chip.rp2040.ssi)
    apply = ssi._apply_command

    def timed() -> None:
        opcode = ssi._tx_buffer[0] if ssi._tx_buffer else 0
        enabled = ssi._write_enabled
        apply()
        takes_ms = {0x20: erase_ms, 0x02: program_ms}.get(opcode, 0) if enabled else 0
        if takes_ms:
            twin.chip.loop.frozen = True
            twin.at(
                twin.now + round(takes_ms * CLOCKS_PER_MS),
                lambda: setattr(twin.chip.loop, "frozen", False),
            )
            twin.chip.loop.stop = True

    ssi._apply_command = timed
