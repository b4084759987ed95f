"""Both PIO blocks exactly as the firmware sets them up: its own drivers run here on a table of
registers.

`rp2.asm_pio` is MicroPython's own assembler, read from the toolchain's source tree; only the C
module below it and the hardware are stood in for. Nothing of the firmware is repeated here:
opcodes, pins, shifts, dividers and entry points are what it wrote.
"""

import contextlib
import importlib
import runpy
import sys
import types
from pathlib import Path

from block_registers import Registers
from reference_pio import Block
from stimcore import pulse

ROOT = Path(__file__).resolve().parents[2]


def assembled(lines, side_set=True):
    """Opcodes of a PIO program written as source lines, with optional side-set as block 0 has,
    or without.
    """
    source = "\n    ".join(["def program():", *lines])
    with _stand_ins():
        rp2 = importlib.import_module("rp2")
        # Globals of its own: the assembler puts its instructions into those of the function
        names = {}
        exec(source, names)
        asm = rp2.asm_pio(
            **({"sideset_init": rp2.PIO.OUT_LOW} if side_set else {}),
            out_shiftdir=rp2.PIO.SHIFT_RIGHT,
        )
        return list(asm(names["program"])[0])


def rp2_source():
    """MicroPython's rp2.py; ToolchainError names the command to run when the sources are not
    there.
    """
    from toolchain import sources

    return sources.tree() / "ports" / "rp2" / "modules" / "rp2.py"


class Firmware:
    """The firmware's pulse engine, guard and width monitors, armed and started on a register
    table.
    """

    guarded_roles = ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN")

    def __init__(self, board="nmes2"):
        self.board = runpy.run_path(str(ROOT / "boards" / board / "board.py"))
        self.pins = self.board["PINS"]
        self.gpio = {role: row[0] for role, row in self.pins.items()}
        self.registers, self._done = Registers(), {}
        with _stand_ins():
            self.programs = importlib.import_module("hal.pio_programs")
            self.hal_guard = importlib.import_module("hal.guard")
            self.hal_engine = importlib.import_module("hal.pulse_engine")
            hal_monitors = importlib.import_module("hal.monitors")
            importlib.import_module("hal.regs").ptr32 = lambda address: _Pointer(
                self.registers, address
            )
            # The tests hand words to the block themselves
            importlib.import_module("hal.judged").send = lambda channel: None
        program = self.hal_engine.Program()
        self.engine = self.hal_engine.PulseEngine(self.pins, program, pulse.SETTLE_COUNT)
        self.guard = self.hal_guard.Guard(self.pins, program)
        self.monitors = hal_monitors.Monitors(self.pins)

    @property
    def guarded_pins(self):
        return [self.gpio[role] for role in self.guarded_roles]

    @property
    def opcodes(self):
        return list(self.programs.block0[0])

    def block(
        self,
        words_1=(),
        words_2=(),
        *,
        start_counts=(0, 0),
        channels=(1, 2),
        cpu_words=True,
        on_trigger=False,
        already_high=(),
        guarded=True,
        undefined=None,
        **options,
    ):
        """A Block armed and started on clock 0, DMA holding the words behind those that the CPU
        put.

        `start_counts`: first rest of each channel. `cpu_words=False` drops what the CPU put.
        `already_high`: roles that the world drives high before the start. `undefined`: X and Y at
        start.
        """
        registers = self._set_up(on_trigger, guarded, tuple(channels), tuple(start_counts))
        enabled, opcodes = registers.enabled, registers.opcodes
        directions = registers.directions
        if not guarded:
            directions |= sum(1 << pin for pin in self.guarded_pins)
        pulls_up = sum(1 << row[0] for row in self.pins.values() if row[4] == "up")
        pulls_up |= sum(1 << self.gpio[role] for role in already_high)
        block = Block(
            opcodes,
            {n: registers.config(n, **(undefined or {})) for n in enabled},
            levels=registers.levels,
            directions=directions,
            pulls_up=pulls_up,
            **options,
        )
        dma = {0: words_1, 1: words_2}
        for n in enabled:
            put_by_cpu = registers.words[n] if n > 1 or cpu_words else []
            block.feed(n, [*put_by_cpu, *dma.get(n, ())])
            if n in registers.latched:
                block.execute(n, registers.latched[n])
        return block

    def watching(self, words, both_phases, levels=0, directions=0):
        """Registers of PIO 1 after the monitors were armed with these words for Y (by leg)."""
        self.registers = Registers(levels, directions, block=1)
        self.monitors.arm(words, both_phases)
        return self.registers

    def monitor_block(self, words, both_phases=True, *, legs=range(4), undefined=None, **options):
        """PIO 1 watching from clock 0, as a Block of its own: the test drives the pads of the legs,
        INTERLOCK_N is pulled up.

        `words`: Y by leg; `legs`: those whose monitors take part. `undefined`: X at start.
        """
        # The drivers are asked once for the same words: hundreds of blocks differ in pads alone.
        key = tuple(words), both_phases
        if key not in self._done:
            self._done[key] = self.watching(words, both_phases)
        registers = self._done[key]
        machines = {
            n: registers.config(n, **(undefined or {})) for n in registers.enabled if n in legs
        }
        return Block(
            registers.opcodes,
            machines,
            levels=registers.levels,
            directions=registers.directions,
            pulls_up=1 << self.gpio["INTERLOCK_N"],
            **options,
        )

    def armed(self, levels, directions):
        """Registers after prepare and arm, when a former life left these levels and directions
        in the block.
        """
        self.registers = Registers(levels, directions)
        self.engine.prepare()
        self.guard.arm()
        return self.registers

    def _set_up(self, on_trigger, guarded, channels, start_counts):
        """Registers after the drivers have prepared, armed and started the channels."""
        key = on_trigger, guarded, channels, start_counts
        if key not in self._done:
            self.registers = self._done[key] = Registers()
            self.engine.prepare()
            if guarded:
                self.guard.arm()
            start = self.engine.start_on_trigger if on_trigger else self.engine.start
            start([(channel, _NoWords(), start_counts[channel - 1]) for channel in channels])
        return self._done[key]


class _NoWords:
    """A train without pulses: tests hand words to the block themselves."""

    pulses = 0

    def fill(self, halves, pulses):
        pass


class _Pointer:
    """What viper's ptr32(address) is: word i at address + 4 i."""

    def __init__(self, registers, address):
        self._registers, self._address = registers, address

    def __getitem__(self, index):
        return self._registers[self._address + 4 * index]

    def __setitem__(self, index, value):
        self._registers[self._address + 4 * index] = value


class _Dma:
    """A claimed DMA channel."""

    channel = 0


class _Pin:
    """A GPIO that nobody looks at: INTERLOCK_N is driven in the block, by the test."""

    IN, OUT, OPEN_DRAIN, PULL_UP, PULL_DOWN = range(5)

    def __init__(self, *_, **__):
        pass


class _PioConstants:
    """Constants of rp2.PIO that the assembler needs, values of MicroPython's rp2 port."""

    IN_LOW, IN_HIGH, OUT_LOW, OUT_HIGH = range(4)
    SHIFT_LEFT, SHIFT_RIGHT = 0, 1
    JOIN_NONE, JOIN_TX, JOIN_RX = 0, 1, 2
    IRQ_SM0 = 0x100

    def __init__(self, block):
        pass

    def irq(self, handler, trigger, hard):
        """Interrupts are the twin's to show."""


@contextlib.contextmanager
def _stand_ins():
    """MicroPython's modules while the drivers are imported; `hal` is forgotten again afterwards."""
    before = dict(sys.modules)
    plain = dict.fromkeys(("const", "viper", "native", "asm_thumb"), lambda unchanged: unchanged)
    for name, members in {
        "micropython": plain,
        "machine": {"Pin": _Pin},
        "uctypes": {"addressof": lambda _array: 0},
        "_rp2": {"PIO": _PioConstants, "DMA": _Dma},
    }.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    sys.modules["rp2"] = _assembler()
    try:
        yield
    finally:
        for name in set(sys.modules) - set(before):
            del sys.modules[name]
        sys.modules.update(before)


def _assembler():
    module = types.ModuleType("rp2")
    path = rp2_source()
    exec(compile(path.read_text(), str(path), "exec"), vars(module))
    return module
