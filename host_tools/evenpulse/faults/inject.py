"""Ways to do harm: each puts one fault into a running twin, chosen by its random numbers, and says
what it did.

Here: on the processor, its memory and its clock; `inject_pio`: on the pulse machines and what feeds
them; `inject_pins`: on pins, amplitude and converter; `inject_world`: on what is around the chip.
All act on the emulated hardware between two clocks. None knows an address of the firmware but by
the ELF's symbols (to crash it) and by what the chip's own registers point at.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from rp2040py.rp2040 import RP2040

from evenpulse.emulator import crash
from evenpulse.emulator.chip import Chip
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

PIO = (0x50200000, 0x50300000)
_RAM, _RAM_BYTES = 0x20000000, 0x40000
# The other core's stack, which nothing uses
_FREE_RAM = 0x20040800
_BRANCH_TO_ITSELF = 0xE7FE
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
