"""Brings the hardware in line with the session: arm, start, feed, stop, disarm. Every start is at amplitude 0."""

from stimcore.ledger import Ledger
from stimcore.pulse import start_count
from stimcore.train import Train

_BOOK_EVERY = 50  # rounds between two looks at the pulse count while the current stands


class Outputs:
    """`apply(session)` once a round. `hal` has guard, engine and amplitude."""

    def __init__(self, hal):
        self._guard = hal.guard
        self._engine = hal.engine
        self._amplitude = hal.amplitude
        self.armed = False
        self.pulsing = False
        self.dry = False
        self._waiting = False
        self.ledgers = (Ledger(), Ledger())
        self._trains = []
        self._seen = [0, 0]
        self._ua = [0, 0]
        self._rounds = 0

    def apply(self, session):
        """One round: follow the session's `armed`, `pulsing` and `ua`."""
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

    def _arm(self, session):
        self._amplitude.off()
        self._engine.prepare()
        self._guard.arm()
        self.armed = True
        self.dry = False
        if session.fresh:
            for ledger in self.ledgers:
                ledger.reset()

    def _start(self, program):
        self._trains = [(c, Train(program)) for c in program["channels"]]
        for i in (0, 1):
            self._seen[i] = self._ua[i] = 0
        self._amplitude.follow()
        offsets_us = (0, program.get("offset_us", 0))
        prepared = [(c, train, start_count(offsets_us[c - 1])) for c, train in self._trains]
        self._waiting = bool(program.get("trigger"))
        if self._waiting:
            self._engine.start_on_trigger(prepared)
        else:
            self._engine.start(prepared)
        self.pulsing = True

    def _run(self, session):
        """Feed the trains; book pulses at the current they had before that current changes."""
        if not self._engine.round():
            self.dry = True
        self._rounds += 1
        for channel, train in self._trains:
            i = channel - 1
            ua = session.ua[i]
            if ua != self._ua[i] or self._rounds % _BOOK_EVERY == 0:
                self._book(i, train, self._engine.feeders[i].emitted())
                self._ua[i] = ua
                self._amplitude.set(i, ua)

    def started(self):
        """False while a train waits for its trigger."""
        if self._waiting and self._engine.started():
            self._waiting = False
        return not self._waiting

    def _close_books(self):
        for channel, train in self._trains:
            self._book(channel - 1, train, self._engine.feeders[channel - 1].sent)

    def _book(self, i, train, emitted):
        self.ledgers[i].add(emitted - self._seen[i], self._ua[i], train.phase_us)
        self._seen[i] = emitted

    def _stop(self):
        self._engine.stop()  # the amplitude stands until a round later: a pulse may still be on its way
        self._close_books()
        self.pulsing = False

    def off(self):
        """Everything off now: amplitude, directions, machines, DMA. The books are closed after that."""
        self._amplitude.off()
        self._guard.disarm()
        self._engine.stop()
        if self.pulsing:
            self._close_books()
        self.armed = self.pulsing = False
