"""Rehearses the interlock at power-on, with the outputs cut from PIO: guard, dead-man and each width monitor must act when told.

No output pin moves: legs and INTERLOCK_N are shown to PIO by input overrides; only the monitors' own pull on INTERLOCK_N is real.
"""

import time

from micropython import const

from hal import regs
from hal.pins import guarded

_SHOW_HIGH = const(3 << 16)  # GPIO_CTRL INOVER
_SHOW_LOW = const(2 << 16)
_WAIT_US = const(2_000)
_PADS = const(0x4001C004)
_PULL_UP = const(8)
_PULL_DOWN = const(4)
_PULL_US = const(20)  # 50 kohm into a line of 100 pF, four times over


class Rehearsal:
    """`guard` and `monitors` as built; nothing may be armed."""

    def __init__(self, pins, guard, monitors):
        self._guard, self._monitors = guard, monitors
        self._line = pins["INTERLOCK_N"][0]
        self._guarded = [pins[role][0] for role in guarded(pins)]
        self._legs = [pins[role][0] for role in monitors.roles]
        # What each resistor of the board holds its pin at, 0 or 1; a board that says it has none has none here.
        self._resistors = [(gpio, int(pull == "up")) for gpio, _, _, _, pull in [pins[role] for role in guarded(pins) + ["INTERLOCK_N"]]
                           if pull != "none"]

    def high_outputs(self):
        """How many of the five guarded pads are high."""
        levels = regs.read(regs.GPIO_IN)
        return sum(levels >> gpio & 1 for gpio in self._guarded)

    def missing_pulls(self):
        """How many of the board's resistors on guarded pins and INTERLOCK_N are not there: each must win against the chip's own pull.

        None for a board without any. Another board than the firmware's fails here. One pin at a time: legs and HV_EN are
        never up together.
        """
        if not self._resistors:
            return None
        missing = 0
        for gpio, level in self._resistors:
            missing += level != self._level_against(gpio, _PULL_DOWN if level else _PULL_UP)
        return missing

    def _level_against(self, gpio, pull):
        pad = _PADS + 4 * gpio
        kept = regs.read(pad)
        regs.write(pad, kept & ~(_PULL_UP | _PULL_DOWN) | pull)
        time.sleep_us(_PULL_US)
        level = regs.read(regs.GPIO_IN) >> gpio & 1
        regs.write(pad, kept)
        return level

    def line(self):
        """Level of INTERLOCK_N: 1 while the STOP loop is closed and nothing pulls."""
        return regs.read(regs.GPIO_IN) >> self._line & 1

    def _show_us(self, gpio, level, happened):
        """Show PIO a level on a pin; microseconds from then until something happens, or -1."""
        began = time.ticks_us()
        regs.gpio_function(gpio, regs.FUNC_NULL | level)
        while True:
            us = time.ticks_diff(time.ticks_us(), began)
            if happened():
                return us
            if us > _WAIT_US:
                return -1

    def guard_us(self):
        """Time until the guard has cut after INTERLOCK_N is shown low, as the CPU sees it; -1 never, -2 it cut before."""
        self._guard.rehearse(60)
        if self._guard.tripped():
            return self._end(-2)
        return self._end(self._show_us(self._line, _SHOW_LOW, self._guard.tripped))

    def deadman_us(self, turns):
        """Time until the dead-man runs out after a reload of so many turns of 1 ms; -1 never."""
        began = time.ticks_us()
        self._guard.rehearse(turns)
        while not self._guard.expired():
            if time.ticks_diff(time.ticks_us(), began) > 1_000 * (turns + 5):
                return self._end(-1)
        return self._end(time.ticks_diff(time.ticks_us(), began))

    def monitor_us(self, index, words):
        """Time until a leg's monitor pulls INTERLOCK_N low after the leg is shown high; -1 never, -2 it pulled before."""
        self._monitors.arm(words, True)
        if not self.line():
            return self._end(-2)
        us = self._show_us(self._legs[index], _SHOW_HIGH, lambda: not self.line())
        return self._end(us if self._monitors.tripped() == self._monitors.roles[index] else -1)

    def _end(self, result):
        """Everything as it was: nothing shown, nothing runs, nothing pulls."""
        for gpio in self._legs + [self._line]:
            regs.gpio_function(gpio, regs.FUNC_NULL)
        self._monitors.disarm()
        self._guard.disarm()
        return result
