"""Ways to do harm: each puts one fault into a running twin, chosen by its random numbers, and says
what it did.

Here: on the chip and its pins; `inject_world`: on what is around them. All act on the emulated
hardware between two clocks. None knows an address of the firmware but by the ELF's symbols (to
crash it) and by what the chip's own registers point at.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from rp2040py.peripherals.dma import EN
from rp2040py.rp2040 import RP2040

from evenpulse.emulator import crash
from evenpulse.emulator.chip import Chip
from evenpulse.emulator.pio_port import fetch_again
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

PIO = (0x50200000, 0x50300000)
_CTRL, _TXF0, _SM0, _SM_BYTES = 0x00, 0x10, 0xC8, 24
_SM_REGISTERS = {"CLKDIV": 0, "EXECCTRL": 4, "SHIFTCTRL": 8, "PINCTRL": 20}
_SM_FIELDS = {"X": "x", "Y": "y", "OSR": "output_shift_reg", "ISR": "input_shift_reg"}
_PWM, _PWM_BYTES = 0x40050000, 20
_PWM_REGISTERS = {"CSR": 0, "DIV": 4, "TOP": 16}
_PWM_COMPARE = 12
# The alias that triggers nothing
_DMA, _DMA_CTRL = 0x50000000, 0x10
_ADC = 0x4004C000
_ADC_REGISTERS = {
    "CS": (0, (0, 1, 3, 12, 13, 14, 16, 17, 18, 19, 20)),
    "FCS": (8, (0, 1, 2, 3, 24, 25, 26, 27)),
    "DIV": (16, range(24)),
}
_IO_BANK, _PADS_BANK = 0x40014000, 0x4001C000
# FUNCSEL OUTOVER OEOVER INOVER
_IO_BITS = (0, 1, 2, 3, 4, 8, 9, 12, 13, 16, 17)
# SCHMITT PDE PUE DRIVE IE OD
_PAD_BITS = (1, 2, 3, 4, 5, 6, 7)
_RAM, _RAM_BYTES = 0x20000000, 0x40000
# The other core's stack, which nothing uses
_FREE_RAM = 0x20040800
_BRANCH_TO_ITSELF = 0xE7FE
_LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")
_GUARDED = (*_LEGS, "HV_EN")
# DMA requests of the two machines that get words
_PIO_TX = range(2)
_PROGRAM = 32
_PIO_PAGES = (PIO[0] >> 16, PIO[1] >> 16)
# What a table of registers to be watched holds for certain: functions and pads of pins, PWM, ADC,
# PLL.
_WATCHED = {
    *range(0x40014004, 0x400140F4, 8),
    *range(0x4001C004, 0x4001C07C, 4),
    *range(0x40050000, 0x400500A4, 4),
    0x4004C000,
    0x40028000,
    0x40028008,
}
# A flipped word shall leave the pins while somebody looks
_WORDS_AHEAD = 60


class NothingToHit(Exception):
    """What the fault acts on is not there at this moment: no words on their way, no machine that
    runs.
    """


class Bench:
    """A twin, the random numbers of one case, and the firmware's symbols."""

    def __init__(
        self,
        twin: Twin,
        rng: random.Random,
        symbols: dict[str, tuple[int, int]],
        channels: tuple[int, ...],
    ):
        self.twin, self.rng, self.symbols, self.channels = twin, rng, symbols, channels
        # The runner does it: the chip of this life ends there
        self.wants_power_cycle_ms: float | None = None
        # After it a person holds START
        self.presses_start = False

    @property
    def chip(self) -> Chip:
        return self.twin.chip

    @property
    def rp2040(self) -> RP2040:
        return self.twin.chip.rp2040

    def later(self, milliseconds: float, do: Callable[[], None]) -> None:
        self.twin.at(self.twin.now + round(milliseconds * CLOCKS_PER_MS), do)

    def gpio(self, role: str) -> int:
        return self.twin.world.gpio(role)

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of what is there to be hit."""
        if not choices:
            raise NothingToHit
        return self.rng.choice(choices)

    def flip(self, address: int, bits: Sequence[int]) -> dict:
        """Flip one bit of a register over the bus, without side effects of an atomic alias."""
        bit = self.rng.choice(bits)
        old = self.rp2040.read_uint32(address)
        self.rp2040.write_uint32(address, old ^ 1 << bit)
        return {"address": hex(address), "bit": bit, "old": hex(old)}


# --- processor ----------------------------------------------------------------------------------


def freeze_cpu(bench: Bench) -> dict:
    bench.twin.freeze()
    return {}


def loop_cpu(bench: Bench) -> dict:
    """`b .` with interrupts off."""
    core = bench.rp2040.core
    bench.rp2040.write_uint16(_FREE_RAM, _BRANCH_TO_ITSELF)
    core.pm, core.waiting, core.pc = True, False, _FREE_RAM
    return {}


def corrupt_pc(bench: Bench) -> dict:
    core, rng = bench.rp2040.core, bench.rng
    regions = ((0x10000000, 0x60000), (_RAM, _RAM_BYTES), (0, 0x4000), (0, 1 << 32))
    base, size = rng.choice(regions)
    core.waiting, core.pc = False, base + rng.randrange(size) & ~1
    return {"pc": hex(core.pc)}


def corrupt_register(bench: Bench) -> dict:
    core, rng = bench.rp2040.core, bench.rng
    index, value = rng.randrange(15), rng.getrandbits(32)
    core.registers[index] = value & ~3 if index == 13 else value
    return {"register": f"r{index}", "value": hex(value)}


def disable_interrupt(numbers: Sequence[int]) -> Callable[[Bench], dict]:
    """One of these that was enabled at the core's interrupt controller is so no more."""

    def _disable(bench: Bench) -> dict:
        core = bench.rp2040.core
        number = bench.pick([n for n in numbers if core.enabled_interrupts >> n & 1])
        core.enabled_interrupts &= ~(1 << number)
        return {"interrupt": number}

    return _disable


def mask_interrupts(bench: Bench) -> dict:
    """PRIMASK: one bit of the core, and no interrupt comes any more. Where code has masked them
    itself, it lets them in again a moment later.
    """
    if bench.rp2040.core.pm:
        raise NothingToHit
    bench.rp2040.core.pm = True
    return {}


def run_timer_at(permille: int) -> Callable[[Bench], dict]:
    """The microsecond timer goes on at another rate, or stands: its tick, which the emulator
    does not model, or its PAUSE. It slips back again and again, and from the first quarter of a
    ms on: no ms that has begun is taken back, which would end a wait at once.
    """

    def _run(bench: Bench) -> dict:
        timer, step_ns = bench.rp2040.timer, 500_000

        def _slip(by_ns: float = step_ns * (1_000 - permille) // 1_000) -> None:
            timer._epoch_nanos += by_ns
            bench.chip.loop.timer_was_reset()

        def _and_again() -> None:
            _slip()
            bench.later(step_ns / 1_000_000, _and_again)

        _slip(timer._micros() * 1_000 % 1_000_000 - step_ns / 2)
        bench.later(step_ns / 1_000_000, _and_again)
        return {"permille": permille}

    return _run


def flip_ram(bench: Bench) -> dict:
    """A bit of static data or of a used word of the heap."""
    symbols, rng = bench.symbols, bench.rng
    regions = (
        ("__data_start__", "__data_end__"),
        ("__bss_start__", "__bss_end__"),
        ("__GcHeapStart", "__GcHeapEnd"),
    )
    begin, end = (symbols[name][0] & ~3 for name in rng.choice(regions))
    used = [at for at in range(begin, end, 4) if bench.rp2040.read_uint32(at)]
    return bench.flip(rng.choice(used or [begin]), range(32))


def flip_safety_data(bench: Bench) -> dict:
    """A bit of what the firmware holds the hardware against: copies of PIO programs and tables
    of registers, found by their content.
    """
    words = memoryview(bytes(bench.rp2040.sram)).cast("I")
    one, two = (pio.instructions for pio in bench.rp2040.pio)
    # Both blocks side by side, as the firmware keeps them
    programs = {one[at] | two[at] << 16 for at in range(_PROGRAM)} - {0}
    tables = [
        at
        for at, word in enumerate(words)
        if word in _WATCHED or word >> 16 in _PIO_PAGES and not word & 3
    ]
    copies = [at for at, word in enumerate(words) if word in programs]
    name, found = bench.pick(
        [
            (name, found)
            for name, found in (("table", _dense(tables, 6)), ("program", _dense(copies, 2)))
            if found
        ]
    )
    at = bench.pick(found) + (bench.rng.randrange(3) if name == "table" else 0)
    return {"data": name, **bench.flip(_RAM + 4 * at, range(32))}


def _dense(places: list[int], near: int) -> list[int]:
    """Those that have neighbours on both sides: one alone is an accident."""
    return [
        here
        for before, here, after in zip(places, places[1:], places[2:], strict=False)
        if here - before <= near and after - here <= near
    ]


def raise_in_firmware(kind: str) -> Callable[[Bench], dict]:
    def _raise(bench: Bench) -> dict:
        crash.raise_exception(bench.chip, bench.symbols, kind)
        return {}

    return _raise


def hard_fault(bench: Bench) -> dict:
    crash.hard_fault(bench.chip)
    return {}


# --- words and DMA ------------------------------------------------------------------------------


def _channels_in_use(bench: Bench) -> list:
    return [channel for channel in bench.rp2040.dma.channels if channel._ctrl & EN]


def flip_word(bench: Bench) -> dict:
    """A bit of a word that is still to be sent to a pulse machine; where they lie, the DMA
    registers say.
    """
    rng = bench.rng
    feeding = [
        c for c in bench.rp2040.dma.channels if c.treq in _PIO_TX and c.active and c._trans_count
    ]
    channel = bench.pick(feeding)
    address = channel._read_addr + 4 * rng.randrange(min(channel._trans_count, _WORDS_AHEAD))
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


# --- amplitude, pins, analog --------------------------------------------------------------------


def _slice(bench: Bench) -> int:
    return _PWM + _PWM_BYTES * (bench.gpio(f"CH{bench.rng.choice(bench.channels)}_AMP") >> 1 & 7)


def flip_compare(bench: Bench) -> dict:
    return bench.flip(_slice(bench) + _PWM_COMPARE, range(32))


def flip_pwm(bench: Bench) -> dict:
    name = bench.rng.choice(list(_PWM_REGISTERS))
    return {
        "register": name,
        **bench.flip(_slice(bench) + _PWM_REGISTERS[name], range(2 if name == "CSR" else 12)),
    }


def stick_leg(role: str) -> Callable[[Bench], dict]:
    def _stick(bench: Bench) -> dict:
        bench.twin.stick(role)
        return {"stuck": [role]}

    return _stick


def stick_amplitude(bench: Bench) -> dict:
    role = f"CH{bench.rng.choice(bench.channels)}_AMP"
    bench.twin.stick(role)
    return {"pin": role}


def stick_interlock(bench: Bench) -> dict:
    bench.twin.stick("INTERLOCK_N")
    return {}


def stick_adc(count: int) -> Callable[[Bench], dict]:
    """Every conversion gives the same number."""

    def _stick(bench: Bench) -> dict:
        adc = bench.rp2040.adc
        convert = adc.on_adc_read

        def _read(channel: int) -> None:
            convert(channel)
            adc.channel_values[channel] = count

        adc.on_adc_read = _read
        return {"count": count}

    return _stick


def flip_adc(bench: Bench) -> dict:
    name = bench.rng.choice(list(_ADC_REGISTERS))
    offset, bits = _ADC_REGISTERS[name]
    return {"register": name, **bench.flip(_ADC + offset, bits)}


def glitch_interlock(shortest: int, longest: int) -> Callable[[Bench], dict]:
    def _glitch(bench: Bench) -> dict:
        clocks = bench.rng.randint(shortest, longest)
        bench.twin.world.pull_interlock("glitch", True)
        bench.twin.at(
            bench.twin.now + clocks, lambda: bench.twin.world.pull_interlock("glitch", False)
        )
        return {"clocks": clocks}

    return _glitch


def flip_pin(
    base: int, step: int, offset: int, bits: Sequence[int], roles: Sequence[str]
) -> Callable[[Bench], dict]:
    """A bit of a pin's own register: function and overrides, or pad."""

    def _flip(bench: Bench) -> dict:
        role = bench.rng.choice(roles)
        return {"pin": role, **bench.flip(base + step * bench.gpio(role) + offset, bits)}

    return _flip


flip_guarded_function = flip_pin(_IO_BANK, 8, 4, _IO_BITS, _GUARDED)
flip_guarded_pad = flip_pin(_PADS_BANK, 4, 4, _PAD_BITS, _GUARDED)
flip_interlock_function = flip_pin(_IO_BANK, 8, 4, _IO_BITS, ("INTERLOCK_N",))
flip_interlock_pad = flip_pin(_PADS_BANK, 4, 4, _PAD_BITS, ("INTERLOCK_N",))
