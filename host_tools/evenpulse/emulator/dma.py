"""DMA on the bus and in time, as on the chip. What it takes every pulse is done again in _dma.pxi,
for the compiled run loop.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import cast

from rp2040py.peripherals.dma import (
    AHB_ERROR,
    BUSY,
    CHAN_ABORT,
    READ_ERROR,
    WRITE_ERROR,
    RPDMA,
    RPDMAChannel,
)
from rp2040py.rp2040 import RP2040

from evenpulse.emulator.emulated import Transfer

# Where each begins and ends: ROM, flash under its four names, RAM, USB
_MEMORY = (0, 0x4000, 0x10000000, 0x14000000, 0x20000000, 0x20042000, 0x50100000, 0x50101000)


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

    AT_ONCE = 64
    # So many transfers of 4 clocks of 8 ns.
    WAIT_NS = AT_ONCE * 4 * 8
    _UNPACED = 0x3F

    @staticmethod
    def somewhere(rp2040: RP2040) -> Callable[[int], bool]:
        """Whether DMA reaches an address: memory, or a peripheral on the bus. SIO and the core's
        own are not (datasheet 2.1). Asked twice a transfer: within memory an odd number of bounds
        has been passed.
        """
        peripherals = rp2040.peripherals
        return lambda address: (
            bisect_right(_MEMORY, address) % 2 == 1 or (address >> 14) << 2 in peripherals
        )

    def __init__(self, rp2040: RP2040):
        self._clock, self._dma = rp2040.clock, rp2040.dma
        self._is_something = self.somewhere(rp2040)
        self._nanos, self._count = -1.0, 0
        for channel in rp2040.dma.channels:
            transfer = cast(Transfer, channel)
            transfer.schedule_transfer = partial(
                self._schedule, channel, transfer.schedule_transfer
            )
            transfer.write_uint32 = partial(self._write, channel, transfer.write_uint32)
            channel.transfer_alarm = rp2040.clock.create_alarm(
                partial(self._transfer, channel, channel.transfer)
            )

    def _transfer(self, channel: RPDMAChannel, plain: Callable[[], None]) -> None:
        """A bus error halts a channel where it is, and raises its interrupt whatever it asks for
        (datasheet 2.5.7, AHB_ERROR): nothing is copied, and the core knows nothing of it.
        """
        for address, error in (
            (channel._read_addr, READ_ERROR),
            (channel._write_addr, WRITE_ERROR),
        ):
            if not self._is_something(address):
                channel._ctrl = channel._ctrl & ~BUSY | error | AHB_ERROR
                channel.dma.int_raw |= 1 << channel.index
                self._dma.check_interrupts()
                return
        plain()

    def _write(
        self, channel: RPDMAChannel, plain: Callable[[int, int], None], offset: int, value: int
    ) -> None:
        plain(offset, value)
        if not channel._ctrl & (READ_ERROR | WRITE_ERROR):
            channel._ctrl &= ~AHB_ERROR

    def _schedule(self, channel: RPDMAChannel, plain: Callable[[], None]) -> None:
        if self._clock.nanos != self._nanos:
            self._nanos, self._count = self._clock.nanos, 0
        self._count += 1
        ready = channel.treq == self._UNPACED or self._dma.dreq.get(channel.treq, False)
        if self._count > self.AT_ONCE and ready:
            channel.transfer_alarm.schedule(self.WAIT_NS)
        else:
            plain()
