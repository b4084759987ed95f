"""The patient's panel: debounced buttons, and what screen, lights and buzzer say. Pure functions of state, and tables."""

from stimcore import interlock

BUTTONS = ("START", "STOP", "UP", "DOWN", "SELECT")
PRESS_MS, RELEASE_MS = 10, 20  # a press counts soon; that contacts bounce is why a release counts later, and no press before it
STUCK_MS = 10_000  # down for longer than any hand means it
CHATTER_PRESSES, CHATTER_MS = 6, 1_000  # more presses in that time than a hand makes
QUIET_MS = 1_000  # a contact that chattered must have been up for this long to be believed again

# Buzzer: name of a signal: ms on, off, on … A later signal ends an earlier one.
BEEPS = {
    "press": (40,),
    "ready": (60, 60, 60),  # START may be held; for a board without a screen
    "offered": (200, 100, 200, 100, 200),  # a prescription waits for SELECT
    "taken": (400,),
    "locked": (40, 60, 40),  # and nothing happened
    "refused": (300,),
    "start": (100, 80, 100),
    "pause": (200, 100, 100),
    "end": (150, 100, 150, 100, 400),
    "fault": (50, 250, 120, 250, 600),
    "warning": (80, 80, 80, 80, 80),
}
_FLASHED = ("locked", "refused", "warning")  # red flashes with these
OFFERED = (True, False, True)  # lights while a prescription waits: green and red
_NEVER_MS = 1 << 62

# Fonts, as (columns, rows) that a dot of the 8 x 8 letters takes. y is always a multiple of 8.
SMALL, TALL, BIG, DIGITS = (1, 1), (1, 2), (2, 2), (2, 4)
LOCK, PAD_GOOD, PAD_BAD, PAD_UNKNOWN = "\x01", "\x02", "\x03", "\x04"
SYMBOLS = {  # 8 columns, lowest bit on top
    LOCK: b"\x00\xfc\xfa\xca\xca\xfa\xfc\x00",
    PAD_GOOD: b"\x7e\xff\xff\xff\xff\xff\xff\x7e",
    PAD_BAD: b"\xc3\xe7\x7e\x3c\x3c\x7e\xe7\xc3",
    PAD_UNKNOWN: b"\x7e\x81\x81\x81\x81\x81\x81\x7e",
}


class Button:
    """One debounced button: `step(now_ms, down)` returns "press", "hold" or "" (each once a press)."""

    def __init__(self, hold_ms):
        self._hold_ms = hold_ms
        self._changed_ms = 0
        self._raw = False
        self._held = False
        self._presses = 0
        self._counted_ms = 0
        self.down = False
        self.chatters = False

    @property
    def busy(self):
        """False once it is up and has been for long enough: then it need not be stepped."""
        return self.down or self._raw or self.chatters

    def step(self, now_ms, down):
        """Take the level of this moment; say what just happened."""
        if down != self._raw:
            self._raw = down
            self._changed_ms = now_ms
        stable_ms = now_ms - self._changed_ms
        if self.chatters and not down and stable_ms >= QUIET_MS:
            self.chatters = False
        if self.down != down and stable_ms >= (PRESS_MS if down else RELEASE_MS):
            self.down = down
            self._held = False
            if down:
                self._count(now_ms)
            return "press" if down else ""
        if self.down and down and not self._held and stable_ms >= self._hold_ms:
            self._held = True
            return "hold"
        return ""

    def _count(self, now_ms):
        if now_ms - self._counted_ms >= CHATTER_MS:
            self._counted_ms = now_ms
            self._presses = 0
        self._presses += 1
        if self._presses > CHATTER_PRESSES:
            self.chatters = True

    def down_ms(self, now_ms):
        """For how long it has been down without a bounce."""
        return now_ms - self._changed_ms if self._raw else 0


class Keys:
    """The five buttons together. `step` only while `busy` or one is down; `stuck` is the button that does not come up, or "".

    Two at once (STOP aside) do nothing, except that DOWN still counts. A button that is down at power-on, or for longer than
    STUCK_MS, means nothing until it has been up; one that chatters (STOP and DOWN aside, which only lower) until it is quiet. `bits`: which bit of the levels each button is, in the order of BUTTONS.
    """

    def __init__(self, bits, levels, hold_ms):
        self._bits = bits
        self._buttons = [Button(hold_ms) for _ in bits]
        self._ignored = levels
        self._told = 0  # of those that are stuck
        self._lowers = bits[BUTTONS.index("DOWN")] | bits[BUTTONS.index("STOP")]
        self._not_stop = ~bits[BUTTONS.index("STOP")]
        self.busy = True
        self.stuck = ""

    def step(self, now_ms, levels, inputs):
        """Set `pressed` and `held` of `inputs`. Returns the name of a button that has just been found stuck, or ""."""
        self.busy = False
        found = ""
        meant = levels & ~self._ignored & self._not_stop
        for i in range(len(self._bits)):
            button, bit = self._buttons[i], self._bits[i]
            happened = button.step(now_ms, bool(levels & bit))
            if button.busy:
                self.busy = True
                stuck = button.down_ms(now_ms) >= STUCK_MS or button.chatters and not self._lowers & bit
                if stuck and not self._told & bit:
                    found = self.stuck = BUTTONS[i]
                    self._told |= bit
                    self._ignored |= bit
            elif self._ignored & bit:
                self._ignored &= ~bit
                self._told &= ~bit
                if self.stuck == BUTTONS[i]:
                    self.stuck = ""
            if happened and meant & bit & ~self._ignored and (meant == bit or BUTTONS[i] == "DOWN"):
                if happened == "press":
                    inputs.pressed = BUTTONS[i]
                else:
                    inputs.held = BUTTONS[i]
        return found

    def spend(self):
        """The state has changed: a button that is down has had its effect. It is no hold in the new state, nor one of two at once."""
        for i in range(len(self._bits)):
            if self._buttons[i].down:
                self._ignored |= self._bits[i]


class Buzzer:
    """Plays BEEPS: `play(name, now_ms)`, then `step(now_ms)` whenever `due_ms` has come."""

    def __init__(self):
        self._pattern = ()
        self.flashes = False  # red goes with it
        self._at = 0
        self.due_ms = _NEVER_MS

    def play(self, name, now_ms):
        """Begin a signal with the next step."""
        self._pattern = BEEPS[name]
        self.flashes = name in _FLASHED
        self._at = 0
        self.due_ms = now_ms

    def step(self, now_ms):
        """Whether the buzzer sounds from now on."""
        if self._at == len(self._pattern):
            self.due_ms = _NEVER_MS
            return False
        self.due_ms = now_ms + self._pattern[self._at]
        self._at += 1
        return self._at % 2 == 1


def lights(session):
    """(ready, output, fault): green while START may be held, yellow while output can flow, red in a fault.

    Yellow stands for the 10 mA or 10 V at which an output is to be indicated: with high voltage on, an open output has that.
    """
    return session.state == "READY" and not session.wait_s and not session.expired, session.armed, session.state == "FAULT"


def _left(seconds):
    """Time left in 6 letters: minutes, rounded up; the last one in seconds."""
    return "%2d min" % ((seconds + 59) // 60) if seconds > 60 else "%4d s" % seconds


def _waiting(seconds):
    minutes = (seconds + 59) // 60
    return "Wait %d min" % minutes if minutes < 100 else "Wait %d h %d min" % (minutes // 60, minutes % 60)


def screen(session, usb_power):
    """What the screen shows: a tuple of (font, x, y, text), 128 x 64. Texts keep their length where that saves redrawing."""
    state = session.state
    if state == "FAULT":
        first, _, second = interlock.REASONS[interlock.CODES[session.latch.reason]][1].partition("|")
        return (BIG, 8, 0, "STOPPED"), (TALL, 0, 24, first), (TALL, 0, 40, second), (SMALL, 0, 56, session.hint or "Output is off")
    if session.rating.asking:
        return _question(session.rating)
    if state in ("ARMED", "RUNNING", "PAUSED"):
        return _running(session)
    if session.program is None:
        return (BIG, 8, 0, "Not set"), (TALL, 0, 24, "No prescription"), (TALL, 0, 48, session.hint or "Ask your clinic")
    minutes = (session.left_s + 59) // 60
    day = "%d minute%s" % (minutes, "s"[minutes == 1:]) if session.blink and not session.wait_s else "Left today: %d" % session.left_today
    return _name(session.program["name"]) + ((TALL, 0, 32, "%-16s" % day), (TALL, 0, 48, "%-16s" % _ready_hint(session, usb_power)))


def _ready_hint(session, usb_power):
    """What stands in the way, or what to do; the question about pain takes turns until it is answered."""
    if session.stuck:
        return session.stuck + " is stuck"
    if session.hint:
        return session.hint
    if session.expired:
        return "Out of date"
    if usb_power:
        return "Unplug USB"
    if session.wait_s:
        return _waiting(session.wait_s)
    if session.blink and session.rating.before is None:
        return "Pain? Press UP"
    return "Hold START"


def _name(name):
    """A program's name in two lines: of 8 large letters when its words fit, else of 16."""
    for font, letters in ((BIG, 8), (TALL, 16)):
        cut = len(name) if len(name) <= letters else name.rfind(" ", 0, letters + 1)
        if 0 < cut and len(name) - cut <= letters + 1:
            return (font, 0, 0, name[:cut]), (font, 0, 16, name[cut:].strip())
    return (TALL, 0, 0, name[:16]), (TALL, 0, 16, name[16:])


def _short(name):
    """A name in 9 letters, by whole words if that is possible."""
    return name if len(name) <= 9 else name[:max(name.rfind(" ", 0, 10), 0) or 9]


def _running(session):
    title = {"ARMED": "Get ready", "PAUSED": "Paused"}.get(session.state) or _short(session.program["name"])
    rows = [(TALL, 0, 0, title), (TALL, 80, 0, _left(session.left_s))]
    for channel in session.program["channels"]:
        i = channel - 1
        x, ua = 64 * i, session.set_ua[i]
        rows.append((TALL, x, 16, "%d:" % channel))
        rows.append((SMALL, x, 32, {None: PAD_UNKNOWN, True: PAD_GOOD, False: PAD_BAD}[session.contact[i]]))
        rows.append((SMALL, x, 40, "mA"))
        if ua % 1_000:  # at a cap between two steps
            rows.append((DIGITS, x + 16, 16, str(ua // 1_000)))
            rows.append((TALL, x + (48 if ua >= 10_000 else 32), 32, ".%d" % (ua % 1_000 // 100)))
        else:
            rows.append((DIGITS, x + 16, 16, "%-3d" % (ua // 1_000)))
    rows.append((TALL, 0, 48, "%-16s" % _status(session)))
    return tuple(rows)


def _status(session):
    """The bottom line while a session lasts: a warning, the lock, or what the buttons do."""
    if session.stuck:
        return session.stuck + " is stuck"
    if session.state == "ARMED":
        return "Starting at 0"
    if session.state == "PAUSED":
        return "SELECT ends" if session.blink else "Hold START"
    if session.locked:
        return LOCK + " " + (session.hint or "Locked")
    if session.resting:
        return "Resting"
    if len(session.program["channels"]) == 1:
        return "UP or DOWN"
    return "UP/DOWN: " + ("both", "only 1", "only 2")[session.channel]


def _question(rating):
    """One question: the answer large in the middle, what the ends of the scale mean beside it, what to press below."""
    value = rating.value
    if rating.asking == "skin":
        shown = "?" if value is None else "YES" if value else "NO"
        return ((TALL, 0, 0, "Skin looks fine?"), (DIGITS, 64 - 8 * len(shown), 16, shown),
                (TALL, 0, 48, "UP yes, DOWN no" if value is None else "START: done"))
    last = (TALL, 0, 48, "UP/DOWN: choose" if value is None else "START: done")
    title = "Pain now?" if rating.asking == "before" else "Done. Pain now?"
    shown = "?" if value is None else str(value)
    return ((TALL, 0, 0, title), (TALL, 0, 16, "0"), (TALL, 0, 32, "none"), (DIGITS, 64 - 8 * len(shown), 16, shown),
            (TALL, 112, 16, "10"), (TALL, 88, 32, "worst"), last)
