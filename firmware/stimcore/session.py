"""The session: READY, ARMED, RUNNING, PAUSED, ENDED, FAULT. Takes time and inputs, says what the hardware shall do.

Nothing here raises intensity by itself: amplitude rises by UP alone, and every entry starts at 0. No pins, no clocks.
"""

from stimcore import interlock, limits
from stimcore.train import Envelope

STATES = ("BOOT", "READY", "ARMED", "RUNNING", "PAUSED", "ENDED", "FAULT", "SERVICE")
HOLD_MS = 1_000
STEP_UA = limits.STEP_UA_MAX
SLEW_UA_PER_MS = 100  # a step of 1 mA takes 10 ms; full scale takes a second
ARM_SETTLE_MS = 100  # at 0 mA, high voltage on, before the first pulse


class Inputs:
    """What the supervisor saw in this round. Plain fields, made once, overwritten every round."""

    def __init__(self):
        self.loop_open = False  # INTERLOCK_N is low now
        self.output_fault = ""  # reason why the output stage is off or must go off
        self.stop_down = False
        self.usb_power = False
        self.usb_isolated = False
        self.train_started = True  # False while a program waits for its trigger
        self.supply_ok = True
        self.temperature_ok = True
        self.pressed = ""  # a button that just went down: START UP DOWN SELECT, or ""
        self.held = ""  # a button that has just been down for HOLD_MS, once a hold


class Session:
    """One device's session. `step(now_ms, inputs)` once a round; then read `armed`, `pulsing`, `ua`, `state`, `event`.

    armed: outputs may be driven. pulsing: the trains run. ua: current of each channel in uA, envelope applied.
    `event` is (name, fields) of what just happened, for the journal, or None.
    """

    def __init__(self):
        self._enter("BOOT")
        self.latch = interlock.Latch()
        self.programs = ()
        self.caps_ua = (0, 0)
        self.selected = 0
        self.channel = 0  # 0: both
        self.ua = [0, 0]
        self.set_ua = [0, 0]  # what the patient asked for
        self.peak_ua = [0, 0]
        self.hint = ""
        self.fresh = False  # armed for a new session, not to go on with a paused one
        self.event = None
        self._since_ms = 0
        self._left_ms = 0
        self._train_ms = 0
        self._last_ms = 0
        self._fade_ms = 0  # > 0: ramping down to end or pause
        self._after_fade = ""
        self._envelope = None
        self._ramps_phase = False
        self._permille = 0
        self._moving = False  # the currents are not yet what was asked for

    def _enter(self, state):
        """The one place that changes state; `armed` and `pulsing` follow from it."""
        self.state = state
        self.armed = state in ("ARMED", "RUNNING")
        self.pulsing = state == "RUNNING"
        self._watched = self.armed or state == "PAUSED"

    @property
    def program(self):
        """The selected program, or None without a prescription."""
        return self.programs[self.selected] if self.programs else None

    @property
    def left_s(self):
        return (self._left_ms + 999) // 1_000

    def load(self, programs, caps_ua):
        """Take the programs and caps of an accepted prescription. Only while nothing is armed."""
        self.programs = programs
        self.caps_ua = caps_ua
        self.selected = 0

    def step(self, now_ms, inputs):
        """One round: faults first, then the buttons, then time."""
        elapsed = now_ms - self._last_ms
        self._last_ms = now_ms
        self.event = None
        fault = interlock.first_fault(inputs) if self._watched else None
        if fault:
            self.trip(fault)
        else:
            _HANDLERS[self.state](self, now_ms, elapsed, inputs)

    def trip(self, reason):
        """Latch a fault: amplitude 0, nothing armed. The first reason is kept."""
        if self.latch.trip(reason):
            self.event = ("fault", {"reason": reason, "state": self.state, "ua": list(self.set_ua)})
        self._zero()
        self._enter("FAULT")

    def _zero(self):
        for i in (0, 1):
            self.ua[i] = self.set_ua[i] = 0
        self._fade_ms = 0
        self._moving = True

    def _go(self, state, now_ms):
        self._enter(state)
        self._since_ms = now_ms
        self.hint = ""

    def _boot(self, now_ms, elapsed, inputs):
        self._go("READY", now_ms)

    def _ready(self, now_ms, elapsed, inputs):
        if inputs.pressed == "SELECT" and self.programs:
            self.selected = (self.selected + 1) % len(self.programs)
            self.hint = ""
        elif inputs.held == "START":
            self._try_arm(now_ms, inputs)

    def _try_arm(self, now_ms, inputs):
        """Arm if nothing forbids it; otherwise say what does."""
        fault = interlock.first_fault(inputs)
        if not self.programs:
            self.hint = "No prescription"
        elif fault:
            self.hint = interlock.REASONS[interlock.CODES[fault]][1].split("|")[0]
        else:
            self._zero()
            self.peak_ua[0] = self.peak_ua[1] = 0
            self.channel = 0
            self.fresh = True
            self._left_ms = self.program["session_s"] * 1_000
            self._envelope = Envelope(self.program)
            self._ramps_phase = self.program.get("ramp") == "phase"
            self._go("ARMED", now_ms)
            self.event = ("start", {"program": self.program["name"]})

    def _armed(self, now_ms, elapsed, inputs):
        if now_ms - self._since_ms >= ARM_SETTLE_MS:
            self._train_ms = 0
            self._go("RUNNING", now_ms)

    def _running(self, now_ms, elapsed, inputs):
        if inputs.train_started:
            self._train_ms += elapsed
        self._left_ms = max(0, self._left_ms - elapsed)
        if self._fade_ms:
            self._fade_ms = max(0, self._fade_ms - elapsed)
        if inputs.pressed or inputs.held:
            self._buttons(inputs)
        if self._left_ms == 0:
            self._finish("ENDED", now_ms)
        elif self._left_ms <= self._envelope.down_ms:
            self._fade("ENDED")
        if self._after_fade and self._fade_ms == 0:
            self._finish(self._after_fade, now_ms)
        if self.state == "RUNNING":
            self._apply(elapsed)

    def _buttons(self, inputs):
        if inputs.pressed == "DOWN":
            self._change(-STEP_UA)
        elif self._after_fade:
            return  # on the way to 0: only DOWN still counts
        elif inputs.pressed == "UP":
            self._change(STEP_UA)
        elif inputs.pressed == "SELECT":
            self.channel = (self.channel + 1) % 3
        elif inputs.pressed == "START":
            self._fade("PAUSED")
        elif inputs.held == "SELECT":
            self._fade("ENDED")

    def _change(self, step_ua):
        """One step on the chosen channels, between 0 and the cap; DOWN always works."""
        for channel in self.program["channels"]:
            if self.channel in (0, channel):
                i = channel - 1
                self.set_ua[i] = min(max(self.set_ua[i] + step_ua, 0), self.caps_ua[i])
        self._moving = True
        self.event = ("amplitude", {"ua": list(self.set_ua)})

    def _fade(self, then):
        if not self._after_fade:
            self._after_fade = then
            self._fade_ms = min(self._envelope.down_ms, self._left_ms)

    def _finish(self, state, now_ms):
        """Amplitude 0, trains off; ENDED and PAUSED differ only in what START does next."""
        self._zero()
        self._after_fade = ""
        if state == "ENDED":
            self.event = ("end", {"program": self.program["name"], "left_s": self.left_s, "peak_ua": list(self.peak_ua)})
        else:
            self.event = ("pause", {"left_s": self.left_s})
        self._go(state, now_ms)

    def _apply(self, elapsed):
        """Current of each channel: what the patient asked for, times envelope and fade; rising no faster than the slew limit."""
        permille = self._envelope.permille(self._train_ms)
        if self._ramps_phase and permille:
            permille = 1_000  # the ramp is in the phase duration; off times are still off
        if self._after_fade:
            permille = permille * self._fade_ms // max(1, self._envelope.down_ms)
        if permille != self._permille or self._moving:
            self._permille = permille
            self._moving = False
            for i in (0, 1):
                self._follow(i, permille, elapsed)

    def _follow(self, i, permille, elapsed):
        wanted = min(self.set_ua[i] * permille // 1_000, self.caps_ua[i])
        self.ua[i] = min(wanted, self.ua[i] + elapsed * SLEW_UA_PER_MS)
        if self.ua[i] != wanted:
            self._moving = True
        if self.ua[i] > self.peak_ua[i]:
            self.peak_ua[i] = self.ua[i]

    def _paused(self, now_ms, elapsed, inputs):
        if inputs.held == "START":
            self._zero()
            self.fresh = False
            self._go("ARMED", now_ms)
            self.event = ("resume", {"left_s": self.left_s})
        elif inputs.held == "SELECT":
            self._finish("ENDED", now_ms)

    def _ended(self, now_ms, elapsed, inputs):
        if inputs.pressed == "START":
            self._go("READY", now_ms)

    def _fault(self, now_ms, elapsed, inputs):
        """Only a person at the device leaves a fault, and only once its cause is gone; then to READY at 0 mA."""
        if inputs.held != "START":
            return
        if inputs.loop_open or inputs.stop_down:
            self.hint = "Still open"
            return
        self.event = ("rearm", {"reason": self.latch.reason})
        self.latch.clear()
        self._go("READY", now_ms)


_HANDLERS = {
    "BOOT": Session._boot, "READY": Session._ready, "ARMED": Session._armed, "RUNNING": Session._running,
    "PAUSED": Session._paused, "ENDED": Session._ended, "FAULT": Session._fault,
}
