"""Registers that the C loop answers without the emulator's bus, against the loop that asks the bus:
same word, same clocks, same effect.
"""

import random

import pytest
from bare_chip import PIO, X_DEC, BareChip, jmp

CODE = 0x20001000
# Ldr r0, [r1] · str r0, [r1]
LDR, STR, NOP = 0x6808, 0x6008, 0xBF00
DMA, SPINLOCKS, ADC_CS, I2C_RAW_INTR_STAT = (
    0x50000000,
    0xD0000100,
    0x4004C000,
    (0x40044034, 0x40048034),
)
ADDRESSES = [
    *(base + offset for base in PIO for offset in [0, 8, 0x30, *range(0x48, 0x128, 4)]),
    *range(DMA, DMA + 0x300, 4),
    *(DMA + offset for offset in range(0x400, 0x420, 4)),
    *range(SPINLOCKS, SPINLOCKS + 0x80, 4),
    ADC_CS,
    *I2C_RAW_INTR_STAT,
    *range(0x40014000, 0x40014130, 4),
    *range(0x4001C000, 0x4001C084, 4),
    *range(0x40050000, 0x400500B4, 4),
    *range(0x40054010, 0x40054048, 4),
]  # fmt: skip


class Machine:
    """A chip whose blocks were all written to at random, and one instruction after another on
    its CPU.
    """

    def __init__(self, python_loop: bool, seed: int):
        self.bare = bare = BareChip(python_loop)
        dice = random.Random(seed)
        for block in (0, 1):
            bare.load(block, [dice.getrandbits(16) for _ in range(31)])
            bare.load(block, [jmp(31, X_DEC)], at=31)
            for index in range(4):
                bare.machine(
                    block,
                    index,
                    pc=31,
                    divider=dice.choice([1, 2.5, 700]),
                    shift=0x000C0000 | dice.getrandbits(2) << 16,
                )
            bare.enable(block, dice.getrandbits(4))
        for channel in range(12):
            base = DMA + 0x40 * channel
            for offset in (0, 4, 8):
                bare.write(base + offset, dice.getrandbits(32))
            # Not enabled
            bare.write(base + 0x10, dice.getrandbits(24) & ~1)
        for pin in range(30):
            bare.write(0x40014004 + 8 * pin, dice.getrandbits(5))
            bare.write(0x4001C004 + 4 * pin, dice.getrandbits(8))
        for offset in range(0, 0xA0, 4):
            # No slice counts
            bare.write(0x40050000 + offset, dice.getrandbits(16) & ~1)
        for alarm in range(4):
            if dice.getrandbits(1):
                bare.write(0x40054010 + 4 * alarm, dice.getrandbits(32) | 1 << 31)
        bare.write(DMA + 0x404, dice.getrandbits(12))
        bare.write(DMA + 0x408, dice.getrandbits(12))
        bare.write(ADC_CS, dice.getrandbits(2))
        bare.rp2040.core.waiting = False

    def step(self, opcode: int, value: int, address: int) -> tuple[list[int], int]:
        """Registers and the clocks that one instruction took."""
        core = self.bare.rp2040.core
        self.bare.rp2040.write_uint16(CODE, opcode)
        self.bare.rp2040.write_uint16(CODE + 2, NOP)
        core.registers[0], core.registers[1], core.pc = value, address, CODE
        began = self._next()
        return list(core.registers), self._next() - began

    def _next(self) -> int:
        loop = self.bare.loop
        before = loop.instructions
        while loop.instructions == before:
            loop.run_to(loop.now + 1)
        return loop.now

    def words(self) -> list[int]:
        """What the bus says of every register that reading does not change."""
        return [
            self.bare.read(address)
            for address in ADDRESSES
            if not SPINLOCKS <= address < SPINLOCKS + 0x80
        ] + [self.bare.read(0xD000005C)]


@pytest.mark.parametrize("seed", range(3))
def test_every_register_reads_the_same_on_both_loops(seed):
    ours, reference = Machine(False, seed), Machine(True, seed)
    for address in ADDRESSES:
        # The register, and its alias for XOR
        for offset in (0, 0x1000):
            if offset == 0 or address >> 28 in (4, 5):
                assert ours.step(LDR, 0, address + offset) == reference.step(
                    LDR, 0, address + offset
                ), hex(address + offset)


@pytest.mark.parametrize("seed", range(3))
def test_a_word_written_again_and_another_one_do_the_same_on_both_loops(seed):
    ours, reference = Machine(False, seed), Machine(True, seed)
    dice = random.Random(seed)
    for address in ADDRESSES:
        if address >> 28 == 0xD or address >> 20 in (0x502, 0x503) and address & 0xFFF >= 0x48:
            for value in (reference.bare.read(address), dice.getrandbits(32)):
                assert ours.step(STR, value, address) == reference.step(STR, value, address), hex(
                    address
                )
                assert ours.words() == reference.words(), hex(address)


def test_the_loop_answers_them_itself():
    """Without this a table that knows nothing would pass: the bus is not asked."""
    ours = Machine(False, 1)
    asked = []
    for page in (0x50200, 0x50300, 0x50000, 0x4004C, 0x40044):
        block = ours.bare.rp2040.peripherals[page]
        ours.bare.rp2040.peripherals[page] = _Asked(block, asked)
    for address in (PIO[0], PIO[1] + 0xC8, DMA + 0x110, ADC_CS, I2C_RAW_INTR_STAT[0]):
        ours.step(LDR, 0, address)
    assert asked == []
    # SMx_INSTR is for the emulator
    ours.step(LDR, 0, PIO[0] + 0xD8)
    assert asked == [0xD8]


class _Asked:
    def __init__(self, block, asked: list):
        self._block, self._asked = block, asked

    def read_uint32(self, offset: int) -> int:
        self._asked.append(offset)
        return self._block.read_uint32(offset)
