"""Registers by address, without allocating: the addresses used by more than one driver, and read
and write.

No viper function here or elsewhere may contain a number beyond 16 bits: on this core it is loaded
from a literal that must lie on a 4-byte boundary, and frozen code does not (seen: 0x3FFFFFFF came
out as 0x...E000). Addresses are passed in.
"""

import micropython
from micropython import const

# 20 bytes a slice: CSR DIV CTR CC TOP
PWM = const(0x40050000)
PWM_ENABLE = const(0x400500A0)
# 4 bytes a pin
PADS = const(0x4001C004)
# CS RESULT FCS FIFO
ADC = const(0x4004C000)
# 64 bytes a channel
DMA = const(0x50000000)
DMA_ABORT = const(0x50000444)
PIO_CTRL = const(0x50200000)
PIO_FDEBUG = const(0x50200008)
PIO_TXF0 = const(0x50200010)
PIO_RXF0 = const(0x50200020)
PIO_IRQ = const(0x50200030)
PIO_INSTR_MEM = const(0x50200048)
# CLKDIV EXECCTRL SHIFTCTRL ADDR INSTR PINCTRL, 24 bytes a machine
PIO_SM0 = const(0x502000C8)
SM_BYTES = const(24)
PIO_BLOCK_BYTES = const(0x100000)
# 8 bytes a pin
GPIO_STATUS = const(0x40014000)
# 8 bytes a pin
GPIO_CTRL = const(0x40014004)
FUNC_PIO0 = const(6)
FUNC_SIO = const(5)
FUNC_NULL = const(31)
PIO1_CTRL = const(0x50300000)
FUNC_PIO1 = const(7)
SCRATCH0 = const(0x4005800C)
# TIMERAWL
TIMER_US = const(0x40054028)
GPIO_IN = const(0xD0000004)


@micropython.viper
def read(address: int) -> int:
    """32-bit register as an int (allocates when it has bit 30 or 31 set)."""
    return int(ptr32(address)[0])


@micropython.viper
def write(address: int, value: int):
    """Write a 32-bit register."""
    ptr32(address)[0] = value


@micropython.viper
def since(words, index: int, address: int) -> int:
    """What a 32-bit counter has advanced since a word of an array."""
    word = ptr32(int(ptr32(words)) + 4 * index)
    return int(ptr32(address)[0]) - int(word[0])


@micropython.viper
def grown(now, index: int, known) -> int:
    """What a sum has grown by since the last time it was asked."""
    at = 4 * index
    s, t = ptr32(int(ptr32(now)) + at), ptr32(int(ptr32(known)) + at)
    grown = int(s[0]) - int(t[0])
    t[0] = s[0]
    return grown


@micropython.viper
def seal(words: int, count: int):
    """Write the last of so many words so that all of them sum to 0, in 32 bits."""
    at = words
    total = 0
    while count > 1:
        total += ptr32(at)[0]
        at += 4
        count -= 1
    ptr32(at)[0] = 0 - total


@micropython.viper
def fill(address: int, step: int, count: int, value: int):
    """Write `value` into `count` registers, `step` registers apart."""
    registers = ptr32(address)
    i = 0
    while i < count:
        registers[i * step] = value
        i += 1


def gpio_function(pin, function):
    """Choose the peripheral of a pin."""
    write(GPIO_CTRL + 8 * pin, function)


def load_program(block, words):
    """Write the instruction memory of a PIO block (0 or 1)."""
    for i in range(len(words)):
        write(PIO_INSTR_MEM + PIO_BLOCK_BYTES * block + 4 * i, words[i])


class StateMachine:
    """One state machine of a PIO block by its registers. `ctrl_bit` is its place in the block's
    CTRL.
    """

    def __init__(self, index, block=0):
        block *= PIO_BLOCK_BYTES
        base = PIO_SM0 + block + SM_BYTES * index
        self._clkdiv = base
        self._execctrl = base + 4
        self._shiftctrl = base + 8
        self.place = base + 12
        self.instr = base + 16
        self._pinctrl = base + 20
        self._txf = PIO_TXF0 + block + 4 * index
        self.index = index
        self.ctrl_bit = 1 << index

    def configure(self, divider, execctrl, shiftctrl, pinctrl):
        """Set the machine up while it is stopped."""
        write(self._clkdiv, divider << 16)
        write(self._execctrl, execctrl)
        self._shift = shiftctrl
        write(self._shiftctrl, shiftctrl)
        write(self._pinctrl, pinctrl)
        self.clear_fifo()

    def clear_fifo(self):
        """Drop the words in the FIFO: changing FJOIN_TX and back empties it."""
        write(self._shiftctrl, self._shift ^ 0x40000000)
        write(self._shiftctrl, self._shift)

    def jump(self, address):
        """Execute `jmp address` now."""
        write(self.instr, address)

    def execute(self, opcode):
        """Execute one instruction now."""
        write(self.instr, opcode)

    def address(self):
        """Where the machine stands."""
        return read(self.place)

    def put(self, word):
        """Write a word to the FIFO (lost when full)."""
        write(self._txf, word)
