"""Brings the hardware in line with the session: arm, start, feed, stop, disarm. Every start is at
amplitude 0.

And says in every round whether the output stage is still what was armed (`fault`).
"""

from app.books import Books
from app.numbers import Numbers
from app.step import Step
from stimcore import monitor
from stimcore.pulse import start_count
from stimcore.train import Train

# Rounds between two looks at the pulse count while the current stands
_BOOK_EVERY = 50
# What a current rises in a round: the slew limit over the longest round that the dead-man allows
_STEP_MOST_UA = 6_400
# What the amplitude may give at rest
_NOTHING_UA = (0, 0)
# No monitor could stop a leg that is high for too long: the guard was not armed
_UNARMED = "width"
_SOME_ROUNDS = 15
# Of those: in each it would take a hundredth of the CPU
_FEW_ROUNDS = 1
# `register` when one of the numbers is not what it was
NUMBERS = -6
# `register` when a pulse began while none of its train may
TOO_SOON = -7
# `register` when a pulse machine seems to be in one pulse for longer than any takes
ENDLESS = -8
# `register` when the channels have lost the distance that was asked for
OUT_OF_STEP = -9


class Outputs(Books):
    """`apply(session)` once a round. `hal` has guard, engine, amplitude, monitors, sensing and
    watch.
    """

    def __init__(self, hal, board):
        Books.__init__(self, hal, board)
        self._guard = hal.guard
        self._amplitude = hal.amplitude
        self._monitors = hal.monitors
        self._watch = hal.watch
        self._step = Step(hal.sensing, hal.flash_writes)
        self.armed = False
        # Whether a train waits for a trigger
        self.waiting = False
        # The current has not changed between two looks
        self._stood = [False, False]
        self._asked_ua = [0, 0]
        self._rounds = 0
        self._session = None
        # (channel, Train, start count) of what is armed
        self._prepared = []
        self._numbers = Numbers(hal.amplitude, board)
        # At rest, with a calibration
        self.stands = self._numbers.at_rest
        self._turn = 0

    def fault(self, levels):
        """Reason why the outputs are off, or must go off; "" while all is as it was armed. Only
        while armed.
        """
        if self._late == _UNARMED:
            return _UNARMED
        self._turn = self._turn + 1 & _SOME_ROUNDS
        wrong = self._watch.wrong() or (0 if self._turn else self._compared())
        if wrong:
            return self._why(wrong, levels)
        if levels.short or self._late:
            return "short" if levels.short else self._late
        if self.pulsing and not self._turn & _FEW_ROUNDS and self._step.lost():
            self.channel, self.register = 0, OUT_OF_STEP
            return "registers"
        return ""

    def _compared(self):
        """NUMBERS when a number is not what it was. In time: before a current is set, and every
        16th round.

        Words worked out with a wrong number are not sent before the block of 32 pulses before them.
        """
        session = self._session
        asked = not (self.pulsing and session.pulsing) or session.set_ua == self._asked_ua
        stands = asked and session.stands() and self._numbers.stand(session, self._trains)
        return 0 if stands else NUMBERS

    def _why(self, wrong, levels):
        """Name what the watch has found, the most telling first."""
        self.channel = 0
        for i in range(len(self._meters)):
            if self._meters[i].fault:
                self.channel = i + 1
                if self._meters[i].fault == "registers":
                    self.register = TOO_SOON
                return self._meters[i].fault
        if self._guard.tripped():
            if self._guard.expired():
                return "deadman"
            # A short may have happened since the round began
            levels.read()
            if levels.short:
                return "short"
            if not self._monitors.tripped() and not self._guard.let_go():
                return "interlock_open"
        # It may pull, and INTERLOCK_N not fall
        if self._monitors.tripped():
            return "width"
        self.register = wrong
        # It is told until the output is off
        self._late = "registers"
        return self._late

    def endless_pulse(self):
        """Who waited for a gap between the pulses found none: the reason to trip."""
        self.channel, self.register = 0, ENDLESS
        return "registers"

    def apply(self, session):
        """One round: follow the session's `armed`, `pulsing` and `ua`."""
        # What is asked for changes with an event
        if session.event:
            self._asked_ua[0], self._asked_ua[1] = session.set_ua
        if self.pulsing and session.pulsing:
            self._run(session)
        elif session.state == "FAULT":
            if self.armed:
                self.off()
        elif session.armed and not self.armed:
            self._arm(session)
        elif session.pulsing:
            self._start(session.program)
        elif self.pulsing:
            self._stop()
        elif self.armed and not session.armed:
            # A round after the stop: the last pulse has long been completed.
            self.off()
        elif self.armed:
            self._engine.write_next(self._prepared)

    def _arm(self, session):
        """Everything set up before the guard turns directions on; it does not where nobody could
        pull INTERLOCK_N low.
        """
        self._session = session
        self._take_trains(session.program)
        self._amplitude.off()
        self._amplitude.allow(session.caps_ua)
        self._engine.prepare()
        self._watch_output(session.program, session.caps_ua)
        self.channel = self.register = 0
        self._late = "" if self._monitors.line_pulls() else _UNARMED
        if not self._late:
            self._guard.arm()
            self.register = self._watch.take()
            if self.register:
                self._late = "registers"
        self._numbers.keep(session, self._trains)
        self.armed = True
        self._cut = None
        if session.fresh:
            for ledger in self.ledgers:
                ledger.reset()

    def _watch_output(self, program, caps_ua):
        """Width monitors and current samples for this program, before anything can be driven."""
        first, second, both_phases = monitor.plan(program)
        words = []
        for delay, meter in zip((first, second), self._meters):
            words += [
                monitor.leg_a_word(delay, meter.adc_input, program),
                monitor.leg_b_word(program),
            ]
        self._delay_us = (first, second)
        self._monitors.arm(words, both_phases)
        nv = self._sense_nv_per_ua
        most = [monitor.most_counts(ua, nv) for ua in caps_ua]
        self._sensing.start(
            program["channels"],
            most,
            monitor.counts(monitor.LEAD_OFF_FROM_UA, nv),
            both_phases,
            monitor.too_soon_us(program),
        )

    def _take_trains(self, program):
        """Written between arming and the start, a block a round."""
        self._trains = [(c, Train(program)) for c in program["channels"]]
        offsets_us = (0, program.get("offset_us", 0))
        self._prepared = [(c, train, start_count(offsets_us[c - 1])) for c, train in self._trains]

    def _start(self, program):
        for i in (0, 1):
            self._ua[i] = self._before_ua[i] = 0
        self._amplitude.follow()
        for meter in self._meters:
            meter.begin()
        self._step.begin(monitor.steps_us(program, *self._delay_us))
        self.waiting = bool(program.get("trigger"))
        if self.waiting:
            self._engine.start_on_trigger(self._prepared)
        else:
            self._engine.start(self._prepared)
        self._watch.expect_running(program["channels"])
        self._numbers.keep(self._session, self._trains)
        self.pulsing = True

    def _run(self, session):
        """Feed the trains; book pulses at the current they had before that current changes."""
        dry = self._engine.round()
        if dry:
            self._late = self._engine.feeders[dry - 1].why_dry()
            self.channel = dry if self._late == "no_measurement" else 0
        self._rounds += 1
        book = self._rounds % _BOOK_EVERY == 0
        if book or session.ua != self._ua:
            self._follow(session, book)

    def _follow(self, session, book):
        for channel, train in self._trains:
            i = channel - 1
            ua = session.ua[i]
            if book or ua != self._ua[i]:
                if ua != self._ua[i] and (
                    ua > session.set_ua[i] or ua - self._ua[i] > _STEP_MOST_UA or self._compared()
                ):
                    self._late, self.register, ua = "registers", NUMBERS, self._ua[i]
                self._book(i, train)
                if ua == self._ua[i] and self._stood[i] and self._taken[0]:
                    session.contact[i] = self._contact(i)
                self._stood[i] = ua == self._ua[i]
                self._before_ua[i] = self._ua[i]
                self._ua[i] = ua
                # Else a number may have flipped since it was compared
                if not self._stood[i]:
                    self._amplitude.set(i, ua)

    def started(self):
        """False while a train waits for its trigger."""
        if self.waiting and self._engine.started():
            self.waiting = False
        return not self.waiting

    def _stop(self):
        # The amplitude stands until a round later: a pulse may still be on its way
        self._engine.stop()
        self._sensing.wait()
        self._close_books()
        self.pulsing = False

    def off(self):
        """Everything off now: amplitude, directions, machines, DMA. The books are closed after
        that.
        """
        cut_at_us = self._guard.trip_us[0]
        self._amplitude.off()
        self._guard.disarm()
        self._monitors.disarm()
        self._sensing.stop()
        self._engine.stop()
        self._amplitude.allow(_NOTHING_UA)
        if self.pulsing:
            self._close_books()
            self._note_cut(cut_at_us)
        self.armed = self.pulsing = False
