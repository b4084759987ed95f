"""All drivers of `hal` on a table of registers: memory by address, arrays in it, and 32-bit
arithmetic as viper has it.

Nothing runs by itself here: a test sets what the hardware would have done, and looks at what the
driver wrote. What PIO, DMA and converter then really do is the twin's to show.
"""

import contextlib
import importlib
import runpy
import struct
import sys
import types
from pathlib import Path

# Before stand-ins are in place: they must stay the same modules for everybody.
import app.device  # noqa: F401
import stimcore.board_facts
import stimcore.screens  # noqa: F401
from chip_modules import GPIO_IN, modules
from firmware_block import _assembler, rp2_source

ROOT = Path(__file__).resolve().parents[2]
RAM, APART = 0x20010000, 0x10000
GPIO_CTRL, DMA_ABORT, DMA_CTRL_BUSY = 0x40014004, 0x50000444, 1 << 24
PIO0, PIO1, SM0, PLACE, INSTR, SHIFT, TXF0, FDEBUG = (
    0x50200000,
    0x50300000,
    0xC8,
    12,
    16,
    8,
    0x10,
    8,
)
SCRATCH, WATCHDOG_CTRL, CS = 0x4005800C, 0x40058000, 0x4004C000
NULL = 31
# A byte, a half-word, and a word with its sign
_IN_RAM = {1: struct.Struct("<B"), 2: struct.Struct("<H"), 4: struct.Struct("<i")}


class Word(int):
    """A number of 32 bits with a sign; what is worked out with it is one too."""

    def __new__(cls, value):
        if not -(1 << 31) <= value < 1 << 31:
            value = ((int(value) + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
        return int.__new__(cls, value)


def _wraps(name):
    plain, new = getattr(int, name), int.__new__

    def _worked_out(self, other):
        value = plain(self, other if isinstance(other, int) else int(other))
        return new(Word, value) if -(1 << 31) <= value < 1 << 31 else Word(value)

    return _worked_out


for _name in ("add", "sub", "mul", "and", "or", "xor", "lshift", "rshift", "floordiv"):
    for _form in (f"__{_name}__", f"__r{_name}__"):
        setattr(Word, _form, _wraps(_form))


class Chip:
    """`words`: registers by address. `writes`: (address, value) in order. `set_bits`: read as set
    whatever was written.

    `level`: what GPIO_IN reads, or None for the word there. `reading`: {address: function of the
    chip} for what a read changes. `fifo`: words put into a machine's FIFO, by address.
    """

    def __init__(self):
        self.words, self.writes, self.fifo, self.set_bits = (
            {},
            [],
            {},
            {CS: 0x100, 0x4000C008: 0xC00},
        )
        self.level, self.reading = None, {}
        # What is in RAM, and the same as bytes
        self._arrays, self._views = [], []
        self.now_us = 0
        self.flash = bytearray(b"\xff") * 0x200000
        self.pins_made, self.irqs, self.irq_ways, self.masked = {}, [], [], False
        self.resets = []

    def address_of(self, held):
        for k, known in enumerate(self._arrays):
            if known is held:
                return RAM + APART * k
        self._arrays.append(held)
        self._views.append(memoryview(held).cast("B"))
        return RAM + APART * (len(self._arrays) - 1)

    def load(self, address, size=4):
        held = self._held(address)
        if held is not None:
            at = (address - RAM) % APART
            if at + size <= len(held):
                return _IN_RAM[size].unpack_from(held, at)[0]
            # Behind its end, where a damaged address leads
            return int.from_bytes(held[at : at + size], "little", signed=size == 4)
        if address == GPIO_IN and self.level is not None:
            return self.level(self)
        if address in self.reading:
            return self.reading[address](self)
        return self.words.get(address, 0) | self.set_bits.get(address, 0)

    def store(self, address, value, size=4):
        held = self._held(address)
        if held is not None:
            at = (address - RAM) % APART
            held[at : at + size] = (int(value) & (1 << 8 * size) - 1).to_bytes(size, "little")
            return
        value = int(value) & 0xFFFFFFFF
        self.writes.append((address, value))
        block, offset = address & ~0xFFF, address & 0xFFF
        machine, register = divmod(offset - SM0, 24)
        if block in (PIO0, PIO1) and TXF0 <= offset < TXF0 + 16:
            self.fifo.setdefault(address, []).append(value)
            return
        if (
            block in (PIO0, PIO1)
            and machine in range(4)
            and register == SHIFT
            and (self.words.get(address, 0) ^ value) >> 30
        ):
            self.fifo.pop(block + TXF0 + 4 * machine, None)
        if block in (PIO0, PIO1) and machine in range(4) and register == INSTR and value < 32:
            self.words[address - INSTR + PLACE] = value
        if address == PIO0 + FDEBUG:
            # Written to clear
            self.words[address] = self.words.get(address, 0) & ~value
        elif address != DMA_ABORT:
            self.words[address] = value

    def _held(self, address):
        k = (address - RAM) // APART
        return self._views[k] if 0 <= k < len(self._views) else None

    def kept(self):
        """What stands in registers and arrays now, for `put_back`: a build costs more than most
        tests.
        """
        return dict(self.words), list(map(bytes, self._views))

    def put_back(self, kept):
        """Everything as it was, and nothing told of what was written since."""
        words, arrays = kept
        self.words, self.level, self.reading = dict(words), None, {}
        self.writes.clear()
        self.fifo.clear()
        for held, was in zip(self._views, arrays, strict=False):
            held[:] = was

    def wrote(self, address):
        """All that was written there, in order."""
        return [value for at, value in self.writes if at == address]

    def function(self, gpio):
        return self.words.get(GPIO_CTRL + 8 * gpio, 0)

    def place(self, machine, block=PIO0):
        """Address of a machine's ADDR register."""
        return block + SM0 + 24 * machine + PLACE


class _Pointer:
    """What viper's ptr8, ptr16 and ptr32 are."""

    def __init__(self, chip, what, size):
        self._chip, self._size = chip, size
        at = (
            what
            if isinstance(what, int)
            else what.address
            if isinstance(what, _Pointer)
            else chip.address_of(what)
        )
        self.address = int(at) & 0xFFFFFFFF

    def __int__(self):
        return self.address

    def __getitem__(self, index):
        return Word(self._chip.load(self.address + self._size * int(index), self._size))

    def __setitem__(self, index, value):
        self._chip.store(self.address + self._size * int(index), value, self._size)


class Drivers:
    """`hal` imported anew on a chip of its own: `chip`, and each module by its name. `build()`
    makes a board's drivers.
    """

    def __init__(self, board="nmes2", **changes):
        self.chip = chip = Chip()
        self.board = {**runpy.run_path(str(ROOT / "boards" / board / "board.py")), **changes}
        self.pins = self.board["PINS"]
        self.gpio = {role: row[0] for role, row in self.pins.items()}
        chip.words[GPIO_IN] = sum(1 << row[0] for row in self.pins.values() if row[4] == "up")
        with self._stand_ins():
            self.regs = importlib.import_module("hal.regs")
            self._point(self.regs)
            for name in (
                "safe",
                "sensing",
                "judged",
                "meters",
                "dma",
                "watch",
                "pulse_engine",
                "guard",
                "amplitude",
                "monitors",
                "rehearsal",
                "levels",
                "chip",
                "flash_ring",
                "seal",
                "usb",
                "indicators",
                "display",
                "clock",
                "pins",
                "service",
                "overlay",
                "pio_programs",
            ):
                module = importlib.import_module(f"hal.{name}")
                self._point(module)
                setattr(self, "hal_chip" if name == "chip" else f"hal_{name}", module)
            self.build_module = importlib.import_module("app.build")
            self.service_keys = importlib.import_module("app.service_keys")
        self.hal_chip.sys = types.SimpleNamespace(implementation=("micropython", (1, 25, 0)))
        chip.writes.clear()

    def build(self):
        """As armed for any current that the board can give."""
        hal = self.build_module.Hal(self.board)
        hal.amplitude.allow((1_000_000, 1_000_000))
        return hal

    def _point(self, module):
        for size in (1, 2, 4):
            setattr(
                module, f"ptr{8 * size}", lambda what, size=size: _Pointer(self.chip, what, size)
            )

    @contextlib.contextmanager
    def _stand_ins(self):
        # First: it imports what needs a whole Python
        rp2_source()
        before = dict(sys.modules)
        for name in [
            name
            for name in before
            if name.split(".")[0] == "hal" or name in ("app.build", "app.service_keys", "board")
        ]:
            del sys.modules[name]
        plain = dict.fromkeys(
            ("const", "viper", "native", "asm_thumb"), lambda unchanged: unchanged
        )
        for name, members in {
            **modules(self.chip),
            "micropython": {**plain, "kbd_intr": lambda _: None},
        }.items():
            sys.modules[name] = types.ModuleType(name)
            vars(sys.modules[name]).update(members)
        sys.modules["rp2"] = _assembler()
        sys.modules["board"] = types.ModuleType("board")
        vars(sys.modules["board"]).update(self.board)
        try:
            yield
        finally:
            kept = ("stimcore", "app")
            for name in set(sys.modules) - set(before):
                if name.split(".")[0] not in kept or name in ("app.build", "app.service_keys"):
                    del sys.modules[name]
            sys.modules.update(before)
