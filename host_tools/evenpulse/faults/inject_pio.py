"""Ways to do harm to the pulse machines and the monitors, and to what feeds them: words and DMA."""

from collections.abc import Callable
from typing import Any

from rp2040py.peripherals.dma import EN

from evenpulse.emulator.pio_port import fetch_again
from evenpulse.faults.inject import PIO, Bench

_CTRL, _TXF0, _SM0, _SM_BYTES = 0x00, 0x10, 0xC8, 24
_SM_REGISTERS = {"CLKDIV": 0, "EXECCTRL": 4, "SHIFTCTRL": 8, "PINCTRL": 20}
_SM_FIELDS = {"X": "x", "Y": "y", "OSR": "output_shift_reg", "ISR": "input_shift_reg"}
# The alias that triggers nothing
_DMA, _DMA_CTRL = 0x50000000, 0x10
# DMA requests of the two machines that get words
_PIO_TX = range(2)
# A flipped word shall leave the pins while somebody looks
_WORDS_AHEAD = 60
# Of 32 pulses, three words each
BLOCK_BYTES = 384


# --- words and DMA ------------------------------------------------------------------------------


def _channels_in_use(bench: Bench) -> list:
    return [channel for channel in bench.rp2040.dma.channels if channel._ctrl & EN]


def feeders(rp2040: Any) -> list:
    """DMA channels that feed a pulse machine."""
    return [c for c in rp2040.dma.channels if c.treq in _PIO_TX and c._ctrl & EN]


def buffers(rp2040: Any, channel: Any) -> tuple[int, int]:
    """Addresses of the two buffers that a feeder takes its words from, the one that it reads first;
    the firmware keeps them behind the channel's own address.
    """
    words = memoryview(bytes(rp2040.sram)).cast("I")
    own, reads = _DMA + 0x40 * channel.index, channel._read_addr
    for at in [at for at, word in enumerate(words[:-2]) if word == own]:
        pair = words[at + 1], words[at + 2]
        for one, other in (pair, pair[::-1]):
            if 0 < reads - one <= BLOCK_BYTES and not other & 3:
                return one, other
    raise LookupError(f"DMA channel {channel.index} reads 0x{reads:08x}, which is in no buffer")


def flip_word(bench: Bench) -> dict:
    """A bit of a word that is still to be sent to a pulse machine."""
    channel = bench.pick(feeders(bench.rp2040))
    one, other = buffers(bench.rp2040, channel)
    ahead = [
        *range(channel._read_addr, one + BLOCK_BYTES, 4),
        *range(other, other + BLOCK_BYTES, 4),
    ]
    address = bench.rng.choice(ahead[:_WORDS_AHEAD])
    return {"channel": channel.index, **bench.flip(address, range(32))}


def stop_dma(bench: Bench) -> dict:
    rng, channel = bench.rng, bench.pick(_channels_in_use(bench))
    how = rng.choice(("abort", "disable"))
    if how == "abort":
        channel.abort()
    else:
        channel.write_uint32(_DMA_CTRL, channel._ctrl & ~EN)
    return {"channel": channel.index, "how": how}


def repoint_dma(bench: Bench) -> dict:
    rng, channel = bench.rng, bench.pick(_channels_in_use(bench))
    name, bit = rng.choice(("_read_addr", "_write_addr")), rng.randrange(32)
    setattr(channel, name, getattr(channel, name) ^ 1 << bit)
    return {"channel": channel.index, "register": name[1:], "bit": bit}


def flip_dma_control(bench: Bench) -> dict:
    channel = bench.pick(_channels_in_use(bench))
    return {
        "channel": channel.index,
        **bench.flip(_DMA + 0x40 * channel.index + _DMA_CTRL, range(22)),
    }


# --- PIO ----------------------------------------------------------------------------------------


def flip_instruction(block: int) -> Callable[[Bench], dict]:
    def _flip(bench: Bench) -> dict:
        place, bit = bench.rng.randrange(32), bench.rng.randrange(16)
        pio = bench.rp2040.pio[block]
        port: Any = bench.rp2040.peripherals[PIO[block] >> 12]
        port.write_instruction(place, pio.instructions[place] ^ 1 << bit)
        return {"place": place, "bit": bit, "now": hex(pio.instructions[place])}

    return _flip


def corrupt_machine(block: int) -> Callable[[Bench], dict]:
    """One register of one machine: a random value, or one bit where a random value would be no
    accident.
    """

    def _corrupt(bench: Bench) -> dict:
        rng = bench.rng
        index, what = (
            rng.randrange(4),
            rng.choice([*_SM_FIELDS, "PC", "EXECCTRL", "SHIFTCTRL", "PINCTRL"]),
        )
        pio = bench.rp2040.pio[block]
        machine = pio.machines[index]
        found: dict = {"machine": index, "register": what}
        if what == "PC":
            fetch_again(pio, bench.chip.loop, machine)
            machine.pc = found["value"] = rng.randrange(32)
        elif what in _SM_FIELDS:
            value = (
                getattr(machine, _SM_FIELDS[what]) ^ 1 << rng.randrange(32)
                if rng.random() < 0.5
                else rng.getrandbits(32)
            )
            setattr(machine, _SM_FIELDS[what], value)
            found["value"] = hex(value)
        else:
            found |= bench.flip(_machine(block, index) + _SM_REGISTERS[what], range(32))
        return found

    return _corrupt


def _machine(block: int, index: int) -> int:
    return PIO[block] + _SM0 + _SM_BYTES * index


def change_divider(bench: Bench) -> dict:
    block, index = bench.rng.randrange(2), bench.rng.randrange(4)
    return {"block": block, "machine": index, **bench.flip(_machine(block, index), range(8, 32))}


def disable_machine(block: int) -> Callable[[Bench], dict]:
    def _disable(bench: Bench) -> dict:
        enabled = bench.rp2040.read_uint32(PIO[block] + _CTRL) & 15
        index = bench.pick([index for index in range(4) if enabled >> index & 1])
        bench.rp2040.write_uint32(PIO[block] + _CTRL, enabled & ~(1 << index))
        return {"machine": index}

    return _disable


def flood_fifo(bench: Bench) -> dict:
    block, index = bench.rng.randrange(2), bench.rng.randrange(4)
    words = [bench.rng.getrandbits(32) for _ in range(8)]
    for word in words:
        bench.rp2040.write_uint32(PIO[block] + _TXF0 + 4 * index, word)
    return {"block": block, "machine": index, "words": [hex(word) for word in words]}
