"""Skipping in closed form must show nothing: random machines against stepping every clock."""

import random

import pytest
from reference_pio import Block, Config

CLOCKS = 3000
# jmp x--, jmp y--, jmp
SELF_JUMPS = (0x0040, 0x0080, 0x0000)


def random_program(chance):
    """32 opcodes of any kind; a third of them jumps to themselves, delays and side-set included."""

    def one(address):
        if chance.random() < 2 / 3:
            return chance.getrandbits(16)
        return chance.choice(SELF_JUMPS) | chance.getrandbits(5) << 8 | address

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
