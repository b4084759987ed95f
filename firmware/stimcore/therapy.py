"""ARMED, RUNNING and PAUSED: what the buttons and the timers do while somebody is treated.

Nothing here raises intensity by itself: amplitude rises by UP alone.
"""

from stimcore import limits, monitor
from stimcore.course import Course
from stimcore.strength import STEP_UA

# At 0 mA, high voltage on, before the first pulse
ARM_SETTLE_MS = 100
# After the last press START, UP and SELECT are locked while RUNNING; DOWN unlocks
LOCK_MS = 4_000
# A pause that nobody ends is the end of the session
PAUSE_MS = 600_000
# Whether to end: nobody answers, so no
_ASK_END_MS = 10_000
_REST_SHOWN_MS = 5_000


class Therapy(Course):
    """The states in which a session goes on."""

    def __init__(self, screen=True):
        Course.__init__(self, screen)
        # 0 means both channels; the second is the choice before SELECT was pressed
        self.channel = self._channel_before = 0
        # Armed for a new account of pulses, not to go on after a pause
        self.fresh = False
        self._asked_ms = 0

    @property
    def locked(self):
        """True while only STOP and DOWN are taken."""
        return (
            self.state == "RUNNING"
            and self._last_ms - self._pressed_ms >= LOCK_MS
            and not self.asks_end
        )

    @property
    def resting(self):
        """True in an off time that is long enough to tell the patient."""
        return (
            self.pulsing
            and self._last_ms > self.strength.train_from_ms
            and self.strength.permille == 0
            and self.program.get("off_ms", 0) >= _REST_SHOWN_MS
        )

    @property
    def glance(self):
        """What the screen of therapy says that time alone changes, as one number: while it stays
        there is nothing to draw.
        """
        left_s = self.left_s
        return (
            (left_s if left_s <= 60 else -((left_s + 59) // 60)) * 4
            + self.locked * 2
            + self.resting
        )

    def _armed(self, now_ms, elapsed, inputs):
        if now_ms - self._since_ms >= ARM_SETTLE_MS:
            self.strength.start(now_ms, monitor.longest_gap_us(self.program))
            self.timers.start(self._core_ms, self.strength.down_ms())
            self._go("RUNNING", now_ms)
            self.sound = "start"

    def _running(self, now_ms, elapsed, inputs):
        """Every 10 ms in therapy: what need not be asked each round has an appointment with one
        of the timers.
        """
        strength = self.strength
        if not inputs.train_started:
            strength.train_from_ms = now_ms
        due = self.timers.due(elapsed, self._core_ms)
        if inputs.pressed or inputs.held:
            self._running_buttons(now_ms, inputs)
        if due:
            self._attend(now_ms)
        if strength.moving and self.pulsing and strength.move(now_ms, elapsed):
            self._finish(self._after_fade, now_ms)
        if self.asks_end and now_ms - self._asked_ms >= _ASK_END_MS:
            self._answer_end()

    def _attend(self, now_ms):
        """One of the timers calls: the end by either of them, the ramp to it, or time to note
        progress.
        """
        timers, down_ms = self.timers, self.strength.down_ms()
        if timers.over(self._core_ms):
            self._finish("ENDED", now_ms)
        elif timers.left_ms <= down_ms:
            timers.attend_ms = 0
            self._fade("ENDED", now_ms)
        elif not self.event:
            timers.appoint(down_ms)
            self.event = (
                "progress",
                {"left_s": self.left_s, "stage": self.strength.stage(now_ms)},
            )

    def _running_buttons(self, now_ms, inputs):
        """A press that is locked is swallowed; DOWN always works, unlocks, and held goes to 0."""
        self.redraw = True
        pressed, locked = inputs.pressed, self.locked
        if pressed == "DOWN" or inputs.held == "DOWN":
            self._answer_end()
            self._change(-STEP_UA if pressed else -limits.RANGES["amplitude_ua"][1])
        elif pressed and locked:
            self.hint = "press_down"
            self.sound = "locked"
            return
        elif self._after_fade:
            # On the way to 0: only DOWN still counts
            return
        elif inputs.held == "SELECT" and not locked:
            self._hold_select(now_ms)
        elif self.asks_end:
            # It may become the hold that says yes
            if pressed != "SELECT":
                self._answer_end()
        elif pressed == "UP" and not self.strength.steps.take(now_ms):
            self._pressed_ms = now_ms
            self.hint = "feel_first"
            self.sound = "locked"
            return
        elif pressed == "UP":
            self._change(STEP_UA)
        elif pressed == "SELECT":
            self._channel_before = self.channel
            self.channel = (self.channel + 1) % 3 if len(self.program["channels"]) == 2 else 0
        elif pressed == "START":
            self._fade("PAUSED", now_ms)
        if pressed:
            self.hint = ""
            self._pressed_ms = now_ms

    def _hold_select(self, now_ms):
        """Ask whether to end, and end when it is held again: a hold by mistake takes none of the
        day's sessions.
        """
        if not self.asks_end:
            self.asks_end = True
            self._asked_ms = now_ms
            # The press that began the hold meant no other channel
            self.channel = self._channel_before
            self._show_anew()
        elif self.state == "PAUSED":
            self._finish("ENDED", now_ms)
        else:
            self._answer_end()
            self._fade("ENDED", now_ms)

    def _answer_end(self):
        """No, or nobody answered: what was shown before."""
        if self.asks_end:
            self.asks_end = False
            self._show_anew()

    def _change(self, step_ua):
        """One step on the chosen channels; DOWN always works."""
        self.strength.change(step_ua, self.program["channels"], self.channel)
        self.event = ("amplitude", {"ua": list(self.set_ua)})

    def _fade(self, then, now_ms):
        """Ramp down to a state, once; without a ramp go there at once."""
        if not self._after_fade:
            self._after_fade = then
            self.strength.fade(now_ms, self.timers.left_ms)
            self.redraw = True

    def _paused(self, now_ms, elapsed, inputs):
        if inputs.held == "START":
            self._zero()
            self.fresh = False
            self._go("ARMED", now_ms)
            self.event = ("resume", {"left_s": self.left_s})
        elif now_ms - self._since_ms >= PAUSE_MS:
            self._finish("ENDED", now_ms)
        elif inputs.held == "SELECT":
            self._hold_select(now_ms)
        elif (
            inputs.pressed
            and inputs.pressed != "SELECT"
            or self.asks_end
            and now_ms - self._asked_ms >= _ASK_END_MS
        ):
            self._answer_end()
