"""Watch: what was set up at arming must still stand in every round, and the PIO programs are written anew. One call a round.

PIO instruction memory cannot be read back, so it is rewritten with what it must hold: a flipped instruction lives one round.
"""

from array import array

import micropython
from micropython import const
from uctypes import addressof

from hal import regs
from hal.pio_programs import DEADMAN_RUNS_MASK, GUARD_WAITS, block0, block1

_INSTRUCTIONS = const(32)
_GPIO_CTRL = const(0x40014004)
_PADS = const(0x4001C004)
_PWM = const(0x40050000)
_ALL = const(-1)
_NOT_STALLED = const(0x7FFFFFFF)  # EXECCTRL: bit 31 tells of a stall
_SET_UP = const(0x1F87FF)  # DMA CTRL without chain target, quiet and busy
_MACHINES = const(15)
_FIXED = (
    (0x4000C000, _ALL),  # RESETS
    (0x4000803C, _ALL), (0x40008040, _ALL),  # CLK_SYS: source, divider
    (0x40028000, 0x1FF), (0x40028008, _ALL), (0x4002800C, _ALL),  # PLL_SYS: reference divider, feedback, post dividers
    (0x40058000, 1 << 30),  # WATCHDOG: enabled
    (0x50300000, _MACHINES),  # PIO 1: machines enabled
    (0x50200038, _ALL), (0x50300038, _ALL),  # PIO: input synchronisers
    (0x4004C000, 0x1F0009), (0x4004C008, 0xF00000F), (0x4004C010, _ALL),  # ADC: on, nothing in turn or for ever; FIFO, divider
    (0xE000E100 - (1 << 32), 1 << 7 | 1 << 11), (0x5020012C, _ALL), (0x50000404, _ALL),  # interrupts of trip and samples: NVIC, PIO 0, DMA
    (0x400500A0, _ALL),  # PWM: slices enabled
)


@micropython.viper
def _take(table: int, count: int):
    """Remember what the registers of `table` (address, mask, value, …) hold."""
    row = ptr32(table)
    i = 0
    while i < 3 * count:
        row[i + 2] = ptr32(row[i])[0] & row[i + 1]
        i += 3


@micropython.viper
def _wrong(table, count: int, amplitudes, pairs, memory, program) -> int:
    """Rewrite both programs; then 0, or 1 + the index of the first row that differs.

    `amplitudes`: (words, PWM register) twice: the register holds the word asked for or one of the two before, and the word is undamaged.
    `pairs`: (DMA control, DMA control) or 0: of two channels that hand over to each other one is busy; the first is
    read again, lest they do so between two reads.
    """
    target, source = ptr32(memory), ptr16(program)
    block0, block1 = ptr32(target[0]), ptr32(target[1])
    i = 0
    while i < 32:
        block0[i] = source[i]
        block1[i] = source[i + 32]
        i += 1
    row = ptr32(table)
    i = 0
    while i < count:
        if ptr32(row[3 * i])[0] & row[3 * i + 1] != row[3 * i + 2]:
            return i + 1
        i += 1
    pair = ptr32(amplitudes)
    i = 0
    while i < 4:
        words = ptr32(pair[i])
        held = ptr32(pair[i + 1])[0]
        if words[0] + words[1] != -1:
            return count + 1
        if held != words[0]:
            if held != words[2]:
                if held != words[3]:
                    return count + 1
        i += 2
    pair = ptr32(pairs)
    i = 0
    while i < 8:
        if pair[i]:
            first = ptr32(pair[i])
            busy = first[0]
            busy |= ptr32(pair[i + 1])[0]
            busy |= first[0]
            if not busy >> 24 & 1:
                return count + 2
        i += 2
    return 0


class Watch:
    """`gpios`: those whose function and pad count. `latches`, `meters`, `feeders`: one a channel, with their DMA channels; `slices`: PWM slices."""

    def __init__(self, gpios, latches, meters, feeders, slices):
        rows = [(address, mask, None) for address, mask in _FIXED]
        for block in (regs.PIO_SM0, regs.PIO_SM0 + regs.PIO_BLOCK_BYTES):
            for i in range(4):
                machine = block + regs.SM_BYTES * i
                rows += [(machine, _ALL, None), (machine + 4, _NOT_STALLED, None), (machine + 8, _ALL, None), (machine + 20, _ALL, None)]
        for gpio in gpios:
            rows += [(_GPIO_CTRL + 8 * gpio, _ALL, None), (_PADS + 4 * gpio, _ALL, None)]
        for number in slices:
            rows += [(_PWM + 20 * number + at, _ALL, None) for at in (0, 4, 16)]  # CSR, DIV, TOP
        # What must hold from the start, whatever stands when it is taken: guard and dead-man have not cut, no sample was wrong.
        fixed = [(regs.PIO_SM0 + 3 * regs.SM_BYTES + 12, 31, GUARD_WAITS), (regs.PIO_SM0 + 2 * regs.SM_BYTES + 12, DEADMAN_RUNS_MASK, 0)]
        fixed += [(meter.fault_address, _ALL, 0) for meter in meters]
        fixed.append((regs.PIO_CTRL, _MACHINES, 0))
        dma = []
        for one in latches + meters + feeders:
            dma += [(control, _SET_UP, None) for control in one.controls] + [(address, _ALL, None) for address in one.fixed]
        self._registers, self._dma = len(rows), len(dma)
        self._count = len(rows) + len(dma) + len(fixed)
        self._table = array("i", [word or 0 for row in rows + dma + fixed for word in row])
        self._latches, self._meters = latches, meters
        both = (latches[0], latches[-1])  # of a board with one channel the same one twice
        self._amplitudes = array("i", [word for latch in both for word in (addressof(latch.words), latch.target)])
        self._pairs = array("i", [0] * 8)
        self._memory = array("i", [regs.PIO_INSTR_MEM, regs.PIO_INSTR_MEM + regs.PIO_BLOCK_BYTES])
        words = []
        for program in (block0[0], block1[0]):
            words += list(program) + [0] * (_INSTRUCTIONS - len(program))
        self._program = array("H", words)

    def take(self):
        """What stands now is what must stand; guard and dead-man run, no train does."""
        _take(addressof(self._table), self._registers)
        self.expect_running(())

    def expect_running(self, channels):
        """The trains of these channels run, fed, latched and sampled by the DMA channels as they are now."""
        _take(addressof(self._table) + 12 * self._registers, self._dma)
        self._table[-1] = 12
        for i in range(8):
            self._pairs[i] = 0
        for channel in channels:
            i = channel - 1
            self._table[-1] |= 1 << i
            for k, one in enumerate((self._meters[i], self._latches[i])):
                if one.controls:
                    self._pairs[4 * i + 2 * k], self._pairs[4 * i + 2 * k + 1] = one.controls

    def wrong(self):
        """0, or what is not as it was set up: the address of a register, -1 for amplitude words, -2 for a DMA channel that stopped."""
        i = _wrong(self._table, self._count, self._amplitudes, self._pairs, self._memory, self._program)
        if i == 0:
            return 0
        return self._count - i if i > self._count else self._table[3 * i - 3]
