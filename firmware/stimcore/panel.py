"""The patient's panel: debounced buttons, and what lights and buzzer say; the screen is
screens.py. Pure functions, and tables.
"""

BUTTONS = ("START", "STOP", "UP", "DOWN", "SELECT")
# A press counts soon; that contacts bounce is why a release counts later, and no press before it
PRESS_MS, RELEASE_MS = 10, 20
# Down for longer than any hand means it
STUCK_MS = 10_000
# More presses in such a time than a hand makes
CHATTER_PRESSES, CHATTER_MS = 6, 1_000
# A contact that chattered must have been up for this long to be believed again
QUIET_MS = 1_000

# Buzzer: name of a signal: ms on, off, on … A later signal ends an earlier one.
BEEPS = {
    "press": (40,),
    # START may be held; for a board without a screen
    "ready": (60, 60, 60),
    # A prescription waits for SELECT
    "offered": (200, 100, 200, 100, 200),
    "taken": (400,),
    # A button was pressed and nothing happened
    "locked": (40, 60, 40),
    "refused": (300,),
    "start": (100, 80, 100),
    "pause": (200, 100, 100),
    "end": (150, 100, 150, 100, 400),
    "fault": (50, 250, 120, 250, 600),
    "warning": (80, 80, 80, 80, 80),
}
# Red flashes with these
_FLASHED = ("locked", "refused", "warning")
# Old ears lose the high ones first
TONE_HZ, REFUSAL_HZ = 2_700, 1_000
# These sound in the tone of refusals
_LOW = ("locked", "refused")
# Lights while a prescription waits: green and red
OFFERED = (True, False, True)
_NEVER_MS = 1 << 62


class Button:
    """One debounced button: `step(now_ms, down)` returns "press", "hold" or "" (each once a
    press).
    """

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
    """The five buttons together. `step` only while `busy` or one is down; `stuck` is the button
    that does not come up, or "".

    Two at once (STOP aside) do nothing, except that DOWN still counts. A button that is down at
    power-on, or for longer than STUCK_MS, means nothing until it has been up; one that chatters
    (STOP and DOWN aside, which only lower) until it is quiet. `bits`: which bit of the levels each
    button is, in the order of BUTTONS.
    """

    def __init__(self, bits, levels, hold_ms):
        self._bits = bits
        self._buttons = [Button(hold_ms) for _ in bits]
        self._ignored = levels
        # The levels of those that are stuck, as they were told
        self._told = 0
        self._lowers = bits[BUTTONS.index("DOWN")] | bits[BUTTONS.index("STOP")]
        self._not_stop = ~bits[BUTTONS.index("STOP")]
        self.busy = True
        self.stuck = ""
        # The levels of those that are down and not ignored, STOP aside
        self._meant = 0

    def step(self, now_ms, levels, inputs):
        """Set `pressed` and `held` of `inputs`. Returns the name of a button that has just been
        found stuck, or "".
        """
        self.busy = False
        found = ""
        meant = self._meant = levels & ~self._ignored & self._not_stop
        for i in range(len(self._bits)):
            button, bit = self._buttons[i], self._bits[i]
            happened = button.step(now_ms, bool(levels & bit))
            if button.busy:
                self.busy = True
                stuck = (
                    button.down_ms(now_ms) >= STUCK_MS or button.chatters and not self._lowers & bit
                )
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

    def holding_ms(self, name, now_ms):
        """For how long a button has been down alone and meant; 0 for one that is up, ignored, or
        one of two.
        """
        i = BUTTONS.index(name)
        button, bit = self._buttons[i], self._bits[i]
        return button.down_ms(now_ms) if button.down and self._meant == bit else 0

    def spend(self):
        """The state has changed: a button that is down has had its effect. It is no hold in the
        new state, nor one of two at once.
        """
        for i in range(len(self._bits)):
            if self._buttons[i].down:
                self._ignored |= self._bits[i]
                self._meant &= ~self._bits[i]


class Buzzer:
    """Plays BEEPS: `play(name, now_ms)`, then `step(now_ms)` whenever `due_ms` has come."""

    def __init__(self):
        self._pattern = ()
        # Red goes with it
        self.flashes = False
        self.hz = TONE_HZ
        self._at = 0
        self.due_ms = _NEVER_MS

    def play(self, name, now_ms):
        """Begin a signal with the next step."""
        self._pattern = BEEPS[name]
        self.flashes = name in _FLASHED
        self.hz = REFUSAL_HZ if name in _LOW else TONE_HZ
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
    """(ready, output, fault): green while START may be held, yellow while output can flow, red in a
    fault.

    Yellow stands for the 10 mA or 10 V at which an output is to be indicated: with high voltage on,
    an open output has that.
    """
    return (
        session.state == "READY" and not session.wait_s and not session.expired,
        session.armed,
        session.state == "FAULT",
    )
