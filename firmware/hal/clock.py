"""Time as the supervisor needs it: ms since it was made, durations in us, and sleep. Ticks wrap; this does not."""

import time


class Clock:
    """`now_ms()` never wraps and never runs backwards, as long as it is asked at least once in six days."""

    def __init__(self):
        self._ticks = time.ticks_ms()
        self._now_ms = 0

    def now_ms(self):
        """Milliseconds since this clock was made."""
        ticks = time.ticks_ms()
        self._now_ms += time.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        return self._now_ms

    def mark_us(self):
        """A mark to measure from with `since_us`."""
        return time.ticks_us()

    def since_us(self, mark):
        """Microseconds since a mark, up to 537 s."""
        return time.ticks_diff(time.ticks_us(), mark)

    def sleep_ms(self, ms):
        """Let the CPU sleep."""
        time.sleep_ms(ms)
