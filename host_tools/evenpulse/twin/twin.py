"""The twin: our firmware in an emulated RP2040 on its board, in simulated time. The one object that
tests and tools drive.

Time is counted in system clocks since the last power-on; it goes on through resets. What it does is
decided by firmware, flash and the calls made here alone: the same calls give the same edges, clock
for clock.
"""

import heapq
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from evenpulse.base import boards, firmware_files
from evenpulse.base.errors import Problem
from evenpulse.twin import powered_time, states
from evenpulse.twin.image import flash_uf2
from evenpulse.twin.load import Electrode

# The emulator is heavy: it is imported when the power goes on
if TYPE_CHECKING:
    from evenpulse.emulator.chip import Chip
    from evenpulse.emulator.usb_plug import UsbPlug
    from evenpulse.twin.world import World

CLOCKS_PER_MS = 125_000
# A Raspberry Pi Pico's; EVENPULSE boards say otherwise with FLASH_BYTES
FLASH_BYTES = 2 << 20
PRESS_MS = 100
_FREEZE = "frozen"
# Session states in which the outputs are dead.
_AT_REST = (states.READY, states.ENDED, states.FAULT)
OVERCURRENT_US = 10
SUPPLY_MV = 5000


class Twin:
    """One device. `flash`: of an earlier life; `firmware`: another UF2 than the board's own."""

    chip: "Chip"
    world: "World"
    usb: "UsbPlug"

    def __init__(
        self,
        board: str = "nmes2",
        flash: bytes = b"",
        firmware: Path | None = None,
        python_loop: bool | None = None,
    ):
        self.board = boards.load(board)
        self.firmware = Path(firmware or firmware_files.folder(board) / "firmware.uf2")
        self._python_loop = python_loop
        # Silicon's time from the next power-on, or not; None: as EVENPULSE_SILICON_TIME says
        self.silicon_time: bool | None = None
        # From the next power-on: an output stage that is the board's circuit
        self.circuit = False
        self._flash_bytes = self.board.get("FLASH_BYTES", FLASH_BYTES)
        image = bytearray(b"\xff" * self._flash_bytes)
        image[: len(flash)] = flash[: self._flash_bytes]
        flash_uf2(self.firmware, image)
        self._kept_flash = bytes(image)
        self.electrodes = [Electrode() for _ in range(self.board["CHANNELS"])]
        self.supply_mv = SUPPLY_MV
        self._agenda: list[tuple[int, int, Callable[[], object]]] = []
        self._agenda_number = 0
        # No power: nothing to look at
        self.chip = self.world = self.usb = None  # type: ignore[assignment]
        self.powered = False
        # Called when the session state changes
        self.on_state: Callable[[], None] | None = None
        self._wanted_state: int | None = None
        self.states: list[tuple[int, int]] = []

    # --- power ---------------------------------------------------------------------------------

    def power_on(self, usb: bool = True) -> None:
        """A new life: clock 0, RAM lost, flash kept."""
        # Late: it brings the emulator, which takes a while.
        from evenpulse.twin.world import World

        self.power_off()
        self._agenda.clear()
        self.on_state = None
        self.states = []
        self._put_in_chip(0)
        outside = self.electrodes, self.supply_mv, usb, self.circuit
        self.world = World(self.board, self.chip, *outside)
        self.first_levels = list(self.chip.pads.levels)
        if usb:
            self.usb.plug()
        self.powered = True
        self.chip.start()

    def switch(self, on: bool) -> None:
        """Cut the supply or give it back, in a life that goes on: RAM is lost; flash, loads,
        cables and fingers are as they were, and so is the time.
        """
        before, plugged, self._kept_flash = self.chip, self.usb.plugged, self.flash
        self._put_in_chip(self.now)
        self.chip.resets = before.resets
        self.chip.pads.go_on_from(before.pads, dark=not on)
        self.world.change_chip(self.chip)
        if plugged:
            self.usb.plug()
        self._on_scratch0(0)
        self.powered = on
        self.chip.start()
        if not on:
            self.chip.hold_core("no power")

    def _put_in_chip(self, clock: int) -> None:
        """A chip as it comes to its power, not started yet, and the plug at its USB pins."""
        # Late: the emulator takes a while to be there.
        from evenpulse.emulator.chip import Chip
        from evenpulse.emulator.loop import on_silicon_time, slowest_flash
        from evenpulse.emulator.usb_plug import UsbPlug
        from evenpulse.twin import flash_time

        pulls = _pulls(self.board)
        self.chip = Chip(pulls, self._kept_flash, self._python_loop, self.silicon_time, clock)
        if on_silicon_time(self.silicon_time):
            takes = flash_time.WORST if slowest_flash() else flash_time.TYPICAL
            flash_time.flash_takes_time(self, *takes)
        self.chip.on_scratch0 = self._on_scratch0
        # SCRATCH0 itself survives, the session does not
        self.chip.on_reset = lambda: self._on_scratch0(0)
        self.usb = UsbPlug(self.chip.rp2040)

    def power_off(self) -> None:
        """Cut the supply; flash stays."""
        if self.chip:
            self._kept_flash = self.flash
            self.chip = self.world = self.usb = None  # type: ignore[assignment]
            self.powered = False

    def hold_bootsel(self) -> None:
        """As if BOOTSEL had been held at this power-on: the boot ROM presents its drive, and our
        firmware does not run.
        """
        self.chip.bootsel = True
        self.chip.hold_core("boot ROM")
        self.usb.unplug()

    @property
    def in_bootsel(self) -> bool:
        """In the boot ROM's USB drive; bootsel.Drive plays it."""
        return self.chip is not None and self.chip.bootsel

    def start_with(self, flash: bytes) -> None:
        """The boot ROM has programmed the flash: start what is in it."""
        self.power_off()
        self._kept_flash = bytes(flash)
        self.power_on(usb=True)

    @property
    def flash(self) -> bytes:
        """What is in flash now."""
        return bytes(self.chip.rp2040.flash[: self._flash_bytes]) if self.chip else self._kept_flash

    # --- time ----------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """System clocks since power-on."""
        return self.chip.loop.now

    @property
    def edges(self) -> list[tuple[int, int, int]]:
        """(clock, gpio, level) of every change of a pad since power-on."""
        return self.chip.pads.edges

    def at(self, clock: int, do: Callable[[], object]) -> None:
        """Have something done at a clock, before the chip's own events of that clock."""
        self._agenda_number += 1
        heapq.heappush(self._agenda, (clock, self._agenda_number, do))

    def run_to(self, clock: int) -> None:
        """Run until `clock` is about to begin."""
        while True:
            while self._agenda and self._agenda[0][0] <= self.now:
                heapq.heappop(self._agenda)[2]()
            # The supply may have been cut
            loop = self.chip.loop
            if loop.now >= clock:
                return
            loop.run_to(min(clock, self._agenda[0][0]) if self._agenda else clock)
            if self._state_reached():
                return

    def run_clocks(self, clocks: int) -> None:
        self.run_to(self.now + clocks)

    def run_ms(self, milliseconds: float) -> None:
        self.run_clocks(round(milliseconds * CLOCKS_PER_MS))

    def run_until(self, wanted: Callable[[], bool], limit_ms: float, step_ms: float = 1.0) -> bool:
        """Run until something holds, looked at every `step_ms`; False when the time is up."""
        end = self.now + round(limit_ms * CLOCKS_PER_MS)
        while not wanted():
            if self.now >= end:
                return False
            self.run_to(min(end, self.now + max(1, round(step_ms * CLOCKS_PER_MS))))
        return True

    def run_until_state(self, state: int, limit_ms: float) -> bool:
        """Run until the firmware enters a session state, and stop at that very clock; False when
        the time is up.
        """
        self._wanted_state = state
        try:
            return self.run_until(self._state_reached, limit_ms)
        finally:
            self._wanted_state = None

    def _state_reached(self) -> bool:
        return self._wanted_state is not None and self.state == self._wanted_state

    # --- session state as the firmware mirrors it into SCRATCH0 -------------------------------

    def _on_scratch0(self, value: int) -> None:
        if not self.states or self.states[-1][1] != value:
            self.states.append((self.now, value))
            self.chip.loop.stop = self._state_reached()
            if self.on_state:
                self.on_state()

    @property
    def state(self) -> int:
        """Session state byte; 0 while booting."""
        return self.states[-1][1] & 0xFF if self.states else 0

    # --- hands ---------------------------------------------------------------------------------

    def press(self, button: str, for_ms: float = PRESS_MS) -> None:
        """Press a button now and let it go after a while."""
        self.world.set_button(button, True)
        self.later(for_ms, lambda: self.world.set_button(button, False))

    def overcurrent(self) -> None:
        """The comparator pulls the interlock line for a moment."""
        self.world.pull_interlock("over-current", True)
        self.later(OVERCURRENT_US / 1000, lambda: self.world.pull_interlock("over-current", False))

    def plug(self, plugged: bool) -> None:
        """Plug or unplug USB: power and data together."""
        self.world.set_vbus(plugged)
        (self.usb.plug if plugged else self.usb.unplug)()

    def set_supply(self, millivolts: int) -> None:
        self.supply_mv = self.world.supply_mv = millivolts

    def advance_powered(self, minutes: float) -> None:
        """Its own time goes on by so much, while it is switched on and nobody touches it; the
        world's does not. Done in parts, some rounds apart.
        """
        if self.state not in _AT_REST:
            raise Problem(
                f"powered time cannot be advanced in state {self.state}: something could flow",
                do_next="advance before START is held, or after the session has ended",
            )
        for number, us in enumerate(powered_time.parts_us(minutes)):
            self.later(number * powered_time.APART_MS, partial(powered_time.add, self.chip, us))

    def freeze(self, for_ms: float | None = None) -> None:
        """Stop the CPU, until a reset or for a while; everything else goes on."""
        self.chip.hold_core(_FREEZE)
        if for_ms is not None:
            self.later(for_ms, partial(_thaw, self.chip, self.chip.resets))

    def stick(self, role: str, for_ms: float | None = None) -> None:
        """Hold a pin high whatever drives it."""
        self.world.stick(role, True)
        if for_ms is not None:
            self.later(for_ms, lambda: self.world.stick(role, False))

    def poke(self, address: int, value: int) -> None:
        """Write a word over the chip's bus."""
        self.chip.rp2040.write_uint32(address, value)

    def later(self, milliseconds: float, do: Callable[[], None]) -> None:
        """Have something done after a while of simulated time."""
        self.at(self.now + round(milliseconds * CLOCKS_PER_MS), do)


def _thaw(chip: "Chip", resets: int) -> None:
    if chip.resets == resets:
        chip.let_core_go(_FREEZE)


def _pulls(board: dict) -> dict[int, int]:
    """The board's resistors: GPIO → level."""
    pins = board["PINS"].values()
    return {gpio: int(pull == "up") for gpio, _, _, _, pull in pins if pull in ("up", "down")}


def flash_bytes(board: str) -> int:
    """The size of a board's flash."""
    return boards.load(board).get("FLASH_BYTES", FLASH_BYTES)
