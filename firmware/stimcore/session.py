"""The session: READY, ARMED, RUNNING, PAUSED, ENDED, FAULT. Takes time and inputs, says what the
hardware shall do.

Nothing here raises intensity by itself: amplitude rises by UP alone, and every entry starts at 0.
No pins, no clocks.
"""

from stimcore import interlock, limits, monitor
from stimcore.breakage import Breakage
from stimcore.devicetime import DeviceTime
from stimcore.dose import DAY_S, Dose, next_progress_s
from stimcore.rating import Rating
from stimcore.steps import Steps
from stimcore.texts import Texts
from stimcore.train import Envelope

STATES = ("BOOT", "READY", "ARMED", "RUNNING", "PAUSED", "ENDED", "FAULT", "SERVICE")
HOLD_MS = 1_000
STEP_UA = limits.STEP_UA_MAX
SLEW_UA_PER_MS = 100  # a step of 1 mA takes 10 ms; full scale takes a second
ARM_SETTLE_MS = 100  # at 0 mA, high voltage on, before the first pulse
LOCK_MS = 4_000  # after the last press START, UP and SELECT are locked while RUNNING; DOWN unlocks
QUESTION_MS = 120_000  # a question that nobody answers goes away
PAUSE_MS = 600_000  # a pause that nobody ends is the end of the session
PAIN_STALE_MS = 1_800_000  # pain told earlier than this is not that of the session that starts
_LOOK_MS = 1_000
_HINT_MS = 10_000  # a hint may be out of date after this
_ASK_END_MS = 10_000  # whether to end: nobody answers, so no
_TURN_MS = 4_000  # what takes turns on the screen
_REST_SHOWN_MS = 5_000
_NEVER_DAY = 1 << 20


class Inputs:
    """What the supervisor saw in this round. Plain fields, made once, overwritten every round."""

    def __init__(self):
        self.loop_open = False  # INTERLOCK_N is low now
        self.output_fault = ""  # reason why the output stage is off or must go off
        self.output_channel = 0  # of it, where that is known
        self.stop_down = False
        self.usb_power = False
        self.usb_isolated = False
        self.train_started = True  # False while a program waits for its trigger
        self.supply_ok = True
        self.temperature_ok = True
        self.pressed = ""  # a button that just went down: START UP DOWN SELECT, or ""
        self.held = ""  # a button that has just been down for HOLD_MS, once a hold


class Session:
    """One device's session. `step(now_ms, inputs)` once a round; then read `armed`, `pulsing`,
    `ua`, `state`, `event`.

    armed: outputs may be driven. pulsing: the trains run. ua: current of each channel in uA,
    envelope applied. `event` is (name, fields) of what just happened, for the journal, or None.
    `redraw` is set when the panel has something new to show and `sound` names a signal of
    panel.BEEPS: whoever shows and sounds them clears them. `screen`: there is one to ask by.
    """

    def __init__(self, screen=True):
        # What every round asks for comes first: it is then found first.
        self._last_ms = self._core_ms = 0
        self._enter("BOOT")
        self.event = None
        self._left_ms = 0  # first timer: what the rounds leave of the session
        self._attend_ms = 0  # its next appointment: progress, ramp down, end
        self._end_ms = 0  # second timer: when it is over, by another clock
        self._moving = False  # currents or envelope may change without a button
        self.ua = [0, 0]
        self.sound = ""
        self.latch = interlock.Latch()
        self.time = DeviceTime(0)
        self.dose = Dose()
        self.breakage = Breakage()
        self.rating = Rating(screen)
        self.programs = ()
        # of the prescription: the last day, counted from 1970, on which a session may begin
        self.expires_day = 0
        self.expired = False
        self.caps_ua = (0, 0)
        self.selected = 0
        self.channel = self._channel_before = 0  # 0: both; before SELECT was pressed
        self.set_ua = [0, 0]  # what the patient asked for
        self.peak_ua = [0, 0]
        # of the electrodes, for the screen: True good, False bad, None not measured
        self.contact = [None, None]
        self.words = Texts()  # in the language of the prescription
        self.labels = ("", "")  # what the clinic calls the channels
        self.fault_label = ""  # of the channel that the fault is of
        self.hint = ""  # name of a text: why a button did nothing
        self.bar = 0  # how far a hold has come, for the screen
        self.asks_end = False  # SELECT was held; another hold ends the session
        self._asked_ms = 0
        self.stuck = ""  # a button that does not come up
        self.fresh = False  # armed for a new account of pulses, not to go on after a pause
        self.wait_s = 0  # READY: until START may be held
        self.left_today = 0
        self._since_ms = 0
        self._pressed_ms = 0
        self._looked_ms = 0
        self._marked_ms = 0
        self._told_ms = 0
        self._of_s = 0
        self._start_ms = 0
        self._rest_ms = 0  # what the second timer has left while the trains stand
        self._train_from_ms = 0
        self._after_fade = ""  # ramping down to this state
        self._fade_end_ms = 0
        self._following = True  # the currents are not yet what they shall be
        self._steps = Steps()
        self._envelope = None
        self._ramps_phase = False
        self._permille = 0

    def _enter(self, state):
        """The one place that changes state; `armed` and `pulsing` follow from it."""
        self.state = state
        self.armed = state in ("ARMED", "RUNNING")
        self.pulsing = state == "RUNNING"
        self._watched = self.armed or state == "PAUSED"
        self.asks_end = False
        self._show_anew()

    def _show_anew(self):
        """What takes turns on the screen begins with its first page."""
        self._shown_ms = self._last_ms
        self.redraw = True

    @property
    def program(self):
        """The selected program, or None without a prescription."""
        return self.programs[self.selected] if self.programs else None

    @property
    def left_s(self):
        """Seconds left of a session; in READY those that START would give."""
        if self.state == "READY":
            return self._of_s
        return max(0, self._left_ms + 999) // 1_000

    @property
    def locked(self):
        """True while only STOP and DOWN are taken."""
        return (
            self.state == "RUNNING"
            and self._last_ms - self._pressed_ms >= LOCK_MS
            and not self.asks_end
        )

    @property
    def broken(self):
        """True in a fault that only a self-test which would find it leads out of."""
        return self.state == "FAULT" and self.latch.reason in interlock.BROKEN

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

    @property
    def resting(self):
        """True in an off time that is long enough to tell the patient."""
        return (
            self.pulsing
            and self._train_ms > 0
            and self._permille == 0
            and self.program.get("off_ms", 0) >= _REST_SHOWN_MS
        )

    @property
    def _train_ms(self):
        """Since the trains began."""
        return self._last_ms - self._train_from_ms

    @property
    def turn(self):
        """Counts up every few seconds from the moment something is shown: for what takes turns
        on the screen.
        """
        return (self._last_ms - self._shown_ms) // _TURN_MS

    def numbers(self, into, at):
        """Write the five numbers that stand from one start of the trains to their stop: caps,
        program, length, end by the clock.
        """
        into[at], into[at + 1] = self.caps_ua
        into[at + 2], into[at + 3], into[at + 4] = self.selected, self._start_ms, self._end_ms

    @property
    def holds(self):
        """The buttons that mean something when they are held now."""
        if self.state == "RUNNING":
            return ("DOWN",) if self.locked or self._after_fade else ("DOWN", "SELECT")
        return _HOLDS.get(self.state, ())

    def load(self, programs, caps_ua, expires_day=_NEVER_DAY, language="en", labels=("", "")):
        """Take programs, caps, last day, language and names of the channels of an accepted
        prescription. Only while nothing is armed.
        """
        self.programs = programs
        self.expires_day = expires_day
        self.caps_ua = caps_ua
        self.words = Texts(language)
        self.labels = labels
        self.selected = 0
        self._look()
        self.redraw = True

    def told(self, uptime_ms):
        """For a record that carries the day: what this device must not forget when the power
        goes.
        """
        now_s = self.dose.now_s(uptime_ms)
        fields = self.dose.told(now_s)
        fields.update(self.breakage.told(now_s))
        return fields

    def step(self, now_ms, inputs, core_ms=None):
        """One round: faults first, then the buttons, then time. `core_ms`: another clock than
        `now_ms`, for the second timer.
        """
        elapsed = now_ms - self._last_ms
        self._last_ms = now_ms
        self._core_ms = now_ms if core_ms is None else core_ms
        self.event = None
        fault = interlock.first_fault(inputs) if self._watched else None
        if fault:
            self.trip(fault, inputs.output_channel if fault == inputs.output_fault else 0)
        else:
            _HANDLERS[self.state](self, now_ms, elapsed, inputs)

    def trip(self, reason, channel=0):
        """Latch a fault, of a channel where that is known: amplitude 0, nothing armed. The first
        reason is kept.
        """
        if self.latch.trip(reason):
            fields = {"reason": reason, "state": self.state, "ua": list(self.set_ua)}
            self.fault_label = ""
            if channel:
                fields["channel"] = channel
                self.fault_label = self.labels[channel - 1] or self.words.said["pads"] % channel
            if self._watched:
                fields.update(self._account(True))
                if reason in interlock.BROKEN:
                    self.breakage.found(self._now_s())
            self.event = ("fault", fields)
            self.sound = "fault"
        self._zero()
        self.hint = ""
        self._enter("FAULT")

    def _account(self, goes_on):
        """The session stops here: tell the dose, and what the record says of it."""
        stage = self._envelope.stage(self._train_ms) if self.pulsing else "none"
        left_ms = max(
            0, min(self._left_ms, self._end_ms - self._core_ms if self.pulsing else self._rest_ms)
        )
        self.dose.stop(self._now_s(), left_ms // 1_000, goes_on)
        return {
            "program": self.program["name"],
            "stage": stage,
            "left_s": left_ms // 1_000,
            "used_s": (self._start_ms - left_ms + 999) // 1_000,
            "peak_ua": list(self.peak_ua),
        }

    def _zero(self):
        for i in (0, 1):
            self.ua[i] = self.set_ua[i] = 0
        self._after_fade = ""
        self._moving = self._following = True

    def _go(self, state, now_ms):
        self._enter(state)
        self._since_ms = self._pressed_ms = now_ms
        self.hint = ""
        if state == "READY":
            self._look()

    def _now_s(self):
        """Powered time: what rest and the dose of a day count. No host moves it."""
        return self.dose.now_s(self._last_ms)

    def _boot(self, now_ms, elapsed, inputs):
        self._go("READY", now_ms)

    def _look(self):
        """What READY shows of the day: how long a session START would give, how long to wait for
        it, how many are left.
        """
        self._looked_ms = self._last_ms
        if self.programs:
            was, self.expired = (
                self.expired,
                self.time.now_s(self._last_ms) // DAY_S > self.expires_day,
            )
            if self.expired and not was:
                self.event = ("expired", {})  # on record, so that the date outlives a loss of power
            now_s, length_s = self._now_s(), self.program["session_s"]
            self._of_s = self.dose.left_s(now_s, self.selected) or length_s
            self.wait_s = self.dose.wait_s(now_s, self.selected, length_s)
            self.left_today = self.dose.left_today(now_s, length_s)

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

    def _tell(self, name):
        """Say why a button does nothing: the text of this name, from its first page on, and the
        tone of refusals.
        """
        self.hint = name
        self.sound = "refused"
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
        self.peak_ua[0] = self.peak_ua[1] = 0
        self.channel = self._channel_before = 0
        self.fresh = True
        fields = self.dose.begin(self._now_s(), self.selected, self.program["session_s"])
        if "open" not in fields and now_ms - self._told_ms > PAIN_STALE_MS:
            self.rating.before = None
        self._start_ms = self._left_ms = self._rest_ms = fields["left_s"] * 1_000
        self._envelope = Envelope(self.program)
        self._ramps_phase = self.program.get("ramp") == "phase"
        self._go("ARMED", now_ms)
        fields.update(self.breakage.told(self._now_s()))
        fields.update({"program": self.program["name"], "pain": self.rating.before})
        self.event = ("start", fields)

    def _armed(self, now_ms, elapsed, inputs):
        if now_ms - self._since_ms >= ARM_SETTLE_MS:
            self._train_from_ms = now_ms
            self._permille = 0
            self._steps.begin(monitor.longest_gap_us(self.program))
            self._end_ms = self._core_ms + self._rest_ms
            self._appoint()
            self._go("RUNNING", now_ms)
            self.sound = "start"

    def _appoint(self):
        """The first timer's next appointment: the ramp down, or progress before it."""
        used_s = (self._start_ms - self._left_ms) // 1_000
        self._attend_ms = max(
            self._start_ms - 1_000 * next_progress_s(used_s), self._envelope.down_ms
        )

    def _running(self, now_ms, elapsed, inputs):
        """Every 10 ms in therapy: what need not be asked each round has an appointment with one
        of the timers.
        """
        if not inputs.train_started:
            self._train_from_ms = now_ms
        left_ms = self._left_ms = self._left_ms - elapsed
        if inputs.pressed or inputs.held:
            self._running_buttons(now_ms, inputs)
        if left_ms <= self._attend_ms or self._core_ms >= self._end_ms:
            self._attend(now_ms)
        if self._moving and self.pulsing:
            self._move(now_ms, elapsed)
        if self.asks_end and now_ms - self._asked_ms >= _ASK_END_MS:
            self._answer_end()

    def _attend(self, now_ms):
        """One of the timers calls: the end by either of them, the ramp to it, or time to note
        progress.
        """
        if not self.pulsing:
            return
        if self._left_ms <= 0 or self._core_ms >= self._end_ms:
            self._finish("ENDED", now_ms)
        elif self._left_ms <= self._envelope.down_ms:
            self._attend_ms = 0
            self._fade("ENDED", now_ms)
        else:
            if not self.event:
                self._appoint()
                self.event = (
                    "progress",
                    {"left_s": self.left_s, "stage": self._envelope.stage(self._train_ms)},
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
            return  # on the way to 0: only DOWN still counts
        elif inputs.held == "SELECT" and not locked:
            self._hold_select(now_ms)
        elif self.asks_end:
            if pressed != "SELECT":  # it may become the hold that says yes
                self._answer_end()
        elif pressed == "UP" and not self._steps.take(now_ms):
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
            # the press that began the hold meant no other channel
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
        """One step on the chosen channels, between 0 and the cap; DOWN always works."""
        for channel in self.program["channels"]:
            if self.channel in (0, channel):
                i = channel - 1
                self.set_ua[i] = min(max(self.set_ua[i] + step_ua, 0), self.caps_ua[i])
        self._moving = self._following = True
        self.event = ("amplitude", {"ua": list(self.set_ua)})

    def _fade(self, then, now_ms):
        """Ramp down to a state, once; without a ramp go there at once."""
        if not self._after_fade:
            self._after_fade = then
            self._fade_end_ms = now_ms + min(self._envelope.down_ms, max(0, self._left_ms))
            self._moving = self.redraw = True

    def _finish(self, state, now_ms):
        """Amplitude 0, trains off; ENDED and PAUSED differ only in what START does next."""
        self._rest_ms = max(0, self._end_ms - self._core_ms) if self.pulsing else self._rest_ms
        self._zero()
        if state == "ENDED":
            self.event = ("end", self._account(False))
            self.rating.ask("after")
            self.sound = "end"
        else:
            self.event = ("pause", {"left_s": self.left_s})
            self.sound = "pause"
        self._go(state, now_ms)

    def end_now(self, why):
        """End a session that is armed or paused without a ramp, after its step; the record says
        why.
        """
        self._finish("ENDED", self._last_ms)
        self.event[1]["why"] = why

    def _move(self, now_ms, elapsed):
        """Current of each channel: what the patient asked for, times envelope and fade; rising
        no faster than the slew limit.
        """
        # 0 until a trigger has come: the first pulse of every start is at 0
        train_ms = now_ms - self._train_from_ms
        permille = self._envelope.permille(train_ms) if train_ms else 0
        if self._ramps_phase and permille:
            permille = 1_000  # the ramp is in the phase duration; off times are still off
        self._moving = permille != 1_000 or self._envelope.pulsates
        if self._after_fade:
            fade_ms = self._fade_end_ms - now_ms
            if fade_ms <= 0:
                self._finish(self._after_fade, now_ms)
                return
            permille = permille * fade_ms // self._envelope.down_ms
            self._moving = True
        if permille != self._permille or self._following:
            if not permille or not self._permille:
                self._steps.flow(now_ms, permille > 0)
            self._permille = permille
            self._following = False
            for i in (0, 1):
                self._follow(i, permille, elapsed)

    def _follow(self, i, permille, elapsed):
        wanted = min(self.set_ua[i] * permille // 1_000, self.caps_ua[i])
        self.ua[i] = min(wanted, self.ua[i] + elapsed * SLEW_UA_PER_MS)
        if self.ua[i] != wanted:
            self._moving = self._following = True
        if self.ua[i] > self.peak_ua[i]:
            self.peak_ua[i] = self.ua[i]

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
