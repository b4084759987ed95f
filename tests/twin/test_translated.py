"""Blocks of the host's own code (_translate.h) against the interpreter they stand for, which
test_thumb holds against the emulator's core: programs of random instructions, run hot, are the same
at every stop.
"""

import hashlib
import random

import pytest
from bare_chip import BareChip

RAM, RAM_CODE, FLASH, FLASH_CODE = 0x20000000, 0x20004000, 0x10000000, 0x10008000
_BACK, _RETURN, _NOP = 0xE000, 0x4770, 0xBF00
_MOVS_R5, _ROUNDS = 0x2500, 40


def _alu(dice):
    """No memory; results go to r0 to r5, so that r6 and r7 go on pointing somewhere."""
    while True:
        opcode = dice.choice(
            [
                dice.randrange(0x2000),
                0x2000 | dice.randrange(0x2000) & ~0x0600,
                0x4000 | dice.randrange(0x400),
                0xB200 | dice.randrange(0x100),
                dice.choice([0xBA00, 0xBA40]) | dice.randrange(0x40),
                0xA000 | dice.randrange(0x1000) & ~0x0600,
                # ADD, CMP and MOV of high registers, SP among them as a source
                dice.choice([0x4400, 0x4500, 0x4600]) | dice.randrange(14) << 3 | dice.randrange(6),
                0x4680 | dice.randrange(8) << 3 | dice.randrange(5),
            ]
        )
        if opcode & 7 < 6 or opcode >> 12 in (2, 3, 10):
            return [opcode]


def _load_or_store(dice):
    """r6 points to RAM, r7 to flash; r5 holds an offset, now and then one that is not aligned."""
    base, target = dice.choice([6, 7]), dice.randrange(6)
    kind = dice.randrange(0x5000 >> 9, 0x9000 >> 9)
    if kind >> 3 == 5:
        offset = dice.choice([0, 4, 8, 20, 4 * dice.randrange(60), dice.randrange(255)])
        return [_MOVS_R5 | offset, kind << 9 | 5 << 6 | base << 3 | target]
    return [kind << 9 | dice.randrange(32) << 6 & 0x01C0 | base << 3 | target]


def _several(dice):
    """PUSH and POP, LDM and STM, with r6 as a base set back afterwards."""
    low = dice.randrange(1, 32)
    if dice.randrange(2):
        return [0xB400 | low, *_alu(dice), 0xBC00 | low]
    return [0xC600 | dice.choice([0, 0x800]) | low, 0x3E00 | 4 * low.bit_count()]


def _stack(dice):
    return [0xB080 | 2, 0x9000 | dice.randrange(6) << 8, *_alu(dice), 0x9800 | 0x100, 0xB002]


def _branch(dice):
    """A comparison, or none, and a way round the next instruction."""
    flags = dice.choice([[], [0x4280 | dice.randrange(0x40)], [0x42C0 | dice.randrange(0x40)]])
    return [*flags, 0xD000 | dice.randrange(14) << 8, *_alu(dice)]


def _literal(dice):
    return [0x4800 | dice.randrange(6) << 8 | dice.randrange(20)]


def _device(dice):
    """CPUID and the divider of SIO, over r4."""
    return [0x240D, 0x0724, dice.choice([0x6820, 0x6E20, 0x6E60, 0x6660, 0x6F23])]


SHAPES = (_alu, _alu, _load_or_store, _several, _stack, _branch, _literal, _device)


def _program(dice):
    """Some instructions, calls of what comes after them among them, and back to the beginning."""
    words = [word for _ in range(dice.randrange(3, 30)) for word in dice.choice(SHAPES)(dice)]
    called = [0xB500, *_alu(dice), 0xBD00] if dice.randrange(2) else [*_alu(dice), _RETURN]
    if dice.randrange(2):
        # BL over the way back
        words += [0xF000, 0xF801]
    back = -(len(words) + 2) & 0x7FF
    return [*words, _BACK | back, *called, _BACK | -(len(words) + len(called) + 3) & 0x7FF]


class Cpu:
    """A chip that runs a program from a state on, with blocks or without."""

    def __init__(self, translates, silicon_time=False):
        self.silicon_time = silicon_time
        self.bare = BareChip(silicon_time=silicon_time)
        self.core, self.loop = self.bare.rp2040.core, self.bare.loop
        self.loop.translates = translates

    def begin(self, code, program, registers, flags):
        self.loop.set_cache(True)
        self.change(code, program)
        for k in range(0, 0x2000, 4):
            self.bare.rp2040.write_uint32(RAM + k, k * 2654435761 & 0xFFFFFFFF)
        for index, value in enumerate(registers):
            self.core.registers[index] = value
        for name, value in zip("nzcv", flags):
            setattr(self.core, name, value)
        self.core.pc, self.core.waiting, self.core.interrupts_updated = code, False, False

    def change(self, code, program):
        """Write code past the bus, as a fault, a debugger or the flash chip does."""
        memory, begin = (
            (self.bare.rp2040.flash, code - FLASH)
            if code < RAM
            else (self.bare.rp2040.sram, code - RAM)
        )
        for k, word in enumerate(program):
            memory[begin + 2 * k], memory[begin + 2 * k + 1] = word & 0xFF, word >> 8

    def state(self):
        return (
            self.loop.now,
            self.loop.instructions,
            self.core.cycles,
            list(self.core.registers),
            [int(getattr(self.core, name)) for name in "nzcv"],
            bytes(self.bare.rp2040.sram[:0x4800]),
        )


def _registers(dice, code):
    values = [dice.choice([0, 1, 0x80000000, 0xFFFFFFFF, dice.getrandbits(32)]) for _ in range(6)]
    high = [dice.getrandbits(32) for _ in range(5)]
    return [*values, RAM + 0x400, FLASH + 0x9000, *high, RAM + 0x1000, code + 1, code]


@pytest.fixture(scope="module", params=[False, True], ids=["", "silicon"])
def both(request):
    return Cpu(True, request.param), Cpu(False, request.param)


@pytest.mark.parametrize("code", [FLASH_CODE, RAM_CODE], ids=["flash", "RAM"])
@pytest.mark.parametrize("seed", range(60))
def test_blocks_do_what_the_interpreter_does(both, code, seed):
    dice = random.Random(seed)
    program, flags = _program(dice), [dice.randrange(2) for _ in range(4)]
    registers = _registers(dice, code)
    before = both[0].loop.translated
    for cpu in both:
        cpu.begin(code, program, registers, flags)
    for _ in range(_ROUNDS):
        clocks, data = dice.choice([1, 2, 3, 7, 50, 400]), dice.randrange(4)
        for cpu in both:
            # Another line of the same set: on silicon's time it drives code out of the cache.
            cpu.core.registers[7] = FLASH_CODE + 0x2000 * data
            cpu.bare.run(clocks)
        assert both[0].state() == both[1].state(), [hex(word) for word in program]
    assert both[1].loop.translated == 0
    # On silicon's time data may drive code out of the cache for good.
    cold = code == FLASH_CODE and both[0].silicon_time
    assert both[0].loop.translated > before or cold or not both[0].loop.translates


@pytest.mark.parametrize("code", [FLASH_CODE, RAM_CODE], ids=["flash", "RAM"])
def test_code_that_is_changed_is_what_runs_next(both, code):
    """Nobody tells the blocks that memory was written to."""
    cpu = both[0]
    cpu.begin(code, [0x2001, 0x3101, 0x3201, 0x3301, 0xE7FA], [0] * 15 + [code], [0] * 4)
    cpu.bare.run(2_000)
    for value in (2, 3, 2):
        for at, register in ((0, 0x2000), (3, 0x2300)):
            cpu.change(code + 2 * at, [register | value])
            cpu.bare.run(12)
            assert cpu.core.registers[register >> 8 & 7] == value


def test_code_in_ram_may_write_the_very_next_instruction():
    """STRH r1 over the MOVS r3 that follows it, another one each time round."""
    program = [0x8011, 0x2300, 0x3101, 0x3401, 0xE7FA]
    registers = [0, 0x2300, RAM_CODE + 2, *[0] * 10, RAM + 0x1000, 0, RAM_CODE]
    cpus = Cpu(True), Cpu(False)
    for cpu in cpus:
        cpu.begin(RAM_CODE, program, registers, [0] * 4)
    for _ in range(100):
        for cpu in cpus:
            cpu.bare.run(11)
        assert cpus[0].state() == cpus[1].state()
    assert cpus[0].core.registers[3] > 100


def test_a_block_of_long_instructions_takes_its_clocks():
    """PUSH and POP of eight registers and more: hundreds of clocks without a branch."""
    program = [0xB4FF, 0xBCFF] * 16 + [0x3001, 0xE7DD]
    registers = [0] * 13 + [RAM + 0x1000, 0, FLASH_CODE]
    cpus = Cpu(True), Cpu(False)
    for cpu in cpus:
        cpu.begin(FLASH_CODE, program, registers, [0] * 4)
    for _ in range(100):
        for cpu in cpus:
            cpu.bare.run(333)
        assert cpus[0].state() == cpus[1].state()


def test_a_block_that_other_code_took_the_place_of_is_made_once(both):
    """Firmware of another board or build in the same process: what leads to the changed stretch
    finds the new one, and does not have it made each time it comes by.
    """
    cpu = both[0]
    first, second = [0x3101, 0x3201, 0xE01C], 2 * 0x20
    for value in (1, 2, 3):
        cpu.begin(FLASH_CODE, first, [0] * 13 + [RAM + 0x1000, 0, FLASH_CODE], [0] * 4)
        cpu.change(FLASH_CODE + second, [0x2000 | value, 0xE7DD])
        before = cpu.loop.blocks
        cpu.bare.run(20_000)
        assert cpu.core.registers[0] == value and cpu.core.registers[1] > 2_000
        assert cpu.loop.blocks - before <= 4


def test_what_the_cache_holds_is_done_in_blocks():
    """Three words of a loop; each block has waited for none of them."""
    cpus = Cpu(True, True), Cpu(False, True)
    for cpu in cpus:
        cpu.begin(FLASH_CODE, [0x3001, 0x3101, 0x3201, 0xE7FB], [0] * 15 + [FLASH_CODE], [0] * 4)
        cpu.bare.run(5_000)
    assert cpus[0].state() == cpus[1].state()
    assert not cpus[0].loop.translates or cpus[0].loop.translated > 2_000


# Of the loop as it was before there was another time (commit 1d9cacb).
_CLOCKS_BEFORE = "dfe3fddb98c1eb5d5e0c37f7b7b7237f02792d59917b35274d26a29385925656"


def test_without_silicons_time_every_clock_is_as_it_was():
    seen, cpu = hashlib.sha256(), Cpu(True)
    for seed in range(1000, 1040):
        for code in (FLASH_CODE, RAM_CODE):
            dice = random.Random(seed)
            program, flags = _program(dice), [dice.randrange(2) for _ in range(4)]
            cpu.begin(code, program, _registers(dice, code), flags)
            before = cpu.state()[:3]
            for clocks in (1, 7, 50, 400, 3000):
                cpu.bare.run(clocks)
                state = cpu.state()
                passed = tuple(now - then for now, then in zip(state, before))
                seen.update(repr((*passed, state[3], state[4])).encode())
    assert seen.hexdigest() == _CLOCKS_BEFORE
