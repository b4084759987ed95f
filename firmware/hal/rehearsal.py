"""Rehearses the interlock at power-on, with the outputs cut from PIO: guard, dead-man and each
width monitor must act when told.

No output pin moves: legs and INTERLOCK_N are shown to PIO by input overrides; only the monitors'
own pull on INTERLOCK_N is real.
"""

import time

from micropython import const

from hal import regs
from hal.pins import guarded

# GPIO_CTRL INOVER
_SHOW_HIGH = const(3 << 16)
_SHOW_LOW = const(2 << 16)
_WAIT_US = const(2_000)
_PULL_UP = const(8)
_PULL_DOWN = const(4)
# 50 kohm into a line of 100 pF, four times over
_PULL_US = const(20)
# Into the filter of a sense input, 470 pF
_PULL_SENSE_US = const(100)
_FIRST_ADC_GPIO = const(26)
_LEG_US = const(2)
# A sample is there 15.6 us into a phase
_SAMPLE_US = const(20)
_STAND_MS = const(2)
# Rounds in which the watch has asked for everything
_ROUNDS = const(4)
_SIO_LEVEL_ON, _SIO_LEVEL_OFF = const(0xD0000014), const(0xD0000018)
_SIO_DRIVE_ON, _SIO_DRIVE_OFF = const(0xD0000024), const(0xD0000028)


class Rehearsal:
    """`guard` and `monitors` as built; nothing may be armed."""

    def __init__(self, pins, guard, monitors, sensing, watch):
        self._guard, self._monitors, self._sensing, self._watch = guard, monitors, sensing, watch
        self._short = pins["SHORT_N"][0] if "SHORT_N" in pins else None
        self._line = pins["INTERLOCK_N"][0]
        self._guarded = [pins[role][0] for role in guarded(pins)]
        self._legs = [pins[role][0] for role in monitors.roles]
        self._outputs = sum([1 << gpio for gpio in self._guarded])
        # What each resistor of the board holds its pin at, 0 or 1; a board that says it has none
        # has none here.
        self._resistors = [
            (gpio, int(pull == "up"))
            for gpio, _, _, _, pull in [pins[role] for role in guarded(pins) + ["INTERLOCK_N"]]
            if pull != "none"
        ]

    def high_outputs(self):
        """How many of the five guarded pads are high."""
        levels = regs.read(regs.GPIO_IN)
        return sum(levels >> gpio & 1 for gpio in self._guarded)

    def missing_pulls(self):
        """How many of the board's resistors on guarded pins and INTERLOCK_N are not there: each
        must win against the chip's own pull.

        None for a board without any. Another board than the firmware's fails here. One pin at a
        time: legs and HV_EN are never up together.
        """
        if not self._resistors:
            return None
        missing = 0
        for gpio, level in self._resistors:
            missing += level != self._level_against(gpio, _PULL_DOWN if level else _PULL_UP)
        return missing

    def _level_against(self, gpio, pull):
        pad = regs.PADS + 4 * gpio
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
        # An address is a long int: made before the time begins, for a full heap is slow to give
        # one.
        control, shown = regs.GPIO_CTRL + 8 * gpio, regs.FUNC_NULL | level
        began = time.ticks_us()
        regs.write(control, shown)
        # Ends: by the chip's timer; while that stands the watchdog resets, all outputs cut off
        while True:
            # Asked first: the time that is told is never shorter than it was
            done = happened()
            us = time.ticks_diff(time.ticks_us(), began)
            if done:
                return us
            if us > _WAIT_US:
                return -1

    def guard_us(self):
        """Time until the guard has cut after INTERLOCK_N is shown low, as the CPU sees it; -1
        never, -2 it cut before.
        """
        self._guard.rehearse(60)
        if self._guard.tripped():
            return self._end(-2)
        return self._end(self._show_us(self._line, _SHOW_LOW, self._guard.tripped))

    def deadman_us(self, turns):
        """Time until the dead-man runs out after a reload of so many turns of 1 ms; -1 never."""
        began = self._guard.rehearse(turns)
        # Ends: by the chip's timer; while that stands the watchdog resets, all outputs cut off
        while not self._guard.expired():
            if time.ticks_diff(time.ticks_us(), began) > 1_000 * (turns + 5):
                return self._end(-1)
        return self._end(time.ticks_diff(time.ticks_us(), began))

    def monitor_us(self, index, words):
        """Time until a leg's monitor pulls INTERLOCK_N low after the leg is shown high; -1
        never, -2 it pulled before.
        """
        self._monitors.arm(words, True)
        if not self.line():
            return self._end(-2)
        us = self._show_us(self._legs[index], _SHOW_HIGH, lambda: not self.line())
        return self._end(us if self._monitors.tripped() == self._monitors.roles[index] else -1)

    def short_line(self):
        """Level of SHORT_N: 1 while no comparator says short. None where it is not fitted."""
        return None if self._short is None else regs.read(regs.GPIO_IN) >> self._short & 1

    def short_pulls(self):
        """Level of INTERLOCK_N while SHORT_N is held low: 0 while the comparators can reach the
        guard. None where SHORT_N is not fitted.
        """
        if self._short is None:
            return None
        regs.write(_SIO_LEVEL_OFF, 1 << self._short)
        regs.write(_SIO_DRIVE_ON, 1 << self._short)
        time.sleep_us(_PULL_US)
        level = self.line()
        regs.write(_SIO_DRIVE_OFF, 1 << self._short)
        time.sleep_us(_PULL_US)
        return level

    def sense_against_pull(self, adc_input, places):
        """Counts of a sense input while the chip's own pull-up is on, some 65 kohm: few while the
        board drives it, all of them with its lead open, none with its lead at ground.
        """
        pad = regs.PADS + 4 * (_FIRST_ADC_GPIO + adc_input)
        kept = regs.read(pad)
        regs.write(pad, kept | _PULL_UP)
        time.sleep_us(_PULL_SENSE_US)
        counts = self._sensing.counts(adc_input, places)
        regs.write(pad, kept)
        time.sleep_us(_PULL_SENSE_US)
        return counts

    def legs_follow(self):
        """How many legs do not go high alone, or not low again: each for some us, HV_EN low all
        the while. -1: something is high before.
        """
        if self.high_outputs():
            return -1
        wrong = 0
        for leg in self._legs:
            regs.write(_SIO_LEVEL_OFF, 1 << leg)
            regs.write(_SIO_DRIVE_ON, 1 << leg)
            regs.gpio_function(leg, regs.FUNC_SIO)
            for register, levels in ((_SIO_LEVEL_ON, 1 << leg), (_SIO_LEVEL_OFF, 0)):
                regs.write(register, 1 << leg)
                time.sleep_us(_LEG_US)
                wrong += regs.read(regs.GPIO_IN) & self._outputs != levels
            regs.gpio_function(leg, regs.FUNC_NULL)
            regs.write(_SIO_DRIVE_OFF, 1 << leg)
        return wrong

    def samples(self, channel, words, most):
        """How many samples come when leg A of a channel is shown high twice; 2 when monitors,
        converter, DMA and interrupt work.
        """
        leg, taken = self._legs[2 * channel - 2], [0, 0, 0]
        self._monitors.arm(words, False)
        self._sensing.start((channel,), most, most[0], False, 0)
        for _ in (0, 1):
            regs.gpio_function(leg, regs.FUNC_NULL | _SHOW_HIGH)
            time.sleep_us(_SAMPLE_US)
            regs.gpio_function(leg, regs.FUNC_NULL)
            time.sleep_us(_SAMPLE_US)
        self._sensing.meters[channel - 1].taken(taken)
        self._sensing.stop()
        return self._end(taken[0])

    def registers(self):
        """What does not stand for some ms after it was set up as for an output, with the pins
        cut off: as watch.wrong says it.
        """
        self._monitors.arm((0,), True)
        self._guard.rehearse(60)
        wrong = self._watch.take()
        time.sleep_ms(_STAND_MS)
        for _ in range(_ROUNDS):
            wrong = wrong or self._watch.wrong()
        return self._end(wrong)

    def _end(self, result):
        """Everything as it was: nothing shown, nothing runs, nothing pulls."""
        for gpio in self._legs + [self._line]:
            regs.gpio_function(gpio, regs.FUNC_NULL)
        self._monitors.disarm()
        self._guard.disarm()
        return result
