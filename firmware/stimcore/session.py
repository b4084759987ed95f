"""The session: READY, ARMED, RUNNING, PAUSED, ENDED, FAULT. Takes time and inputs, says what the
hardware shall do.

Nothing here raises intensity by itself: amplitude rises by UP alone, and every entry starts at 0.
No pins, no clocks.
"""

from stimcore import interlock
from stimcore.therapy import Therapy

# A question that nobody answers goes away
QUESTION_MS = 120_000
# Pain told earlier than this is not that of the session that starts
PAIN_STALE_MS = 1_800_000
_LOOK_MS = 1_000
# A hint may be out of date after this
_HINT_MS = 10_000


class Session(Therapy):
    """One device's session. `step(now_ms, inputs)` once a round; then read `armed`, `pulsing`,
    `ua`, `state`, `event`.

    armed: outputs may be driven. pulsing: the trains run. ua: current of each channel in uA,
    ramps applied. `event` is (name, fields) of what just happened, for the journal, or None.
    """

    def __init__(self, screen=True):
        Therapy.__init__(self, screen)
        self._marked_ms = 0
        self._told_ms = 0

    @property
    def holds(self):
        """The buttons that mean something when they are held now."""
        if self.state == "RUNNING":
            return ("DOWN",) if self.locked or self._after_fade else ("DOWN", "SELECT")
        return _HOLDS.get(self.state, ())

    def step(self, now_ms, inputs, core_ms=None):
        """One round: faults first, then the buttons, then time. `core_ms`: another clock than
        `now_ms`, for the second timer.
        """
        elapsed = now_ms - self._last_ms
        self._last_ms = now_ms
        # What stands is not written again: each write asks four classes for a property of that name
        core_ms = now_ms if core_ms is None else core_ms
        if core_ms != self._core_ms:
            self._core_ms = core_ms
        if self.event:
            self.event = None
        fault = interlock.first_fault(inputs) if self._watched else None
        if fault:
            self.trip(fault, inputs.output_channel if fault == inputs.output_fault else 0)
        else:
            _HANDLERS[self.state](self, now_ms, elapsed, inputs)

    def _boot(self, now_ms, elapsed, inputs):
        self._go("READY", now_ms)

    def _ready(self, now_ms, elapsed, inputs):
        if inputs.pressed:
            self._ready_pressed(inputs.pressed, now_ms)
        elif inputs.held == "START":
            self._try_arm(now_ms, inputs)
        elif now_ms - self._looked_ms >= _LOOK_MS:
            self._look()
            self.redraw = True
            if now_ms - self._pressed_ms >= _HINT_MS:
                self.hint = ""
            if self.wait_s and now_ms - self._marked_ms >= 1_000 * self.dose.mark_s(self.wait_s):
                self._marked_ms = now_ms
                self.event = ("wait", {"wait_s": self.wait_s})
        if self.rating.asking and (inputs.stop_down or now_ms - self._pressed_ms >= QUESTION_MS):
            self._ask("")

    def _ask(self, question):
        self.rating.ask(question)
        self._show_anew()

    def _ready_pressed(self, name, now_ms):
        """SELECT changes the program; UP or DOWN opens the question about pain, which only waits
        and is in nobody's way.
        """
        self._pressed_ms = now_ms
        self.hint = ""
        if self.rating.asking:
            self.rating.button(name)
            self._told_ms = now_ms
        elif name == "SELECT" and self.programs:
            self.selected = (self.selected + 1) % len(self.programs)
            self._look()
        elif name != "START" and self.programs:
            self.rating.ask("before")
        self._show_anew()

    def _try_arm(self, now_ms, inputs):
        """Arm if nothing forbids it; otherwise say what does, for a while."""
        self._pressed_ms = now_ms
        self._look()
        fault = interlock.first_fault(inputs)
        if not self.programs:
            self._tell("no_prescription")
        elif self.expired:
            self._tell("expired")
        elif fault:
            self._tell(fault)
        elif self.wait_s:
            self._tell("")
        else:
            self._arm(now_ms)

    def _arm(self, now_ms):
        self._zero()
        self.rating.ask("")
        self.channel = self._channel_before = 0
        self.fresh = True
        fields = self.dose.begin(self._now_s(), self.selected, self.program["session_s"])
        if "open" not in fields and now_ms - self._told_ms > PAIN_STALE_MS:
            self.rating.before = None
        self.timers.begin(fields["left_s"] * 1_000)
        self.strength.begin(self.program)
        self._go("ARMED", now_ms)
        fields.update(self.breakage.told(self._now_s()))
        fields.update({"program": self.program["name"], "pain": self.rating.before})
        self.event = ("start", fields)

    def _ended(self, now_ms, elapsed, inputs):
        """Questions, as long as somebody answers; then READY. STOP, or two minutes without a
        button, leaves them too.
        """
        if inputs.pressed:
            self._pressed_ms = now_ms
            self.redraw = True
            self.rating.button(inputs.pressed)
            self._show_anew()
        if not self.rating.asking or inputs.stop_down or now_ms - self._pressed_ms >= QUESTION_MS:
            self.event = ("rating", self.rating.told())
            skin = self.rating.skin
            self.rating.clear()
            self._marked_ms = now_ms
            self._go("READY", now_ms)
            self.hint = "skin_not_fine" if skin is False else ""

    def _fault(self, now_ms, elapsed, inputs):
        """Only a person at the device leaves a fault, and only once its cause is gone; then to
        READY at 0 mA.
        """
        if self.hint and now_ms - self._shown_ms >= _HINT_MS:
            self.hint = ""
            self._show_anew()
        if inputs.held != "START":
            return
        fault = interlock.first_fault(inputs)
        if self.breakage.locked:
            self._tell("service")
            return
        if fault:
            self._tell("still_open" if inputs.loop_open or inputs.stop_down else fault)
            return
        self.event = ("rearm", {"reason": self.latch.reason})
        self.latch.clear()
        self._go("READY", now_ms)


_HANDLERS = {
    "BOOT": Session._boot,
    "READY": Session._ready,
    "ARMED": Session._armed,
    "RUNNING": Session._running,
    "PAUSED": Session._paused,
    "ENDED": Session._ended,
    "FAULT": Session._fault,
}
# {state: buttons that mean something when held}; RUNNING asks for more
_HOLDS = {"READY": ("START",), "PAUSED": ("START", "SELECT"), "FAULT": ("START",)}
