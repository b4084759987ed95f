"""A program's pulses of one channel, as blocks of words for the pulse machine. Streams: memory is
one block, however long.

Integers only; `fill` allocates nothing. Each block continues exactly where the last one ended.
"""

from stimcore import limits, pulse
from stimcore.ramp import Ramp

# A ramp of the phase duration begins at the shortest legal phase
PHASE_RAMP_FROM_US = limits.RANGES["phase_us"][0]
# A half sweep is walked in this many steps: the law of the sweep, not an approximation of it
_STEPS = 4096


class Train:
    """Pulse timing of one channel: `fill(halves, pulses)` writes the next pulses, each with the
    rest that follows it.

    `phase_us` and `period_us` are those of the last pulse written. Raises nothing: the program has
    been checked.
    """

    def __init__(self, program):
        self.gap_us = program["gap_us"]
        self._phase_us = program["phase_us"]
        self._ramp = Ramp(program) if program.get("ramp") == "phase" else None
        burst = program.get("burst")
        self._burst_pulses = burst["pulses"] if burst else 0
        self.phase_us = self._phase_us
        self.period_us = pulse.period_us(program["rate_mpps"])
        # What the pause after a burst adds to the inner period
        self._pause_us = 0
        if burst:
            self._pause_us = pulse.period_us(burst["per_s_mpps"]) - burst["pulses"] * self.period_us
        sweep = program.get("sweep")
        self._half_ms = sweep["period_ms"] // 2 if sweep else 0
        self._rate_from = self._rate_span = self._phase_from = self._phase_span = 0
        if sweep:
            self._rate_from, rate_to = sweep["rate_mpps"]
            self._phase_from, phase_to = sweep["phase_us"]
            self._rate_span = rate_to - self._rate_from
            self._phase_span = phase_to - self._phase_from
        # Start of the next pulse: two numbers, because one would leave 30 bits after 18 minutes
        self._ms = self._us = 0
        self._in_burst = 0
        self._steady = not (burst or sweep or self._ramp)
        self.pulses = 0

    def numbers(self, into, at):
        """Write the ten numbers that stand as long as the train runs."""
        into[at], into[at + 1], into[at + 2] = self.gap_us, self._phase_us, self._burst_pulses
        into[at + 3], into[at + 4] = self._pause_us, self._half_ms
        into[at + 5] = 0 if self._half_ms else self.period_us
        into[at + 6], into[at + 7] = self._rate_from, self._rate_span
        into[at + 8], into[at + 9] = self._phase_from, self._phase_span

    def fill(self, halves, pulses):
        """Write `pulses` times (pulse word, rest word, settle word) into array('H') `halves`;
        two halves a word.
        """
        if self._steady:
            self._fill_steady(halves, pulses)
        else:
            self._fill_any(halves, pulses)
        self.pulses += pulses

    def _fill_steady(self, halves, pulses):
        """Every pulse is like the first: half of all CPU time would go into working them out
        anew.
        """
        rest = pulse.rest_count(self.period_us, self.phase_us, self.gap_us)
        pulse.put_pulse(halves, 0, self.phase_us, self.gap_us)
        pulse.put_rest(halves, 1, rest)
        pulse.put_rest(halves, 2, pulse.SETTLE_COUNT)
        phase, gap = halves[0], halves[1]
        low, high = halves[2], halves[3]
        settle_low, settle_high = halves[4], halves[5]
        at = 6
        for _ in range(pulses - 1):
            halves[at] = phase
            halves[at + 1] = gap
            halves[at + 2] = low
            halves[at + 3] = high
            halves[at + 4] = settle_low
            halves[at + 5] = settle_high
            at += 6

    def _fill_any(self, halves, pulses):
        at = 0
        for _ in range(pulses):
            if self._half_ms:
                self._sweep()
            if self._ramp:
                span = self._phase_us - PHASE_RAMP_FROM_US
                self.phase_us = PHASE_RAMP_FROM_US + span * self._ramp.permille(self._ms) // 1_000
            step_us = self._step_us()
            pulse.put_pulse(halves, at, self.phase_us, self.gap_us)
            pulse.put_rest(halves, at + 1, pulse.rest_count(step_us, self.phase_us, self.gap_us))
            pulse.put_rest(halves, at + 2, pulse.SETTLE_COUNT)
            at += pulse.WORDS_PER_PULSE
            self._us += step_us
            self._ms += self._us // 1_000
            self._us %= 1_000

    def _step_us(self):
        """Time from the pulse about to be written to the next one."""
        if not self._burst_pulses:
            return self.period_us
        self._in_burst += 1
        if self._in_burst < self._burst_pulses:
            return self.period_us
        self._in_burst = 0
        return self.period_us + self._pause_us

    def _sweep(self):
        """Rate and phase of the next pulse: linear in time from one end to the other and back,
        by the ms it starts in.
        """
        half = self._half_ms
        ms = self._ms % (2 * half)
        step = (ms if ms < half else 2 * half - ms) * _STEPS // half
        self.phase_us = self._phase_from + self._phase_span * step // _STEPS
        self.period_us = pulse.period_us(self._rate_from + self._rate_span * step // _STEPS)
