"""Who switched the output off, seen from outside: pads, program counters, resets, and the reason
that the firmware tells.
"""

from typing import cast

from rp2040py.gpio_pin import GPIOPinState
from stimcore.interlock import REASONS

from evenpulse.emulator.emulated import Written
from evenpulse.faults.table import (
    DEADMAN,
    FIRMWARE,
    GUARD,
    ITSELF,
    MONITOR,
    NONE,
    RESET,
    SILENT,
    WATCHDOG,
)
from evenpulse.twin.states import FAULT
from evenpulse.twin.twin import Twin

_SET_PINS_0 = 0xE000
_PIO0, _PIO1 = 6, 7
# Where a program sends the guard's machine to its trip
_PIO0_PORT, _GUARD_INSTR = 0x50200, 0x120
_BY_TIMER = 1
_NEAR_CLOCKS = 64


class Watcher:
    """Listens to the pads of one life. `falls`: what was seen each time HV_EN fell."""

    def __init__(self, twin: Twin, offset: int):
        self._twin, self._offset = twin, offset
        self._hv_en, self._line = twin.world.gpio("HV_EN"), twin.world.gpio("INTERLOCK_N")
        self._pulled: tuple[int, str] | None = None
        self.falls: list[tuple[int, str]] = []
        self.line_falls: list[tuple[int, str]] = []
        self.resets: list[tuple[int, str]] = []
        self._sent: int | None = None
        port = cast(Written, twin.chip.rp2040.peripherals[_PIO0_PORT])
        self._write, port.write_uint32_atomic = port.write_uint32_atomic, self._on_write
        twin.chip.pads.on_edge.append(self._on_edge)
        twin.chip.rp2040.gpio[self._hv_en].add_listener(self._on_drive)
        self._told, twin.chip.on_reset = twin.chip.on_reset, self._on_reset

    def _on_reset(self) -> None:
        by_timer = self._twin.chip.rp2040.watchdog._reason == _BY_TIMER
        self.resets.append((self._twin.now + self._offset, WATCHDOG if by_timer else RESET))
        if self._told:
            self._told()

    def _on_write(self, offset: int, value: int, how: int) -> None:
        if offset == _GUARD_INSTR:
            self._sent = self._twin.now
        self._write(offset, value, how)

    def _on_edge(self, clock: int, gpio: int, level: int) -> None:
        if level:
            return
        if gpio == self._line:
            self._pulled = clock, self._puller()
            self.line_falls.append((clock + self._offset, self._pulled[1]))
        elif gpio == self._hv_en:
            self.falls.append((clock + self._offset, self._cause(clock)))

    def _on_drive(self, _value: GPIOPinState, last: GPIOPinState) -> None:
        """A pad that is stuck does not fall: that the chip lets go of it shows that somebody has
        cut.
        """
        if last is GPIOPinState.HIGH and self._twin.chip.pads.is_stuck(self._hv_en):
            self.falls.append((self._twin.now + self._offset, self._cause(self._twin.now)))

    def _puller(self) -> str:
        """Who pulls INTERLOCK_N: a hand or a comparator, or the chip itself."""
        pin = self._twin.chip.rp2040.gpio[self._line]
        if self._twin.chip.pads.drives(self._line):
            return MONITOR if pin.function_select == _PIO1 else FIRMWARE
        return GUARD

    def _cause(self, clock: int) -> str:
        """The layer, as far as this clock shows it: what has just happened to line, guard,
        dead-man or pin.
        """
        if self._pulled and clock - self._pulled[0] <= _NEAR_CLOCKS:
            return self._pulled[1]
        if self._sent is not None and clock - self._sent <= _NEAR_CLOCKS:
            return FIRMWARE
        if self._twin.chip.rp2040.gpio[self._hv_en].function_select != _PIO0:
            return FIRMWARE
        pio = self._twin.chip.rp2040.pio[0]
        stepped = [
            m.index
            for m in pio.machines
            if m.enabled and pio.instructions[m.pc - 1 & 31] == _SET_PINS_0
        ]
        return DEADMAN if 2 in stepped else GUARD if 3 in stepped else ITSELF


def layer(
    falls: list[tuple[int, str]], resets: list[tuple[int, str]], off: int | None, silent: bool
) -> str:
    """Name of the layer that ended the output at clock `off`."""
    if off is None:
        return SILENT if silent else NONE
    for clock, which in resets:
        if abs(clock - off) <= _NEAR_CLOCKS:
            return which
    return next((cause for clock, cause in falls if clock == off), RESET)


def reason_after(states: list[tuple[int, int]], fault: int) -> str:
    """The first reason that the firmware latched after the fault, as it mirrors it outside;
    "none" when it did not.
    """
    for clock, word in states:
        if clock >= fault and word & 0xFF == FAULT:
            code = word >> 8 & 0xFF
            return REASONS[code][0] if code < len(REASONS) else f"unknown {code}"
    return "none"
