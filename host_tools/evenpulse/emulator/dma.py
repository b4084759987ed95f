"""DMA on the bus and in time, as on the chip. What it takes every pulse is done again in _dma.pxi,
for the compiled run loop.
"""

from collections.abc import Callable
from functools import partial
from typing import cast

from rp2040py.peripherals.dma import CHAN_ABORT, RPDMA, RPDMAChannel
from rp2040py.rp2040 import RP2040

from evenpulse.emulator.emulated import Transfer


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
        if self._count > self.AT_ONCE and ready:
            channel.transfer_alarm.schedule(self.WAIT_NS)
        else:
            plain()
