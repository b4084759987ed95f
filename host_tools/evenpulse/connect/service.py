"""A twin in service mode: SELECT held at power-on, then MicroPython's raw REPL with every frozen
module at hand.
"""

from collections.abc import Callable

from evenpulse.base.errors import Problem
from evenpulse.link import repl
from evenpulse.twin.port import TwinPort
from evenpulse.twin.states import SERVICE
from evenpulse.twin.twin import Twin

_BOOT_MS = 3_000


class Service:
    """`run(code)` for what is short; `start(code)`, the twin's own time, and `finish()` for what
    is measured.
    """

    def __init__(self, twin: Twin | None = None):
        self.twin = twin = twin or Twin()
        twin.power_on(usb=True)
        twin.world.set_button("SELECT", True)
        ready = twin.run_until_state(SERVICE, _BOOT_MS) and twin.run_until(
            lambda: twin.usb.connected, _BOOT_MS
        )
        twin.world.set_button("SELECT", False)
        if not ready:
            raise Problem(
                f"no service mode within {_BOOT_MS} simulated ms",
                seen=f"state {twin.state}",
                do_next="make test-twin",
            )
        repl.enter(TwinPort(twin))

    def start(self, code: str) -> None:
        """Begin to run code on the device."""
        self.twin.usb.received.clear()
        self.twin.usb.write(code.encode() + repl.RUN)
        self._until(repl.has_begun, 1_000, 0.2)

    @property
    def done(self) -> bool:
        """True when what was started has ended."""
        return repl.has_ended(self.twin.usb.received)

    def finish(self, limit_ms: float = 10_000) -> str:
        """Run to its end; what it printed. Raises Problem with the device's traceback."""
        self._until(repl.has_ended, limit_ms, 1.0)
        printed, failed = repl.read_answer(bytes(self.twin.usb.received))
        if failed:
            raise Problem("the bench's code failed on the device", seen=failed)
        return printed

    def run(self, code: str, limit_ms: float = 10_000) -> str:
        self.start(code)
        return self.finish(limit_ms)

    def _until(self, what: Callable[[bytearray], bool], limit_ms: float, step_ms: float) -> None:
        received = self.twin.usb.received
        if not self.twin.run_until(lambda: what(received), limit_ms, step_ms):
            raise Problem(
                f"the REPL is not done within {limit_ms:.0f} simulated ms",
                seen=repr(bytes(received[-200:])),
            )
