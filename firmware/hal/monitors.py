"""Width monitors: PIO block 1, one machine a leg. They read the pads and pull INTERLOCK_N low
without the CPU when a leg stays high for longer than any phase of the program, comes again before
phase B, or both legs of a channel are high. Where the line does not follow the CPU cuts.
"""

import time

from hal import pulled, regs
from hal.pins import guarded
from hal.pio_programs import (
    LEG_A,
    LEG_A_PHASE_A_WRAP,
    LEG_A_PLACES,
    LEG_A_WRAP,
    LEG_B,
    LEG_B_PLACES,
    PULL_DOWN,
    block1,
)
from micropython import const

# 5 instructions of 25 clocks: a turn is 1 us at 125 MHz
_DIVIDER = const(25)
# OUT; IN shifts left
_SHIFT_RIGHT = const(1 << 19)
_SET_PINS_0 = const(0xE000)
_SET_PINDIRS_0 = const(0xE080)
_SET_PINDIRS_1 = const(0xE081)
# 50 kohm into a line of 100 pF, many times over
_LINE_US = const(100)
_PULL_BLOCK = const(0x80A0)
_MOV_Y_OSR = const(0xA047)
# Legs of the guarded places: those of a channel that is not there are watched as well
_LEGS = const(4)
# Of each monitor its ADDR register, and where it may be while it has not pulled
PLACES = [
    word
    for i in range(_LEGS)
    for word in (
        regs.PIO_SM0 + regs.PIO_BLOCK_BYTES + regs.SM_BYTES * i + 12,
        LEG_B_PLACES if i & 1 else LEG_A_PLACES,
    )
]


class Monitors:
    """`pins`: the board's table."""

    def __init__(self, pins):
        self._line = pins["INTERLOCK_N"][0]
        self.roles = guarded(pins)[:_LEGS]
        self._legs = [pins[role][0] for role in self.roles]
        self.machines = [regs.StateMachine(i, block=1) for i in range(4)]
        pulled.install()

    def arm(self, words, both_phases):
        """Watch from now on. `words`: Y of each channel's two monitors; `both_phases`: the A
        legs ask for a sample in phase B too.
        """
        regs.write(regs.PIO1_CTRL, 0)
        regs.load_program(1, block1[0])
        for i in range(4):
            machine, leg, is_b = self.machines[i], self._legs[i], i & 1
            wrap = LEG_A_WRAP if both_phases else LEG_A_PHASE_A_WRAP
            # A B leg's machine asks whether A is high, an A leg's whether it still is
            sees = leg - 1 if is_b else leg
            machine.configure(
                _DIVIDER,
                sees << 24 | wrap << 12 | LEG_A << 7,
                _SHIFT_RIGHT,
                1 << 26 | leg << 15 | self._line << 5,
            )
            machine.execute(_SET_PINS_0)
            machine.execute(_SET_PINDIRS_0)
            machine.put(words[i % len(words)])
            machine.execute(_PULL_BLOCK)
            machine.execute(_MOV_Y_OSR)
            machine.jump(LEG_B if is_b else LEG_A)
        # Restart: no stall, no divider phase of the past
        regs.write(regs.PIO1_CTRL, 0xFF0)
        regs.write(regs.PIO1_CTRL, 15)
        regs.gpio_function(self._line, regs.FUNC_PIO1)

    def line_pulls(self):
        """True when INTERLOCK_N goes low as a monitor pulls it, and comes back. After `arm`, before
        the guard looks at it.

        Letting go here lets go for all: a monitor that has pulled meanwhile, over a leg that is
        high already, is asked for.
        """
        puller = self.machines[0]
        puller.execute(_SET_PINDIRS_1)
        low = self._reaches(0)
        puller.execute(_SET_PINDIRS_0)
        return low and self._reaches(1) and not self.tripped()

    def _reaches(self, level):
        began = time.ticks_us()
        # Ends: by the chip's timer; while that stands nothing is armed, and the watchdog resets
        while regs.read(regs.GPIO_IN) >> self._line & 1 != level:
            if time.ticks_diff(time.ticks_us(), began) > _LINE_US:
                return False
        return True

    def disarm(self):
        """INTERLOCK_N let go, machines stopped."""
        regs.gpio_function(self._line, regs.FUNC_NULL)
        regs.write(regs.PIO1_CTRL, 0)

    def tripped(self):
        """The leg whose monitor pulls INTERLOCK_N low, or ""."""
        for i in range(4):
            if self.machines[i].address() >= PULL_DOWN:
                return self.roles[i]
        return ""
