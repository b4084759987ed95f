"""Time as the supervisor needs it: ms since it was made, durations in us, and sleep. Ticks wrap;
this does not.
"""

import time

import machine
from micropython import const

from hal import regs

_DIVIDER = const(250 << 4)
# Counts of 125 MHz divided by 250: the counter wraps every 131 ms
_A_MS = const(500)
# A longer round is none: the watchdog would have ended it
_ROUND_MS_MAX = const(500)
# Bits of the timer: lower ones are no more than a round, 63 goes back
_FLIPS = range(20, 63)
# What a round in which a bit flips may have taken itself
_FLIPPED_MS = const(250)
_TICKS = const(0x3FFFFFFF)


def _is_flip(elapsed):
    """Is it a power of two in us, as when a bit of the timer flips, or one from below 0?"""
    for bit in _FLIPS:
        for us in (1 << bit, (1 << 64) - (1 << bit)):
            if 0 <= elapsed - (us // 1_000 & _TICKS) <= _FLIPPED_MS:
                return True
    return False


class Clock:
    """`now_ms()` never wraps and never runs backwards, as long as it is asked at least once in six
    days.

    `core_ms()` is another clock: a free PWM slice counts the core's clock, the chip's timer has no
    part in it. `taken`: slices in use. `jumped`: while armed the timer went where no round can have
    gone; who has seen it sets it back.
    """

    def __init__(self, taken):
        self._ticks = time.ticks_ms()
        self._now_ms = 0
        self._mark_us = 0
        self.jumped = False
        base = regs.PWM + 20 * min([number for number in range(8) if number not in taken])
        self._counter = base + 8
        regs.write(base + 4, _DIVIDER)
        regs.write(base + 16, 0xFFFF)
        regs.write(base, 1)
        self._count = regs.read(self._counter)
        self._core_ms = self._rest = 0

    def now_ms(self, armed):
        """Milliseconds since this clock was made. While armed a jump of the timer counts nothing,
        at rest that of a flipped bit.
        """
        ticks = time.ticks_ms()
        elapsed = time.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        if 0 <= elapsed <= _ROUND_MS_MAX:
            self._now_ms += elapsed
        else:
            self.jumped = armed
            if not armed and elapsed > 0 and not _is_flip(elapsed):
                self._now_ms += elapsed
        return self._now_ms

    def core_ms(self):
        """Milliseconds that rounds of less than 131 ms have taken; what a longer one took beyond
        that is lost.
        """
        count = regs.read(self._counter)
        self._rest += (count - self._count) & 0xFFFF
        self._count = count
        self._core_ms += self._rest // _A_MS
        self._rest %= _A_MS
        return self._core_ms

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
        """Let the CPU sleep for what is left of a round, 1 ms at the least; the us that the
        round has taken.
        """
        took_us = time.ticks_diff(time.ticks_us(), self._mark_us)
        time.sleep_ms(max(1, round_ms - took_us // 1_000))
        return took_us
