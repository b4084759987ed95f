"""What the CPU does at the moment when a width monitor pulls INTERLOCK_N: it cuts by itself, so
that a line which cannot fall keeps no leg high.

Machine code that the vector table names: a leg may be high for 5 us beyond its longest phase, and
MicroPython's way to a handler takes twice that. Nothing of the interpreter is touched, so it may
come inside any other interrupt. What was found is told by the next round: guard and monitor stand
where they cut.
"""

import micropython
from micropython import const

from hal import regs

_VECTORS = const(0x20000000)
# PIO1_IRQ_1, which nothing else uses, behind the core's own 16 exceptions
_IRQ = const(10)
_EXCEPTIONS = const(16)
# NVIC: enabled; the priorities of the interrupts 8 to 11, of which this comes first
_ENABLE = const(0xE000E100)
_PRIORITIES = const(0xE000E408)
_FIRST = const(0xFF00FFFF - (1 << 32))
# PIO1 IRQ1_INTE: flag 0, which a monitor raises when it pulls
_PIO1_INTE1 = const(0x50300138)
_FLAG_0 = const(1 << 8)
# Where the code's address stands in the object of an assembled function, and that it is Thumb
_CODE = const(8)
_THUMB = const(1)


@micropython.asm_thumb
def _cut():
    # PIO 0, from its base; its guard's INSTR
    mov(r0, 0x50)
    lsl(r0, r0, 4)
    add(r0, 2)
    lsl(r0, r0, 20)
    mov(r2, 0x90)
    add(r2, r2, r2)
    add(r2, r2, r0)
    # `jmp trip`
    mov(r1, 28)
    str(r1, [r2, 0])
    # The first of the five pins, as its PINCTRL has it
    ldr(r3, [r2, 4])
    lsr(r3, r3, 5)
    mov(r4, 31)
    and_(r3, r4)
    lsl(r3, r3, 3)
    # GPIO_CTRL, 8 bytes a pin: no peripheral drives them
    mov(r5, 0x40)
    lsl(r5, r5, 12)
    add(r5, 0x14)
    lsl(r5, r5, 12)
    add(r5, r5, r3)
    str(r4, [r5, 4])
    str(r4, [r5, 12])
    str(r4, [r5, 20])
    str(r4, [r5, 28])
    str(r4, [r5, 36])
    # PIO 1: the flag is taken
    mov(r1, 1)
    lsl(r1, r1, 20)
    add(r0, r0, r1)
    mov(r1, 1)
    str(r1, [r0, 0x30])


def install():
    """From now on a monitor's flag cuts."""
    code = regs.read(id(_cut) + _CODE) | _THUMB
    regs.write(_VECTORS + 4 * (_EXCEPTIONS + _IRQ), code)
    regs.write(_PRIORITIES, regs.read(_PRIORITIES) & _FIRST)
    regs.write(_PIO1_INTE1, _FLAG_0)
    regs.write(_ENABLE, 1 << _IRQ)
