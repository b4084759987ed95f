"""Other firmware: a host asks for the boot loader, a person at the device allows it. Nothing over the link gets there alone.

The device checks that the firmware is for its board; the host checks what it writes. What the boot loader is given after that
nobody can check (no secure boot): the record in the journal says what was asked for, the next `boot` record what came.
"""

from stimcore.acceptance import Acceptance, update_lines
from stimcore.errors import Refused

_TEXT_CHARS = 16
_TELL_MS = 1_000  # the host asks a few times a second: it has the answer before the port is gone
_HEX = "0123456789abcdef"


def is_sound(params):
    """True for board, version and sha256 as `update` takes them."""
    texts = [params.get(name) for name in ("board", "version", "sha256")]
    return (all([isinstance(text, str) and text for text in texts]) and len(texts[0]) <= _TEXT_CHARS and len(texts[1]) <= _TEXT_CHARS
            and len(texts[2]) == 64 and all([digit in _HEX for digit in texts[2]]))


class Update:
    """`device` is app.device.Device: its board, version, session and journal."""

    def __init__(self, device):
        self._device = device
        self._acceptance = Acceptance(update_lines)
        self._answered = None
        self._due_ms = None

    @property
    def waiting(self):
        """True from the offer until the person has answered; then, if the answer was yes, until the boot loader."""
        return self._acceptance.waiting is not None or self._due_ms is not None

    def offer(self, params):
        """Let an update wait for the person; what the host is told. Raises Refused."""
        device = self._device
        name = device.board["NAME"]
        if params["board"] != name:
            raise Refused("board", params["board"], name, "this device", "flash the firmware that was built for " + name)
        if device.prescriptions.waiting:
            raise Refused("update", "a prescription waits", "one at a time", "this device",
                          "accept it (hold SELECT) or refuse it (DOWN) at the device first")
        waits = self._acceptance.waiting
        if self._due_ms is not None or waits and waits["sha256"] != params["sha256"]:
            raise Refused("update", "another one waits", "one at a time", "this device", "refuse it (DOWN) at the device, or wait a minute")
        if not waits:
            self._acceptance.offer(device.now_ms, {"version": params["version"], "sha256": params["sha256"], "from": device.identity["version"]})
            device.session.redraw = True
        return self.told()

    def told(self):
        """How the last offer stands, for the host: sha256, state (pending, accepted, refused), why, seconds left; None before any."""
        waits = self._acceptance.waiting
        if waits:
            left_ms = self._acceptance.left_ms(self._device.now_ms)
            return {"sha256": waits["sha256"], "state": "pending", "why": None, "left_s": (left_ms + 999) // 1_000}
        return self._answered

    def round(self, inputs):
        """While nothing is armed: hear the person's answer. True while something waits: the buttons then mean that and nothing else."""
        if self._due_ms is not None:
            return True
        waits = self._acceptance.waiting
        if waits is None:
            return False
        device = self._device
        answer = self._acceptance.step(device.now_ms, device.session.state, inputs)
        if answer:
            device.session.redraw = True
            accepted = answer == "accepted"
            self._answered = {"sha256": waits["sha256"], "state": "accepted" if accepted else "refused", "why": None if accepted else answer,
                              "left_s": 0}
            if accepted:
                device.record("update", {"from": waits["from"], "to": waits["version"], "sha256": waits["sha256"][:16]})
                self._due_ms = device.now_ms + _TELL_MS
        return True

    def due(self, now_ms):
        """True once the boot loader is to be entered: a second after the person's yes."""
        return self._due_ms is not None and now_ms >= self._due_ms

    def screen(self):
        """Rows of what waits, or None."""
        return self._acceptance.screen(self._device.now_ms) if self._acceptance.waiting else None
