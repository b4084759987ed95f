"""Guard (SM3) and dead-man (SM2): the two machines that switch the outputs off without the CPU.

Directions of the five guarded pins go on in `arm` and nowhere else. `reload` is called from one
place: the supervisor, after its full round of checks.
"""

import time
from array import array

import micropython
import rp2
from machine import Pin
from micropython import const

from hal import regs
from hal.pins import guarded
from hal.pio_programs import ARM, DEADMAN, TRIP

DEADMAN_MS = const(60)
# 4 instructions a turn: 1 ms at 125 MHz
_DEADMAN_DIVIDER = const(31_250)
# Priorities of the interrupts 4 to 7; 7 is that of PIO 0, priority 0 comes first
_PRIORITIES = const(0xE000E404)
_FIRST = const(0x00FFFFFF)
_SET_PINS_0 = const(0xE000)
_SET_PINDIRS_0 = const(0xE080)
# TIMER_US when guard or dead-man cut; 0 before. Then where that is read
_trip_us = array("i", [0, regs.TIMER_US])


@micropython.viper
def _cut_now(_pio):
    """The moment of a cut, the first one's. Native code lies in RAM, and waits for no flash."""
    t = ptr32(_trip_us)
    if t[0] == 0:
        t[0] = ptr32(t[1])[0]


class Guard:
    """`pins`: the board's table. Raises ValueError when the guarded pins are not consecutive."""

    def __init__(self, pins, program):
        roles = guarded(pins)
        self._pins = [pins[role][0] for role in roles]
        first = self._pins[0]
        if roles[-1] != "HV_EN":
            raise ValueError("guarded pins are not consecutive GPIOs: %s" % roles)
        self._loop_pin = pins["INTERLOCK_N"][0]
        self._line = Pin(self._loop_pin, Pin.IN, Pin.PULL_UP)
        self._execctrl = program.execctrl
        self._deadman = regs.StateMachine(2)
        self._guard = regs.StateMachine(3)
        self._first = first
        # For an interrupt that cuts: where `jmp trip` goes, where the five functions are, where the
        # guard's own place is read.
        self.cut = (self._guard.instr, regs.GPIO_CTRL + 8 * first, self._guard.place)
        # `disarm` takes their path too
        self.trip_us = _trip_us
        rp2.PIO(0).irq(_cut_now, rp2.PIO.IRQ_SM0, hard=True)
        # Before all others, which would hold it up for as long as samples are judged
        regs.write(_PRIORITIES, regs.read(_PRIORITIES) & _FIRST)

    def _configure(self):
        pinctrl = 5 << 26 | self._loop_pin << 15 | self._first << 5
        # OUT shifts right
        self._deadman.configure(_DEADMAN_DIVIDER, self._execctrl, 1 << 19, pinctrl)
        self._guard.configure(1, self._execctrl, 1 << 19, pinctrl)

    def arm(self):
        """Start guard and dead-man, directions on, HV_EN on: one write enables both. Legs stay
        low.
        """
        self._set_up(DEADMAN_MS)
        for pin in self._pins:
            regs.gpio_function(pin, regs.FUNC_PIO0)
        regs.write(regs.PIO_CTRL, regs.read(regs.PIO_CTRL) | 12)

    def rehearse(self, turns):
        """The same with the pins cut off, and the dead-man given so many turns of 1 ms: for the
        self-test. Gives the µs (`ticks_us`) just before both ran.
        """
        self._set_up(turns)
        running = regs.read(regs.PIO_CTRL) | 12
        began = time.ticks_us()
        regs.write(regs.PIO_CTRL, running)
        return began

    def _set_up(self, turns):
        self._configure()
        self._guard.execute(_SET_PINS_0)
        self._guard.execute(_SET_PINDIRS_0)
        regs.write(regs.PIO_IRQ, 1)
        self.trip_us[0] = 0
        self._deadman.put(turns)
        self._deadman.jump(DEADMAN)
        self._guard.jump(ARM)

    def disarm(self):
        """The pins cut off, then low and high-Z by the guard's own trip path, then every machine
        stopped.

        In this order: where a damaged function register inverts a pin, the guard's low would be a
        high.
        """
        for pin in self._pins:
            regs.gpio_function(pin, regs.FUNC_NULL)
        self._guard.jump(TRIP)
        regs.write(regs.PIO_CTRL, 0)

    def reload(self):
        """Give the dead-man its next DEADMAN_MS."""
        self._deadman.put(DEADMAN_MS)

    def tripped(self):
        """True when guard or dead-man has switched the outputs off since `arm`."""
        return self._guard.address() >= TRIP or self._deadman.address() >= TRIP

    def let_go(self):
        """True when somebody has taken its pins from it, as the CPU does when it cuts."""
        return regs.read(regs.GPIO_CTRL + 8 * self._first) & 31 != regs.FUNC_PIO0

    def expired(self):
        """True when the dead-man ran out."""
        return self._deadman.address() >= TRIP
