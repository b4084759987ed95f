"""DMA channels and FIFOs of the compiled loop against the emulator's own on the same loop: random
transfers between RAM and a FIFO, in rings, chained, paced, swapped, aborted.
"""

import random

import pytest
from bare_chip import PIO, SIO, BareChip
from rp2040py.peripherals.dma import AHB_ERROR, BUSY, READ_ERROR, WRITE_ERROR, RPDMAChannel
from rp2040py.utils.fifo import FIFO

from evenpulse.emulator.dma import DmaPace

DMA, RAM, BYTES = 0x50000000, 0x20001000, 0x400
# Above RAM; no two banks of RP2040's memory map are so far apart
NOWHERE = 0x20200000
PERMANENT, TIMER_0, PIO0_TX0 = 0x3F, 0x3B, 0
TXF0, ABORT, MULTI_CHAN_TRIGGER, TIMER_0_REGISTER = PIO[0] + 0x10, 0x444, 0x430, 0x420
_FIELDS = (
    "_ctrl", "_read_addr", "_write_addr", "_trans_count", "_trans_count_reload", "treq", "active"
)  # fmt: skip


def _ctrl(dice: random.Random) -> int:
    """CTRL with most transfers enabled; no chain is endless, since counts are small and end."""
    return (
        (dice.randrange(4) != 0)
        | dice.randrange(3) << 2
        | dice.getrandbits(2) << 4
        | dice.choice([0, 0, 3, 4]) << 6
        | dice.getrandbits(1) << 10
        | dice.randrange(14) << 11
        | dice.choice([PERMANENT, PERMANENT, TIMER_0, PIO0_TX0, 0x20]) << 15
        | dice.getrandbits(2) << 21
    )


def _written(bare: BareChip, dice: random.Random) -> None:
    channel, word = DMA + 0x40 * dice.randrange(12), 4 * dice.randrange(BYTES // 8)
    kind = dice.randrange(9)
    if kind < 3:
        bare.write(channel, dice.choice([*[RAM] * 11, NOWHERE]) + word)
        bare.write(channel + 4, dice.choice([*[RAM + BYTES // 2 + word, TXF0] * 5, NOWHERE]))
        bare.write(channel + 8, dice.randrange(12))
        bare.write(channel + dice.choice([0x0C, 0x10]), _ctrl(dice))
    elif kind < 6:
        # Each register under each of its names; three of them start the channel.
        trigger = dice.choice([0x1C, 0x2C, 0x3C])
        bare.write(
            channel + trigger,
            dice.choice([0, dice.randrange(9)]) if trigger == 0x1C else RAM + word,
        )
    else:
        block = {6: ABORT, 7: MULTI_CHAN_TRIGGER, 8: 0x404}[kind]
        bare.write(DMA + block, dice.getrandbits(12))


def _with_the_emulators_own(bare: BareChip) -> BareChip:
    dma = bare.rp2040.dma
    dma.channels = [RPDMAChannel(dma, bare.rp2040, index) for index in range(12)]
    # The instance's: the class has its own
    del dma.set_dreq, dma.clear_dreq
    DmaPace(bare.rp2040)
    for pio in bare.rp2040.pio:
        for machine in pio.machines:
            machine.tx_fifo, machine.rx_fifo = FIFO(4), FIFO(4)
    return bare


def _session(seed: int, bare: BareChip) -> list:
    dice, seen = random.Random(seed), []
    for address in range(RAM, RAM + BYTES, 4):
        bare.write(address, dice.getrandbits(32))
    bare.write(DMA + TIMER_0_REGISTER, dice.randrange(1, 9) << 16 | dice.randrange(20, 400))
    for _ in range(60):
        _written(bare, dice)
        if dice.getrandbits(1):
            requests = bare.rp2040.dma
            dice.choice([requests.set_dreq, requests.clear_dreq])(dice.choice([PIO0_TX0, 0x20]))
        bare.run(dice.randrange(400))
        if dice.randrange(4) == 0:
            bare.rp2040.pio[0].machines[0].tx_fifo.pull()
        seen.append(_state(bare))
    return seen


def _state(bare: BareChip):
    channels = [tuple(getattr(c, name) for name in _FIELDS) for c in bare.rp2040.dma.channels]
    fifo = bare.rp2040.pio[0].machines[0].tx_fifo
    ram = bytes(bare.rp2040.sram[RAM - 0x20000000 : RAM - 0x20000000 + BYTES])
    return channels, bare.read(DMA + 0x400), bare.read(DMA + 0x40C), fifo.items, fifo.full, ram


@pytest.mark.parametrize("seed", range(40))
def test_random_transfers_are_the_same(seed):
    ours = _session(seed, BareChip())
    assert ours == _session(seed, _with_the_emulators_own(BareChip()))
    assert len({ram for *_, ram in ours}) > 1


@pytest.mark.parametrize("python", [False, True], ids=["compiled", "python"])
@pytest.mark.parametrize("error", [READ_ERROR, WRITE_ERROR])
@pytest.mark.parametrize("nowhere", [NOWHERE, SIO, 0x1FFFFFFC])
def test_a_bus_error_halts_the_channel_and_not_the_core(python, error, nowhere):
    """Datasheet 2.5.7, CTRL_TRIG.AHB_ERROR: and it always raises the channel's interrupt flag."""
    bare, quiet = BareChip(python), 1 << 21
    bare.chip.lock_up_on_hard_faults()
    bare.write(RAM, 0x12345678)
    bare.write(RAM + 4, 77)
    for at, address in ((0, nowhere if error == READ_ERROR else RAM), (4, RAM + 4)):
        bare.write(DMA + at, nowhere if at and error == WRITE_ERROR else address)
    bare.write(DMA + 8, 2)
    bare.write(DMA + 0x0C, 1 | 2 << 2 | PERMANENT << 15 | quiet | 1 << 11)
    bare.run(100)
    ctrl = bare.read(DMA + 0x10)
    assert ctrl & BUSY == 0 and ctrl >> 29 << 29 == error | AHB_ERROR
    assert bare.read(RAM + 4) == 77 and bare.read(DMA + 0x400) & 3 == 1
    assert not bare.chip.loop.frozen
    bare.write(DMA + 0x10, error)
    assert bare.read(DMA + 0x10) >> 29 == 0


def test_the_compiled_loop_has_its_own_and_the_python_loop_the_emulators():
    modules = {
        python: type(BareChip(python).rp2040.dma.channels[0]).__module__ for python in (False, True)
    }
    assert modules == {False: "evenpulse.emulator._exact", True: "rp2040py.peripherals.dma"}
