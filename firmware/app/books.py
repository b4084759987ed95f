"""What has been given: the pulses that the meters saw, each at the current it had, and whether that
is what was asked for.
"""

from stimcore import monitor
from stimcore.ledger import Ledger

_CONTACT_FROM_UA = 1_000
# What a pulse may measure above what was asked for, beside a tenth; and below half of it
_OVER_UA = 500
# `register` when less than half of what was asked for flowed, and what stands in the PWM register
# says so too
TOO_LITTLE = -11
# Counts of the converter a pulse that may stay, beside a sixteenth of what flowed
_NET_COUNTS = 8


class Books:
    """The books of one output stage. What it finds wrong waits in `_late`."""

    def __init__(self, hal, board):
        self._engine = hal.engine
        self._sensing = hal.sensing
        self._meters = hal.sensing.meters
        # Without meters nothing is worked out with it
        self._sense_nv_per_ua = board.get("SENSE_NV_PER_UA", 1)
        self._ua_per_64_counts = monitor.ua_per_64_counts(self._sense_nv_per_ua)
        self.pulsing = False
        # A reason found while feeding and booking, told a round later
        self._late = ""
        # The channel that `fault` is of, where that is known
        self.channel = 0
        self.ledgers = (Ledger(), Ledger())
        self._trains = []
        self._taken = [0, 0, 0]
        self._ua = [0, 0]
        # The currents at the look before: a pulse may still have had them
        self._before_ua = [0, 0]
        # What the watch found, when `fault` says "registers"
        self.register = 0
        self._cut = None
        self._cut_at_us = 0
        # The delay of the samples of each channel
        self._delay_us = (0, 0)

    def _close_books(self):
        for channel, train in self._trains:
            self._book(channel - 1, train)

    def _book(self, i, train):
        """Book the pulses seen at the pads since the last time, as commanded and as measured."""
        taken, ledger = self._taken, self.ledgers[i]
        self._meters[i].taken(taken)
        pulses, counts, net = taken
        ledger.add(pulses, self._ua[i], train.phase_us)
        ledger.measure(counts, train.phase_us, self._ua_per_64_counts)
        if abs(net) > (counts >> 4) + _NET_COUNTS * pulses:
            self._late = "unbalanced"
            self.channel = i + 1
        if pulses:
            self._judge(i, counts // pulses * self._ua_per_64_counts // 64)

    def _judge(self, i, flowed_ua):
        """Against what was asked for, not what was set: a number that is wrong makes both agree.
        What the load does not take is found by each sample.
        """
        most_ua = max(self._ua[i], self._before_ua[i])
        least_ua = min(self._ua[i], self._before_ua[i])
        if flowed_ua > most_ua + most_ua // 10 + _OVER_UA:
            self._late = "over_current"
            self.channel = i + 1
        elif least_ua >= monitor.LEAD_OFF_FROM_UA and flowed_ua < least_ua // 2 - _OVER_UA:
            self._late, self.register = "registers", TOO_LITTLE
            self.channel = i + 1

    def measured_ua(self):
        """Current in uA of the newest pulse's phase A of each channel; None where there are no
        pulses.
        """
        told = [None, None]
        if self.pulsing:
            for channel, _ in self._trains:
                told[channel - 1] = (
                    self._sensing.meters[channel - 1].last[0] * self._ua_per_64_counts // 64
                )
        return told

    def _contact(self, i):
        """Whether the electrodes took at least half of a current that has stood; None where it
        was too little to tell.
        """
        asked_ua = self._ua[i]
        if asked_ua < _CONTACT_FROM_UA:
            return None
        return self._meters[i].last[0] * self._ua_per_64_counts // 64 >= asked_ua // 2

    def _note_cut(self, cut_at_us):
        """How far the pulse of each channel had come when guard or dead-man cut."""
        if cut_at_us:
            self._cut, self._cut_at_us = [None, None], cut_at_us
            for channel, train in self._trains:
                i = channel - 1
                at_us = self._meters[i].at_us
                if at_us:
                    since_us = monitor.into_pulse_us(cut_at_us, at_us, self._delay_us[i])
                    self._cut[i] = monitor.cut_us(since_us, train.phase_us, train.gap_us)

    def totals(self):
        """What the journal keeps of a session so far: pulses, charge of one phase each,
        commanded and measured; nothing that no meter saw.
        """
        ledgers = self.ledgers
        told = (
            {}
            if not self._meters[0].fitted
            else {
                "pulses": [b.pulses for b in ledgers],
                "uc": [b.charge_uc for b in ledgers],
                "muc": [b.measured_uc for b in ledgers],
            }
        )
        if self._cut:
            told["trip_us"] = self._cut_at_us
            told["cut_us"] = self._cut
        if self.register:
            told["register"] = self.register
        return told
