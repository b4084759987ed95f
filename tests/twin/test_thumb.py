"""The Thumb core in C against the emulator's core, and against the ARMv6-M manual where those
two differ.
"""

import random

import pytest
from bare_chip import BareChip

RAM, CODE = 0x20000000, 0x20001000
_FLAGS = "nzcv"


class Cpu:
    """Runs single instructions on a bare chip, on our core or on the emulator's."""

    def __init__(self, python_loop: bool):
        self.bare = BareChip(python_loop)
        self.core = self.bare.rp2040.core
        self.core.waiting = False

    def run(self, opcodes, registers, flags):
        """Registers, flags, clocks and a stretch of RAM after one instruction."""
        core, rp2040 = self.core, self.bare.rp2040
        for place, opcode in enumerate(opcodes):
            rp2040.write_uint16(CODE + 2 * place, opcode)
        for index, value in enumerate(registers):
            core.registers[index] = value
        core.pc, core.interrupts_updated = CODE, False
        for name, value in zip(_FLAGS, flags):
            setattr(core, name, value)
        for address in range(RAM + 0x100, RAM + 0x140, 4):
            rp2040.write_uint32(address, address * 2654435761)
        loop = self.bare.loop
        start = loop.now
        before = loop.instructions
        while loop.instructions == before:
            loop.run_to(loop.now + 1)
        clocks = _spent(loop, start)
        ram = bytes(rp2040.sram[0x100:0x140])
        return list(core.registers), [int(getattr(core, name)) for name in _FLAGS], clocks, ram


def _spent(loop, _start):
    """Clocks until the next instruction begins."""
    before, start = loop.instructions, loop.now - 1
    while loop.instructions == before:
        loop.run_to(loop.now + 1)
    return loop.now - 1 - start


SHAPES = {
    "shift, add, subtract": lambda dice: dice.randrange(0x2000),
    "immediate": lambda dice: 0x2000 | dice.randrange(0x2000),
    "data processing": lambda dice: 0x4000 | dice.randrange(0x400),
    "high registers": lambda dice: (
        0x4400 | dice.randrange(0x300) & ~0x87 | dice.choice([0, 1, 2, 0x80, 0x81])
    ),
    "load literal": lambda dice: 0x4800 | dice.randrange(0x800),
    "load and store": lambda dice: dice.randrange(0x5000, 0xA000),
    "address": lambda dice: 0xA000 | dice.randrange(0x1000),
    "SP": lambda dice: 0xB000 | dice.randrange(0x100),
    "extend": lambda dice: 0xB200 | dice.randrange(0x100),
    "byte order": lambda dice: dice.choice([0xBA00, 0xBA40, 0xBAC0]) | dice.randrange(0x40),
    "push": lambda dice: 0xB400 | dice.randrange(0x200),
    "pop": lambda dice: 0xBC00 | dice.randrange(0x100),
    "multiple": lambda dice: 0xC000 | dice.randrange(0x1000),
    "branch": lambda dice: 0xD000 | dice.randrange(0xE00),
    "branch always": lambda dice: 0xE000 | dice.randrange(0x800),
}


def _odd_shift(opcode, registers):
    """LSL, LSR, ASR, ROR by 0 leave C alone, LSL by more than 32 clears it; not so in the
    emulator's core.
    """
    amount = registers[opcode >> 3 & 7] & 0xFF
    return (
        opcode >> 6 in (0x102, 0x103, 0x104, 0x107)
        and amount == 0
        or opcode >> 6 == 0x102
        and amount > 32
    )


def _store_with_base_in_list(opcode):
    """STM with its base in the list writes the base back (manual A6.7.58); the emulator's core
    does not.
    """
    return opcode >> 11 == 0x18 and opcode >> (opcode >> 8 & 7) & 1


def _carry_makes_the_sign(opcode, registers, flags):
    """ADCS and SBCS fold the carry into an operand in the emulator's core, and lose V where that
    changes its sign.
    """
    carried = {0x105: (opcode & 7, flags[2]), 0x106: (opcode >> 3 & 7, 1 - flags[2])}.get(
        opcode >> 6
    )
    return bool(carried) and carried[1] and registers[carried[0]] in (0x7FFFFFFF, 0xFFFFFFFF)


@pytest.fixture(scope="module")
def cores():
    return Cpu(False), Cpu(True)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_instruction_does_what_the_emulators_core_does(cores, shape):
    dice = random.Random(shape)
    compared = 0
    for _ in range(400):
        opcode = SHAPES[shape](dice)
        registers = [
            dice.choice(
                [
                    0,
                    1,
                    0x7FFFFFFF,
                    0x80000000,
                    0xFFFFFFFF,
                    dice.getrandbits(32),
                    RAM + 0x100 + 4 * dice.randrange(8),
                ]
            )
            for _ in range(13)
        ] + [RAM + 0x120, CODE + 1, CODE]
        if shape in ("load and store", "multiple"):
            registers[:8] = [
                RAM + 0x100 + 4 * dice.randrange(4) if dice.randrange(2) else 4 * dice.randrange(4)
                for _ in range(8)
            ]
        flags = [dice.randrange(2) for _ in range(4)]
        if (
            _odd_shift(opcode, registers)
            or _store_with_base_in_list(opcode)
            or opcode & 0xF0FF == 0xC000
            or _carry_makes_the_sign(opcode, registers, flags)
        ):
            continue
        program = (opcode, 0xBF00)
        ours, reference = (core.run(program, registers, flags) for core in cores)
        assert ours == reference, f"{opcode:#06x} {[hex(value) for value in registers]} {flags}"
        compared += 1
    assert compared > 100


# LSLS, LSRS, ASRS, RORS r0, r1
@pytest.mark.parametrize("opcode", [0x4088, 0x40C8, 0x4108, 0x41C8])
@pytest.mark.parametrize("carry", [0, 1])
def test_a_shift_by_zero_leaves_carry_alone(cores, opcode, carry):
    registers = [0x80000001, 0x100] + [0] * 11 + [RAM + 0x120, CODE + 1, CODE]
    after, flags, _, _ = cores[0].run((opcode, 0xBF00), registers, [0, 0, carry, 0])
    assert (after[0], flags) == (0x80000001, [1, 0, carry, 0])


@pytest.mark.parametrize("amount,carry", [(31, 0), (32, 1), (33, 0), (255, 0)])
def test_a_shift_to_the_left_by_many(cores, amount, carry):
    """LSLS r0, r1 of 1: bit 0 leaves the word at exactly 32."""
    registers = [1, amount] + [0] * 11 + [RAM + 0x120, CODE + 1, CODE]
    assert cores[0].run((0x4088, 0xBF00), registers, [0, 0, 1 - carry, 0])[1][2] == carry


@pytest.mark.parametrize("subtract", [False, True])
@pytest.mark.parametrize("carry", [0, 1])
@pytest.mark.parametrize("a", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
@pytest.mark.parametrize("b", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_add_and_subtract_with_carry_follow_the_manual(cores, a, b, carry, subtract):
    """ADCS, SBCS r0, r1: AddWithCarry() of the manual (A2.2.1)."""
    operand = ~b & 0xFFFFFFFF if subtract else b
    unsigned, signed = a + operand + carry, _signed(a) + _signed(operand) + carry
    result = unsigned & 0xFFFFFFFF
    registers = [a, b] + [0] * 11 + [RAM + 0x120, CODE + 1, CODE]
    after, flags, _, _ = cores[0].run(
        (0x4188 if subtract else 0x4148, 0xBF00), registers, [0, 0, carry, 0]
    )
    assert (after[0], flags) == (
        result,
        [result >> 31, int(result == 0), int(result != unsigned), int(_signed(result) != signed)],
    )


def _signed(value):
    return value - 2**32 if value >> 31 else value


@pytest.mark.parametrize(
    "dividend,divisor,signed,quotient,remainder",
    [
        (1_000_000, 7, False, 142_857, 1),
        (-1_000_000, 7, True, -142_857, -1),
        (1_000_000, -7, True, -142_857, 1),
        (0xFFFFFFFF, 2, False, 0x7FFFFFFF, 1),
        (-(2**31), -1, True, -(2**31), 0),
        (5, 0, False, 0xFFFFFFFF, 5),
        (-5, 0, True, 1, -5),
    ],
)
def test_the_divider(cores, dividend, divisor, signed, quotient, remainder):
    """SIO's divider (datasheet 2.3.1.5): STR both operands, LDR both results."""
    cpu, base = cores[0], 0xD0000000
    first = 0x68 if signed else 0x60
    registers = (
        [base, dividend & 0xFFFFFFFF, divisor & 0xFFFFFFFF]
        + [0] * 10
        + [RAM + 0x120, CODE + 1, CODE]
    )
    for offset, t in ((first, 1), (first + 4, 2)):
        registers = cpu.run((0x6000 | offset // 4 << 6 | t, 0xBF00), registers, [0] * 4)[0]
        registers[15] = CODE
    for offset, t in ((0x70, 3), (0x74, 4)):
        registers = cpu.run((0x6800 | offset // 4 << 6 | t, 0xBF00), registers, [0] * 4)[0]
        registers[15] = CODE
    assert (registers[3], registers[4]) == (quotient & 0xFFFFFFFF, remainder & 0xFFFFFFFF)


def test_a_division_begun_on_one_path_ends_on_the_other(make_twin):
    """An interrupt that falls due between operands and results hands the instructions over to
    the emulator's own core.
    """
    twin = make_twin()
    rp2040 = twin.chip.rp2040
    rp2040.write_uint32(0xD0000060, 1_000_003)
    rp2040.write_uint32(0xD0000064, 10)
    code = 0x2003FFC0
    # LDR r1, [r0, #0x70]; LDR r2, [r0, #0x74]; B .
    for k, opcode in enumerate((0x6F01, 0x6F42, 0xE7FE)):
        rp2040.write_uint16(code + 2 * k, opcode)
    core = rp2040.core
    core.registers[0], core.pm, core.waiting, core.pc = 0xD0000000, True, False, code
    twin.run_clocks(40)
    assert (core.registers[1], core.registers[2]) == (100_000, 3)


@pytest.mark.parametrize("python_loop", [False, True], ids=["C loop", "Python loop"])
@pytest.mark.parametrize("opens", [[0xB662], [0xF380, 0x8810]], ids=["CPSIE i", "MSR PRIMASK, r0"])
def test_an_interrupt_that_waits_is_taken_before_the_next_instruction(python_loop, opens):
    """Manual B1.4.3 and B5.2: clearing PRIMASK lets it in at once, however far the loop could
    have run on.
    """
    bare = BareChip(python_loop)
    core, rp2040 = bare.rp2040.core, bare.rp2040
    handler, stack, irq = RAM + 0x2000, RAM + 0x3000, 5
    add_1_to_r1, here = 0x3101, 0xE7FE
    # The interrupt is looked at, and has to wait
    opens = [0xBF00, *opens]
    for place, opcode in enumerate([*opens, *[add_1_to_r1] * 20, here]):
        rp2040.write_uint16(CODE + 2 * place, opcode)
    rp2040.write_uint16(handler, here)
    rp2040.write_uint32(RAM + 4 * (16 + irq), handler | 1)
    core.vtor, core.registers[13], core.registers[0], core.registers[1], core.pc = (
        RAM,
        stack,
        0,
        0,
        CODE,
    )
    core.pm, core.enabled_interrupts, core.pending_interrupts, core.interrupts_updated = (
        True,
        1 << irq,
        1 << irq,
        True,
    )
    core.waiting = False
    bare.loop.run_to(bare.loop.now + 60)
    assert core.pc & ~1 == handler
    # r1 as it was stacked
    assert rp2040.read_uint32(stack - 0x20 + 4) == 0
    assert rp2040.read_uint32(stack - 0x20 + 0x18) == CODE + 2 * len(opens)
