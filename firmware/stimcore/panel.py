"""The patient's panel: debounced buttons, and what screen and lights show. Pure functions of state."""

from stimcore import interlock

BUTTONS = ("START", "STOP", "UP", "DOWN", "SELECT")
DEBOUNCE_MS = 20


class Button:
    """One debounced button: `step(now_ms, down)` returns "press", "hold" or "" (each once a press)."""

    def __init__(self, hold_ms):
        self._hold_ms = hold_ms
        self._changed_ms = 0
        self._raw = False
        self._held = False
        self.down = False

    @property
    def busy(self):
        """False once it is up and has been for long enough: then it need not be stepped."""
        return self.down or self._raw

    def step(self, now_ms, down):
        """Take the level of this moment; say what just happened."""
        if down != self._raw:
            self._raw = down
            self._changed_ms = now_ms
        stable_ms = now_ms - self._changed_ms
        if self.down != down and stable_ms >= DEBOUNCE_MS:
            self.down = down
            self._held = False
            return "press" if down else ""
        if self.down and down and not self._held and stable_ms >= self._hold_ms:
            self._held = True
            return "hold"
        return ""


def lights(session):
    """(ready, output, fault): green, yellow, red. Yellow while output can flow."""
    return session.state == "READY", session.armed, session.state == "FAULT"


def _clock(seconds):
    return "%02d:%02d" % (seconds // 60, seconds % 60)


def _ma(ua):
    return "%3d.%d" % (ua // 1_000, ua % 1_000 // 100)


def screen(session, usb_power):
    """What the screen shows: a tuple of (x, y, scale, text), 128 x 64, 8-pixel characters times scale."""
    state = session.state
    if state == "FAULT":
        first, _, second = interlock.REASONS[interlock.CODES[session.latch.reason]][1].partition("|")
        return ((0, 0, 2, "STOPPED"), (0, 24, 1, first), (0, 36, 1, second), (0, 54, 1, session.hint or "Output is off"))
    if state in ("ARMED", "RUNNING", "PAUSED"):
        return _running_screen(session)
    if state == "ENDED":
        return ((0, 0, 2, "Finished"), (0, 24, 1, "Output is off"), (0, 54, 1, "Press START"))
    if session.program is None:
        return ((0, 0, 2, "Not set"), (0, 24, 1, "No prescription"), (0, 36, 1, "Ask your"), (0, 46, 1, "clinician"))
    hint = session.hint or ("Unplug USB" if usb_power else "Hold START")
    return ((0, 0, 2, "Ready"), (0, 24, 1, session.program["name"][:16]),
            (0, 36, 1, _clock(session.program["session_s"])), (0, 54, 1, hint))


def _running_screen(session):
    rows = [(0, 0, 1, session.program["name"][:16]), (88, 54, 1, _clock(session.left_s))]
    for channel in session.program["channels"]:
        y = 12 if channel == 1 else 32
        chosen = ">" if session.channel in (0, channel) else " "
        rows.append((0, y + 4, 1, chosen + str(channel)))
        rows.append((24, y, 2, _ma(session.ua[channel - 1])))
        rows.append((104, y + 6, 1, "mA"))
    rows.append((0, 54, 1, {"ARMED": "Get ready", "PAUSED": "Paused"}.get(session.state, "Running")))
    return tuple(rows)
