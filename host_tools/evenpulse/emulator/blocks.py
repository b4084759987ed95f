"""Register blocks of the chip that do what the datasheet says and the emulator does not; each says
what the emulator does without it.
"""

from collections.abc import Callable
from typing import Protocol

from rp2040py.peripherals.adc import CS, CS_AINSEL_MASK, CS_AINSEL_SHIFT, CS_START_ONE, FCS, RPADC
from rp2040py.peripherals.clocks import CLK_REF_DIV, RPClocks
from rp2040py.peripherals.i2c import RPI2C, SPEED_MASK, SPEED_SHIFT
from rp2040py.peripherals.peripheral import BasePeripheral, atomic_update
from rp2040py.peripherals.reset import RESET, RESET_DONE, RESETS_BITS_MASK, RPReset
from rp2040py.peripherals.watchdog import RPWatchdog
from rp2040py.peripherals.xip_ctrl import CTRL, FLUSH, RPXIPCtrl
from rp2040py.rp2040 import RP2040

from evenpulse.emulator.emulated import Flash, Loop


class _Watched(Protocol):
    """The chip, as far as its watchdog goes."""

    resets: int
    on_scratch0: Callable[[int], object] | None


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


class XipControl(RPXIPCtrl):
    """FLUSH, CTRL's EN and a reset empty the cache; the emulator has none."""

    def __init__(self, rp2040: RP2040, loop: Loop):
        super().__init__(rp2040, "XIP_CTRL_BASE")
        self._loop = loop

    def reset(self) -> None:
        super().reset()
        self._loop.set_cache(True)

    def write_uint32(self, offset: int, value: int) -> None:
        super().write_uint32(offset, value)
        if offset in (CTRL, FLUSH):
            self._loop.set_cache(bool(self.ctrl & 1))


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


class I2c(RPI2C):
    """The emulator's, whose speed is told without a name for it: it is asked twice a byte, and the
    screen is many bytes.
    """

    _STANDARD = 1

    @property
    def scl_low_period(self) -> int:
        return (
            self.ss_clock_low_period
            if self.control >> SPEED_SHIFT & SPEED_MASK == self._STANDARD
            else self.fs_clock_low_period
        )

    @property
    def scl_high_period(self) -> int:
        return (
            self.ss_clock_high_period
            if self.control >> SPEED_SHIFT & SPEED_MASK == self._STANDARD
            else self.fs_clock_high_period
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

    def __init__(self, chip: _Watched, watchdog: RPWatchdog):
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
