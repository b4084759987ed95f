"""Two DMA channels that hand over to each other: where their registers are, how they are set up and
stopped. Allocates nothing after construction.
"""

import rp2
from micropython import const

from hal import regs

_CHANNEL_BYTES = const(0x40)
# Registers of a channel, in bytes from its first. Writing CTRL_TRIGGER starts it, CTRL does not.
READ, WRITE, COUNT, CTRL_TRIGGER, CTRL = 0, 4, 8, 12, 16
# Reads of ABORT until it is over: what is on its way arrives within some clocks of the bus
_READS = const(100)
# Quiet, words, enabled, no address counts up
ONE_WORD = const(1 << 21 | 2 << 2 | 1)


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

    def control(self, i, flags, request, alone=False):
        """Word for CTRL of one of them: at its end it starts the other, or nobody. `request`:
        number of what paces it.
        """
        return flags | self.numbers[i if alone else 1 - i] << 11 | request << 15

    def stop(self):
        """No further transfer of either."""
        stop(self.bits)


def stop(bits):
    """No further transfer of these channels."""
    regs.write(regs.DMA_ABORT, bits)
    for _ in range(_READS):
        if not regs.read(regs.DMA_ABORT) & bits:
            break
