"""Outputs off, whatever the chip was doing: the first act of every boot and the last of every
fault.

Needs no board data and no state: every GPIO is cut from every peripheral, so pads fall to their
pulls. Imports register access and nothing else.
"""

from hal import regs
from micropython import const

_RESETS_SET = const(0x4000E000)
_RESETS_CLEAR = const(0x4000F000)
_RESET_DONE = const(0x4000C008)
_BOTH_PIO = const(0xC00)
# Reads of RESET_DONE: a block is out of reset within some clocks. One that never comes must not
# keep the pins' next user from saying so: the self-test finds it
_READS = const(1_000)


def off():
    """All pins high-Z, state machines stopped, DMA aborted, PWM stopped. Allocates nothing."""
    # First: a leg that is high must not stay so while the rest is done
    regs.fill(regs.GPIO_CTRL, 2, 30, regs.FUNC_NULL)
    regs.write(regs.PIO_CTRL, 0)
    regs.write(regs.PIO1_CTRL, 0)
    regs.write(regs.DMA_ABORT, 0xFFF)
    regs.write(regs.PWM_ENABLE, 0)
    # Levels and directions of a stopped PIO block stay in its latches: reset both blocks to clear
    # them.
    regs.write(_RESETS_SET, _BOTH_PIO)
    regs.write(_RESETS_CLEAR, _BOTH_PIO)
    for _ in range(_READS):
        if regs.read(_RESET_DONE) & _BOTH_PIO == _BOTH_PIO:
            break


off()
