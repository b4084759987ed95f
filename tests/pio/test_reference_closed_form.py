"""Skipping in closed form must show nothing: random machines against stepping every clock."""

import random

import pytest
from reference_pio import Block, Config

CLOCKS = 3000
# jmp x--, jmp y--, jmp
SELF_JUMPS = (0x0040, 0x0080, 0x0000)
# The same, on a pin, and what asks X and Y otherwise: jmp pin, jmp !x, jmp x!=y
BACK_JUMPS = (*SELF_JUMPS, 0x00C0, 0x0020, 0x00A0)
# nop, set x, set y, mov x y, mov y x, mov isr x, mov x pins
WITHIN = (0xA042, 0xE03F, 0xE049, 0xA022, 0xA041, 0xA0C1, 0xA020)


def random_program(chance):
    """32 opcodes of any kind, among them many jumps to themselves and short ways back, delays
    and side-set included.
    """

    def one(address):
        kind = chance.random()
        if kind < 1 / 3:
            return chance.getrandbits(16)
        more = chance.getrandbits(5) << 8
        if kind < 1 / 2:
            return chance.choice(SELF_JUMPS) | more | address
        if kind < 3 / 4:
            return chance.choice(WITHIN) | more
        return chance.choice(BACK_JUMPS) | more | max(0, address - chance.randint(1, 4))

    return [one(address) for address in range(32)]


def random_config(chance):
    bits, flag = chance.getrandbits, lambda: chance.random() < 0.5
    return Config(
        start_pc=bits(5),
        wrap_bottom=bits(5),
        wrap_top=bits(5),
        out_base=bits(5),
        out_count=chance.randint(0, 32),
        set_base=bits(5),
        set_count=chance.randint(0, 5),
        in_base=bits(5),
        jmp_pin=bits(5),
        side_base=bits(5),
        side_count=chance.randint(0, 5),
        side_optional=flag(),
        side_pindirs=flag(),
        in_right=flag(),
        out_right=flag(),
        autopush=flag(),
        autopull=flag(),
        push_threshold=chance.randint(1, 32),
        pull_threshold=chance.randint(1, 32),
        join=chance.choice(["", "tx", "rx"]),
        divider_int=chance.choice([1, 1, 2, 7, 40]),
        divider_256ths=chance.choice([0, 0, 1, bits(8)]),
        status_rx=flag(),
        status_level=chance.randint(0, 9),
        x=chance.randint(0, 300),
        y=chance.randint(0, 300),
    )


def run(seed, closed_form):
    """Everything that a run of a random world shows."""
    chance = random.Random(seed)
    machines = {number: random_config(chance) for number in range(chance.randint(1, 4))}
    block = Block(
        random_program(chance),
        machines,
        pulls_up=0x0F0F_0F0F,
        sync_bypass=0x00FF_00FF,
        closed_form=closed_form,
    )
    for number in machines:
        block.feed(number, [chance.getrandbits(32) for _ in range(chance.randint(0, 6))])
    for _ in range(chance.randint(0, 8)):
        block.push(chance.choice(list(machines)), chance.getrandbits(32), chance.randrange(CLOCKS))
    for _ in range(chance.randint(0, 20)):
        block.drive(chance.randrange(32), chance.getrandbits(1), chance.randrange(CLOCKS))
    block.run(CLOCKS // 3)
    block.run(CLOCKS - CLOCKS // 3)
    state = [
        (
            m.pc,
            m.x,
            m.y,
            m.isr,
            m.isr_count,
            m.osr,
            m.osr_count,
            m.delay,
            [*m.tx.words],
            [*m.rx.words],
        )
        for m in block.machines.values()
    ]
    return block.edges, block.irq_edges, state, block.inputs


@pytest.mark.parametrize("hundred", range(2))
def test_random_worlds(hundred):
    for seed in range(100 * hundred, 100 * hundred + 100):
        assert run(seed, closed_form=True) == run(seed, closed_form=False), f"seed {seed}"


# What a loop goes by, and its instructions; behind them SET PINS 1 tells when it has ended.
LOOPS = {
    "X counts to 0": ["nop [3]", "jmp x-- 0"],
    "Y too, and sooner": ["jmp y-- 2", "jmp 4", "nop", "jmp x-- 0"],
    "X twice a turn": ["jmp x-- 1", "nop", "jmp x-- 0"],
    "X is not yet Y": ["jmp x-- 1", "jmp x!=y 0"],
    "X is 0": ["jmp x-- 1", "jmp !x 3", "jmp 0"],
    "Y is 0": ["jmp y-- 1", "jmp !y 3", "jmp 0"],
    "Y takes X": ["jmp x-- 1", "mov y x", "jmp y-- 3", "jmp x!=y 0"],
    "the ISR takes X": ["mov isr x", "jmp x-- 0"],
    "a pin": ["jmp pin 3", "nop", "jmp 0"],
    "a pin, X at last": ["jmp pin 3", "nop [7]", "jmp x-- 0"],
    "a jump to itself within": ["set y 7", "jmp y-- 1", "jmp x-- 0"],
}
_WORDS = {
    "nop": 0xA042,
    "mov y x": 0xA041,
    "mov isr x": 0xA0C1,
    "set y": 0xE040,
    "jmp": 0x0000,
    "jmp !x": 0x0020,
    "jmp x--": 0x0040,
    "jmp !y": 0x0060,
    "jmp y--": 0x0080,
    "jmp x!=y": 0x00A0,
    "jmp pin": 0x00C0,
}


def opcode(line):
    """`jmp x-- 3`, `nop [5]`."""
    words, _, delay = line.partition(" [")
    number = int(words.split()[-1]) if words[-1].isdigit() else 0
    return _WORDS[words.rstrip("0123456789 ")] | number | int(delay.rstrip("]") or 0) << 8


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize(("x", "y"), [(0, 0), (1, 3), (2, 1), (101, 60), (300, 5_000)])
def test_a_loop_ends_when_it_does_step_by_step(name, x, y):
    def seen(closed_form):
        loop = [opcode(line) for line in LOOPS[name]]
        config = Config(set_count=1, jmp_pin=9, divider_int=3, divider_256ths=77, x=x, y=y)
        # At last round and round
        block = Block(
            [*loop, 0xE001, len(loop) + 1], {0: config}, directions=1, closed_form=closed_form
        )
        block.drive(9, 1, 3_000)
        machine = block.machines[0]
        block.run(2_500)
        middle = machine.pc, machine.x, machine.y, machine.delay
        block.run(7_000)
        return block.edges, middle, machine.pc, machine.x, machine.y

    assert seen(closed_form=True) == seen(closed_form=False)


def test_pulse_program(firmware):
    """The firmware's own block, a pulse of both channels and a trip in the middle."""

    def edges(closed_form):
        block = firmware.block(
            [40, 90, 650 << 16 | 2500],
            [333, 5, 700 << 16 | 2600],
            cpu_words=False,
            closed_form=closed_form,
        )
        block.drive(firmware.gpio["INTERLOCK_N"], 0, 4000)
        return block.run(9000), block.pushes

    assert edges(closed_form=True) == edges(closed_form=False)
