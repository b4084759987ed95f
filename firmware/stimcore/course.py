"""The course of a session, whatever its state: where it stands, what it has had, how it ends, how
a fault ends it. Amplitude is 0 at every entry. No pins, no clocks.
"""

from stimcore import interlock
from stimcore.breakage import Breakage
from stimcore.devicetime import DeviceTime
from stimcore.dose import DAY_S, Dose
from stimcore.face import Face
from stimcore.rating import Rating
from stimcore.states import GOING_ON
from stimcore.strength import Strength
from stimcore.texts import Texts
from stimcore.timers import Timers

_NEVER_DAY = 1 << 20


class Course(Face):
    """What every state shares. `screen`: there is one to ask by."""

    def __init__(self, screen=True):
        # What every round asks for comes first: it is then found first.
        self._last_ms = self._core_ms = 0
        self.event = None
        self.timers = Timers()
        self.strength = Strength()
        Face.__init__(self)
        self._enter("BOOT")
        # The lists themselves: they are written in place
        self.ua, self.set_ua = self.strength.ua, self.strength.set_ua
        self.latch = interlock.Latch()
        self.time = DeviceTime(0)
        self.dose = Dose()
        self.breakage = Breakage()
        self.rating = Rating(screen)
        self.programs = ()
        # The prescription's last day, counted from 1970, on which a session may begin
        self.expires_day = 0
        self.expired = False
        self.selected = 0
        # In READY: what is left until START may be held
        self.wait_s = 0
        self.left_today = 0
        self._of_s = 0
        self._looked_ms = 0
        self._since_ms = 0
        self._pressed_ms = 0
        # The state that a ramp down leads to
        self._after_fade = ""

    def _enter(self, state):
        """The one place that changes state; `armed` and `pulsing` follow from it."""
        self.state = state
        self.armed = state in ("ARMED", "RUNNING")
        self.pulsing = state == "RUNNING"
        self._watched = state in GOING_ON
        self.asks_end = False
        self._show_anew()

    @property
    def program(self):
        """The selected program, or None without a prescription."""
        return self.programs[self.selected] if self.programs else None

    @property
    def caps_ua(self):
        """Of the prescription, one a channel."""
        return self.strength.caps_ua

    @property
    def left_s(self):
        """Seconds left of a session; in READY those that START would give."""
        if self.state == "READY":
            return self._of_s
        return self.timers.left_s()

    @property
    def broken(self):
        """True in a fault that only a self-test which would find it leads out of."""
        return self.state == "FAULT" and self.latch.reason in interlock.BROKEN

    def numbers(self, into, at):
        """Write the ten numbers that stand from one start of the trains to their stop: program,
        length, end by the clock, caps, ramp.
        """
        timers = self.timers
        into[at], into[at + 1], into[at + 2] = self.selected, timers.start_ms, timers.end_ms
        self.strength.numbers(into, at + 3)

    def stands(self):
        """Between two rounds: does what the outputs follow fit the state and what was asked for?"""
        running = self.state == "RUNNING"
        return (
            self.pulsing == running
            and self.armed == (running or self.state == "ARMED")
            and self._watched == (self.state in GOING_ON)
            and self.strength.stands()
        )

    def load(self, programs, caps_ua, expires_day=_NEVER_DAY, language="en", labels=("", "")):
        """Take programs, caps, last day, language and names of the channels of an accepted
        prescription. Only while nothing is armed.
        """
        self.programs = programs
        self.expires_day = expires_day
        self.strength.caps_ua = caps_ua
        self.words = Texts(language)
        self.labels = labels
        self.selected = 0
        self._look()
        self.redraw = True

    def nobody_yet(self):
        """Whoever comes next has had nothing: for a board without an output stage."""
        self.dose = Dose()

    def told(self, uptime_ms):
        """For a record that carries the day: what this device must not forget when the power
        goes.
        """
        now_s = self.dose.now_s(uptime_ms)
        fields = self.dose.told(now_s)
        fields.update(self.breakage.told(now_s))
        return fields

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
        stage = self.strength.stage(self._last_ms) if self.pulsing else "none"
        left_ms = self.timers.least_ms(self._core_ms, self.pulsing)
        self.dose.stop(self._now_s(), left_ms // 1_000, goes_on)
        return {
            "program": self.program["name"],
            "stage": stage,
            "left_s": left_ms // 1_000,
            "used_s": (self.timers.start_ms - left_ms + 999) // 1_000,
            "peak_ua": list(self.strength.peak_ua),
        }

    def _zero(self):
        self.strength.zero()
        self._after_fade = ""

    def _go(self, state, now_ms):
        self._enter(state)
        self._since_ms = self._pressed_ms = now_ms
        self.hint = ""
        if state == "READY":
            self._look()

    def _now_s(self):
        """Powered time: what rest and the dose of a day count. No host moves it."""
        return self.dose.now_s(self._last_ms)

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
                # On record, so that the date outlives a loss of power
                self.event = ("expired", {})
            now_s, length_s = self._now_s(), self.program["session_s"]
            self._of_s = self.dose.left_s(now_s, self.selected) or length_s
            self.wait_s = self.dose.wait_s(now_s, self.selected, length_s)
            self.left_today = self.dose.left_today(now_s, length_s)

    def _finish(self, state, now_ms):
        """Amplitude 0, trains off; ENDED and PAUSED differ only in what START does next."""
        if self.pulsing:
            self.timers.stop(self._core_ms)
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
        _, fields = self.event
        fields["why"] = why
