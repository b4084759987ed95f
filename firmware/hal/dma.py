"""DMA channels, one alone or two that hand over to each other: where their registers are, how they
are set up and stopped. Allocates nothing after construction.
"""

import rp2
from micropython import const

from hal import regs

_CHANNEL_BYTES = const(0x40)
# Registers of a channel, in bytes from its first. Writing CTRL_TRIGGER starts it, CTRL does not; so
# does COUNT_TRIGGER (hal/judged.py).
READ, WRITE, COUNT, CTRL_TRIGGER, CTRL = 0, 4, 8, 12, 16
# Reads of ABORT until it is over: what is on its way arrives within some clocks of the bus
_READS = const(100)
# Quiet, words, enabled, no address counts up
ONE_WORD = const(1 << 21 | 2 << 2 | 1)


class Alone:
    """`base`: address of its first register; `bit`: as ABORT counts channels."""

    def __init__(self):
        # Keeps it claimed
        self._channel = rp2.DMA()
        self._number = self._channel.channel
        self.base = regs.DMA + _CHANNEL_BYTES * self._number
        self.bit = 1 << self._number

    def control(self, flags, request):
        """Word for CTRL: at its end nobody is started. `request`: number of what paces it."""
        return flags | self._number << 11 | request << 15


class Pair:
    """`base`: address of the first register of each, `controls`: of their CTRL; `bits`: both, as
    ABORT and interrupts count channels.
    """

    def __init__(self):
        # Keeps them claimed
        self.channels = (rp2.DMA(), rp2.DMA())
        self.numbers = [one.channel for one in self.channels]
        self.base = [regs.DMA + _CHANNEL_BYTES * number for number in self.numbers]
        self.controls = [base + CTRL for base in self.base]
        self.bits = 1 << self.numbers[0] | 1 << self.numbers[1]

    def control(self, i, flags, request):
        """Word for CTRL of one of them: at its end it starts the other."""
        return flags | self.numbers[1 - i] << 11 | request << 15

    def stop(self):
        """No further transfer of either."""
        stop(self.bits)


def stop(bits):
    """No further transfer of these channels."""
    regs.write(regs.DMA_ABORT, bits)
    for _ in range(_READS):
        if not regs.read(regs.DMA_ABORT) & bits:
            break
