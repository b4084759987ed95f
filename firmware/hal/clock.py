"""Time as the supervisor needs it: ms since it was made, durations in us, and sleep. Ticks wrap; this does not."""

import time

import machine


class Clock:
    """`now_ms()` never wraps and never runs backwards, as long as it is asked at least once in six days."""

    def __init__(self):
        self._ticks = time.ticks_ms()
        self._now_ms = 0
        self._mark_us = 0

    def now_ms(self):
        """Milliseconds since this clock was made."""
        ticks = time.ticks_ms()
        self._now_ms += time.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        return self._now_ms

    def hz(self):
        """System clock: every count of the timing core is in its periods."""
        return machine.freq()

    def sleep_us(self, us):
        """Wait a little."""
        time.sleep_us(us)

    def mark(self):
        """A round begins."""
        self._mark_us = time.ticks_us()

    def sleep_rest(self, round_ms):
        """Let the CPU sleep for what is left of a round, 1 ms at the least; the us that the round has taken."""
        took_us = time.ticks_diff(time.ticks_us(), self._mark_us)
        time.sleep_ms(max(1, round_ms - took_us // 1_000))
        return took_us
