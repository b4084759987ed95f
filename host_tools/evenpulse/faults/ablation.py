"""The product with one layer taken away, so that it shows what the others catch without it.

A layer is removed where it acts, in the emulated hardware: its registers read as they were set up,
so the firmware does not notice.
"""

from collections.abc import Callable
from typing import cast

from rp2040py.peripherals.dma import BUSY, RPDMAChannel

from evenpulse.emulator.emulated import Driven, Machine
from evenpulse.faults.inject_pio import BLOCK_BYTES, buffers, feeders
from evenpulse.faults.table import DEADMAN, FIRMWARE, GUARD, MONITOR, WATCHDOG, Fault
from evenpulse.twin.twin import Twin

_PIO1 = 7
_GUARD_MACHINE, _DEADMAN_MACHINE = 3, 2
# A kind of wait that nothing ends
_NEVER = 0
_BY_TIMER = 1
_WATCHDOG_LOAD, _LONGEST = 0x40058004, 0xFFFFFF
_TXF2, _DEADMAN_RELOAD = 0x50200018, 60
_DEADMAN_TURNS = 63
_READ, _COUNT_TRIGGER = 0x00, 0x1C
_WORD_BYTES = 4


class Removed:
    """`before` once, just before the fault; `during` every few ms after it."""

    def before(self, twin: Twin, fault: Fault) -> None:
        """Take the layer away."""

    def during(self, twin: Twin) -> None:
        """Keep it away."""


class NoGuard(Removed):
    """The guard waits, and whatever INTERLOCK_N does never ends its wait."""

    def before(self, twin: Twin, fault: Fault) -> None:
        machine = twin.chip.rp2040.pio[0].machines[_GUARD_MACHINE]
        cast(Machine, machine).wait_type = _NEVER


class NoDeadman(Removed):
    """It counts, and never gets to the end."""

    def during(self, twin: Twin) -> None:
        machine = twin.chip.rp2040.pio[0].machines[_DEADMAN_MACHINE]
        machine.x = machine.y = machine.output_shift_reg = _DEADMAN_TURNS


class NoMonitors(Removed):
    """What the second PIO block drives onto INTERLOCK_N does not reach the pad."""

    def before(self, twin: Twin, fault: Fault) -> None:
        pads, line = cast(Driven, twin.chip.pads), twin.world.gpio("INTERLOCK_N")
        drives, pin = pads.drives, twin.chip.rp2040.gpio[line]
        pads.drives = lambda gpio: (
            drives(gpio) and not (gpio == line and pin.function_select == _PIO1)
        )


class NoWatchdog(Removed):
    """Its time runs out, and nothing happens. A reset that the program asks for still comes."""

    def before(self, twin: Twin, fault: Fault) -> None:
        watchdog = twin.chip.rp2040.watchdog
        reset = watchdog.on_watchdog_trigger
        watchdog.on_watchdog_trigger = lambda: None if watchdog._reason == _BY_TIMER else reset()


class NoFirmware(Removed):
    """No program decides anything: the core stands still, and a stand-in feeds dead-man, watchdog
    and DMA for ever.

    It sends the words that are in the buffers again and again; a fault that stops the core stops
    the stand-in.
    """

    def before(self, twin: Twin, fault: Fault) -> None:
        twin.chip.hold_core("no program")
        self._stopped = fault.stops_cpu
        self._resets = twin.chip.resets
        rp2040 = twin.chip.rp2040
        self._buffers = {c: buffers(rp2040, c) for c in feeders(rp2040)}
        for channel, (now, _) in self._buffers.items():
            _send(channel, channel._read_addr, now + BLOCK_BYTES)

    def during(self, twin: Twin) -> None:
        if self._stopped or twin.chip.resets != self._resets:
            return
        twin.poke(_TXF2, _DEADMAN_RELOAD)
        twin.poke(_WATCHDOG_LOAD, _LONGEST)
        for channel, (now, after) in self._buffers.items():
            if channel._read_addr == now + BLOCK_BYTES and not channel._ctrl & BUSY:
                self._buffers[channel] = after, now
                _send(channel, after, after + BLOCK_BYTES)
            else:
                _send(channel, channel._read_addr, now + BLOCK_BYTES)


class NoPython(Removed):
    """The core stands still from the fault's own clock on, and nothing stands in for it: what
    the hardware does alone.
    """

    def before(self, twin: Twin, fault: Fault) -> None:
        twin.chip.hold_core("no program")


def _send(channel: RPDMAChannel, begin: int, end: int) -> None:
    """Words from here to there, where it sends none."""
    if not channel._ctrl & BUSY and begin < end:
        channel.write_uint32(_READ, begin)
        channel.write_uint32(_COUNT_TRIGGER, (end - begin) // _WORD_BYTES)


LAYERS: dict[str, tuple[str, Callable[[], Removed]]] = {
    "guard": (GUARD, NoGuard),
    "deadman": (DEADMAN, NoDeadman),
    "monitors": (MONITOR, NoMonitors),
    "watchdog": (WATCHDOG, NoWatchdog),
    "firmware": (FIRMWARE, NoFirmware),
    "python": (FIRMWARE, NoPython),
}


def applies(name: str, fault: Fault) -> bool:
    """False for a fault that acts through the layer: without it there is no such fault."""
    return fault.through != LAYERS[name][0]
