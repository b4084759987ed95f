"""Other firmware: a host asks for the boot loader, a person at the device allows it. Nothing over
the link gets there alone.

The device checks that the firmware is for its board; the host checks what it writes. What the boot
loader is given after that nobody can check (no secure boot): the record in the journal says what
was asked for, the next `boot` record what came.
"""

from app.offer import Offer
from stimcore.acceptance import update_pages
from stimcore.errors import Refused

_TEXT_CHARS = 16
# The host asks a few times a second: it has the answer before the port is gone
_TELL_MS = 1_000
_HEX = "0123456789abcdef"


def is_sound(params):
    """True for board, version and sha256 as `update` takes them."""
    board, version, sha256 = [params.get(name) for name in ("board", "version", "sha256")]
    return (
        all([isinstance(text, str) and text for text in (board, version, sha256)])
        and len(board) <= _TEXT_CHARS
        and len(version) <= _TEXT_CHARS
        and len(sha256) == 64
        and all([digit in _HEX for digit in sha256])
    )


class Update(Offer):
    """`device` is app.device.Device: its board, version, session and journal."""

    def __init__(self, device):
        super().__init__(device, "update", "a firmware update waits", update_pages, self._allow)
        self._due_ms = None

    @property
    def busy(self):
        """True from the offer until the person has answered; then, if the answer was yes, until
        the boot loader.
        """
        return self.waiting is not None or self._due_ms is not None

    def offer(self, params):
        """Let an update wait for the person; what the host is told. Raises Refused."""
        if self._due_ms is not None:
            raise Refused(
                "update",
                "another one waits",
                "one at a time",
                "this device",
                "the boot loader comes within a second",
            )
        name = self._device.board["NAME"]
        if params["board"] != name:
            self._device.denied("update", "for board " + params["board"])
            raise Refused(
                "board",
                params["board"],
                name,
                "this device",
                "flash the firmware that was built for " + name,
            )
        return self.let_wait(
            {
                "version": params["version"],
                "sha256": params["sha256"],
                "from": self._device.identity["version"],
            }
        )

    def _allow(self, waits):
        self._device.record(
            "update",
            {"from": waits["from"], "to": waits["version"], "sha256": waits["sha256"][:16]},
        )
        self._due_ms = self._device.now_ms + _TELL_MS
        return ""

    def round(self, inputs):
        """The same; after a yes the buttons mean nothing any more."""
        return self._due_ms is not None or super().round(inputs)

    def due(self, now_ms):
        """True once the boot loader is to be entered: a second after the person's yes."""
        return self._due_ms is not None and now_ms >= self._due_ms
