"""The C loop against the Python loop, both against the emulator's own core and loop: same edges,
same state, or it shows.
"""

import hashlib
import random

import pytest
from bare_chip import PINS, X, X_DEC, BareChip, jmp, pull, set_

from evenpulse.emulator.loop import make_loop
from evenpulse.twin.twin import Twin

# B . : a CPU that never rests, two clocks a turn
_BUSY = (0xE7FE,)


def _random_program(seed: int, python_loop: bool) -> BareChip:
    """Eight machines with random instructions, dividers and pins, words in their FIFOs, an outside
    pin that toggles.
    """
    dice = random.Random(seed)
    bare = BareChip(python_loop)
    bare.drive(0, *range(8))
    bare.drive(1, *range(8, 16))
    for block in (0, 1):
        bare.load(block, [dice.getrandbits(16) for _ in range(32)])
        for index in range(4):
            base, count = 8 * block + dice.randrange(6), dice.randrange(1, 4)
            bare.machine(
                block,
                index,
                pc=dice.randrange(32),
                divider=dice.choice([1, 1, 2, 2.5, 7.77, 100]),
                set_pins=(base, count),
                out_pins=(base, count),
                side=(base, dice.randrange(2)),
                in_base=dice.randrange(20),
                jmp_pin=dice.randrange(20),
                shift=0x000C0000 | dice.getrandbits(2) << 16,
            )
            bare.put(block, index, *(dice.getrandbits(dice.choice([3, 8, 32])) for _ in range(4)))
        bare.enable(block, 0xF)
    for _ in range(30):
        bare.run(dice.randrange(1, 400))
        bare.pads.switch(16 + dice.randrange(4), dice.randrange(2))
        if dice.randrange(3) == 0:
            bare.put(dice.randrange(2), dice.randrange(4), dice.getrandbits(32))
    return bare


def _state(bare: BareChip):
    return [
        (
            m.pc,
            m.x,
            m.y,
            m.input_shift_reg,
            m.output_shift_reg,
            m.waiting,
            m.tx_fifo.items,
            m.rx_fifo.items,
        )
        for pio in bare.rp2040.pio
        for m in pio.machines
    ]


@pytest.mark.parametrize("seed", range(60))
def test_random_programs_give_the_same_edges_and_state(seed):
    ours, reference = _random_program(seed, False), _random_program(seed, True)
    assert ours.edges() == reference.edges()
    assert _state(ours) == _state(reference)


def test_random_programs_do_something():
    assert sum(len(_random_program(seed, False).edges()) > 10 for seed in range(10)) >= 3


def _train(bare: BareChip) -> None:
    """Square wave of 1000 and 1500 clocks, while the CPU is busy."""
    bare.load(0, [pull(), jmp(8)])
    bare.load(
        0,
        [
            set_(PINS, 1),
            set_(X, 31, delay=5),
            jmp(10, X_DEC, delay=30),
            set_(PINS, 0),
            set_(X, 31, delay=9),
            jmp(13, X_DEC, delay=31),
        ],
        at=8,
    )
    bare.drive(0, 2)
    bare.machine(0, 0, pc=8, wrap=(8, 13), set_pins=(2, 1))
    for place, word in enumerate(_BUSY):
        bare.rp2040.write_uint16(0x20000000 + 2 * place, word)
    bare.rp2040.core.pc, bare.rp2040.core.waiting = 0x20000000, False
    bare.enable(0, 1)


def _periods(clocks: list[int]) -> set[int]:
    return {after - before for before, after in zip(clocks, clocks[2:])}


# Clocks of the train, counted by hand
HIGH, LOW = 1 + 6 + 32 * 31, 1 + 10 + 32 * 32


def test_ours_is_exact_where_the_stock_loop_is_not():
    """The same train with the CPU busy: one period, to the clock, with ours; several with the
    emulator's own loop.
    """
    ours = BareChip()
    _train(ours)
    ours.run(200_000)
    clocks = [clock for clock, _, _ in ours.edges(2)]
    assert clocks[:4] == [0, HIGH, HIGH + LOW, 2 * HIGH + LOW]
    assert _periods(clocks) == {HIGH + LOW}
    assert _periods(_stock_edges()) != {HIGH + LOW}


def _stock_edges() -> list[int]:
    from rp2040py.simulator import Simulator

    bare = BareChip()
    simulator = Simulator(rp2040=bare.rp2040)
    clocks: list[int] = []
    bare.rp2040.gpio[2].add_listener(
        lambda value, _last: clocks.append(round(bare.rp2040.clock.nanos / 8))
    )
    _train(bare)
    simulator.stopped = False
    while bare.rp2040.clock.nanos < 200_000 * 8:
        simulator._execute_batch()
    return clocks


def test_the_clock_does_not_drift():
    """After three seconds in uneven slices the emulator's nanoseconds are still exactly 8 a
    clock.
    """
    bare = BareChip()
    for clocks in (1, 7, 124_999_999, 3, 249_999_990):
        bare.run(clocks)
        assert bare.rp2040.clock.nanos == bare.loop.now * 8
    assert bare.loop.now == 375_000_000


def _cpu_state(twin):
    core = twin.chip.rp2040.core
    return (
        twin.now,
        # Bit 0 of the PC is not kept by the chip: an exception's vector leaves it there in Python
        [*core.registers[:15], core.registers[15] & ~1],
        core.n,
        core.z,
        core.c,
        core.v,
        core.pm,
        core.waiting,
        twin.chip.loop.instructions,
        hashlib.sha256(twin.chip.rp2040.sram).hexdigest(),
        twin.edges,
    )


@pytest.mark.parametrize(
    "silicon_time, for_ms", [(False, 20), (True, 30)], ids=["emulator's time", "silicon's time"]
)
def test_booting_the_firmware_is_the_same_instruction_by_instruction(
    firmware, silicon_time, for_ms
):
    """Our Thumb core and loop against the emulator's core in the Python loop: registers, flags, RAM
    and pins, ms by ms.
    """
    ours, reference = (Twin(firmware=firmware, python_loop=python) for python in (False, True))
    for twin in (ours, reference):
        twin.silicon_time = silicon_time
        twin.power_on(usb=True)
    for _ in range(for_ms):
        ours.run_ms(1)
        reference.run_ms(1)
        assert _cpu_state(ours) == _cpu_state(reference)
    assert ours.chip.loop.instructions > 100_000


def test_the_python_loop_can_be_asked_for(monkeypatch):
    bare = BareChip()
    monkeypatch.setenv("EVENPULSE_PYTHON_LOOP", "1")
    assert make_loop(bare.rp2040).__class__.__module__ == "evenpulse.emulator.exact"
    monkeypatch.delenv("EVENPULSE_PYTHON_LOOP")
    assert make_loop(bare.rp2040).__class__.__module__ == "evenpulse.emulator._silicon"
    monkeypatch.setenv("EVENPULSE_SILICON_TIME", "0")
    assert make_loop(bare.rp2040).__class__.__module__ == "evenpulse.emulator._exact"
