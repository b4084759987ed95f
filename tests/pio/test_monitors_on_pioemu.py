"""The width monitors on rp2040-pio-emulator: the same requests and the same pull on INTERLOCK_N as
on the reference model.

pioemu knows neither divider nor IN base: an instruction is a clock here, and GPIOs are counted from
the machine's own leg.
"""

import random
from bisect import bisect_right
from dataclasses import replace

import pytest
from pioemu_side import clocked_pins_and_requests, trace_of
from reference_pio import Block
from watched import program, requests, words

# Instructions, 1 us
TURN = 5
CLOCKS = 1_500
WAIT_PIN, WAIT_GPIO = 0x2020, 0x2000
# `mov(y, y)`: pioemu has no flags, and none of these machines waits for one
IRQ_KIND, NOTHING = 6, 0xA042
ALL = 0xFFFF_FFFF


def alone(firmware, number, both_phases):
    """(opcodes, config) of one monitor in the form that pioemu can run."""
    block = firmware.monitor_block(words(program(60, 20)), both_phases)
    config = block.machines[number].config
    own = config.in_base
    opcodes = [
        op & ~WAIT_PIN | WAIT_GPIO if op & 0xE060 == WAIT_PIN else op for op in block.opcodes
    ]
    opcodes = [NOTHING if op >> 13 == IRQ_KIND else op for op in opcodes]
    return opcodes, replace(
        config,
        divider_int=1,
        in_base=0,
        jmp_pin=(config.jmp_pin - own) % 32,
        set_base=(config.set_base - own) % 32,
    )


def legs(config, number):
    """Numbers of leg A and leg B, counted from the machine's own."""
    return (config.jmp_pin, 0) if number % 2 else (0, 1)


def levels_of(changes):
    """From a clock to the levels of all pins; of two changes at once the later counts."""
    clocks, levels = [-1], [0]
    for clock, pin, level in changes:
        clocks.append(clock)
        levels.append(levels[-1] & ~(1 << pin) | level << pin)
    return lambda clock: levels[bisect_right(clocks, clock) - 1]


def toggles(config, number, seed):
    """[(clock, pin, level)] of pulses, some of them too long, back too soon or overlapping."""
    chance, (leg_a, leg_b), out, at = random.Random(seed), legs(config, number), [], 20
    while at < CLOCKS:
        phase, gap = chance.choice([20, 41, 60, 60]) * TURN, chance.choice([5, 20]) * TURN
        second = at + phase + gap
        out += [
            (at, leg_a, 1),
            (at + phase, leg_a, 0),
            (second, leg_b, 1),
            (second + phase, leg_b, 0),
        ]
        at = second + phase + 80 * TURN
    if seed % 4:
        out.append((chance.randrange(CLOCKS), chance.choice([leg_a, leg_b]), chance.randrange(2)))
    return sorted(out)


@pytest.mark.parametrize("both_phases", [True, False])
@pytest.mark.parametrize("number", range(4))
def test_same_pins_and_requests(firmware, number, both_phases):
    opcodes, config = alone(firmware, number, both_phases)
    pins = sum(1 << pin for pin in legs(config, number))
    outcomes, asked = set(), 0
    for seed in range(24):
        changes = toggles(config, number, seed)
        block = Block(opcodes, {0: config}, sync_bypass=ALL)
        taken = block.drain(0)
        for clock, pin, level in changes:
            block.drive(pin, level, clock)
        trace = trace_of(block, CLOCKS)
        other, pushed = clocked_pins_and_requests(
            opcodes, config, clocks=CLOCKS, inputs=levels_of(changes)
        )
        own = [(at, levels & ~pins, directions) for at, levels, directions in other]
        assert [step for k, step in enumerate(own) if not k or step[1:] != own[k - 1][1:]] == trace
        assert pushed == list(zip(requests(block, 0), taken, strict=True))
        outcomes.add(len(trace) > 1)
        asked += len(taken)
    assert outcomes == {False, True} and bool(asked) == (number % 2 == 0)
