"""A twin at hand: keys are hands, simulated time follows the wall's, and the pulses in the load are
seen as they come.

A terminal tells no key's release. So a key is either a press (100 ms) or, with Shift, a hold (1.2
s). A press while the button is still down is made once it is up.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from evenpulse.connect import bring_up
from evenpulse.live.pace import Pace
from evenpulse.live.serve import Line
from evenpulse.live.trace import Trace
from evenpulse.twin import clinic
from evenpulse.twin.twin import CLOCKS_PER_MS, PRESS_MS, SUPPLY_MV, Twin

HOLD_MS = 1_200
_BETWEEN_MS = 60
# A key that repeats by itself must not go on after it
_WAITING_MAX = 3
LOADS_OHM = (0, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
_LOAD_OHM = 500
# Of each channel: lead off or on, less and more load
_LEAD_KEYS = (("1", "[", "]"), ("2", "{", "}"))
_FLAT_MV = 4_000


class Desk:
    """A powered twin, what is done to it by keys, and what is seen of it. `key(name)`,
    `advance(until_s)`.
    """

    def __init__(
        self,
        board: dict[str, Any],
        rx: dict[str, Any] | None = None,
        line: Line | None = None,
        kept: bytes = b"",
    ):
        self.twin = twin = Twin(board["NAME"], kept or clinic.flash(board))
        self.line, self.quit, self.said = line, False, ""
        self.usb = line is not None
        self.stop_open = self.flat = False
        self.loads_ohm = [float(_LOAD_OHM) for _ in twin.electrodes]
        self.keys, self.pace = self._keys(), Pace()
        if rx:
            bring_up.prescribed(twin, rx)
        self._power_on()

    def _power_on(self) -> None:
        """A new life of the device: its clock and what was seen of it begin again; electrodes
        and cables stay as they are.
        """
        twin = self.twin
        twin.power_on(usb=self.usb)
        self.traces = [Trace() for _ in twin.electrodes]
        for channel in twin.world.channels:
            channel.flows = []
        if self.stop_open:
            twin.world.pull_interlock("STOP loop", True)
        # By button: the clock at which it comes up
        self._down: dict[str, int] = {}
        # Presses still to be made: button, ms
        self._waiting: list[tuple[str, int]] = []
        # By button: the clock from which it may be pressed again
        self._free_at: dict[str, int] = {}
        self._beeped = False
        self._on_s = time.monotonic()
        self.pace.begin(0)

    def close(self) -> None:
        self.twin.power_off()

    # --- time ----------------------------------------------------------------------------------

    def advance(self, until_s: float) -> None:
        """Let simulated time catch up with the wall's, until this moment of the wall
        (time.monotonic) at the latest.
        """
        twin = self.twin
        while self.pace.is_due() and time.monotonic() < until_s:
            if self.line:
                self.line.take(twin)
            twin.run_ms(self.pace.slice_ms)
            if self.line:
                self.line.give(twin)
            self.pace.passed()
            self._move_fingers()
        self._look()

    def _move_fingers(self) -> None:
        """Let go of what was down for long enough, then make the presses that waited for it."""
        now = self.twin.now
        for button in [name for name, until in self._down.items() if until <= now]:
            del self._down[button]
            self._free_at[button] = now + _BETWEEN_MS * CLOCKS_PER_MS
            self.twin.world.set_button(button, False)
        for button, for_ms in list(self._waiting):
            if button not in self._down and now >= self._free_at.get(button, 0):
                self._waiting.remove((button, for_ms))
                self._push(button, for_ms)

    def _push(self, button: str, for_ms: int) -> None:
        self.twin.world.set_button(button, True)
        self._down[button] = self.twin.now + for_ms * CLOCKS_PER_MS

    def _look(self) -> None:
        """Take up what happened, and forget its raw records: a view may run for hours."""
        twin, world = self.twin, self.twin.world
        for trace, channel in zip(self.traces, world.channels, strict=True):
            trace.take(channel.flows or [], twin.now)
        self._beeped = "BUZZER" in world.pins and self._has_beeped(world.gpio("BUZZER"))
        world.duties.clear()
        twin.edges.clear()
        if not self.line:
            twin.usb.received.clear()
        self.pace.look(twin.now)

    def _has_beeped(self, gpio: int) -> bool:
        sounding = bool(self.twin.chip.pwm.duty(gpio))
        return sounding or any(pin == gpio and duty for _, pin, duty in self.twin.world.duties)

    @property
    def simulated_s(self) -> float:
        """Since power-on."""
        return self.twin.now / CLOCKS_PER_MS / 1000

    @property
    def wall_s(self) -> float:
        """Since power-on."""
        return time.monotonic() - self._on_s

    @property
    def speed(self) -> float:
        """Simulated seconds a second of late."""
        return self.pace.had

    # --- what is seen --------------------------------------------------------------------------

    @property
    def beeping(self) -> bool:
        """Whether the buzzer has sounded since the last look."""
        return self._beeped

    def lit(self) -> dict[str, bool]:
        """Each LED."""
        world, levels = self.twin.world, self.twin.chip.pads.levels
        return {
            role.removeprefix("LED_"): self.twin.powered
            and levels[world.gpio(role)] == world.active(role)
            for role in world.pins
            if role.startswith("LED_")
        }

    def down(self) -> dict[str, bool]:
        """Each button."""
        return {name: name in self._down for name in self.twin.world.buttons()}

    # --- hands ---------------------------------------------------------------------------------

    def key(self, name: str) -> None:
        """Do what a key means; `said` tells of it."""
        if name in self.keys:
            self.said = self.keys[name]() or ""
        else:
            self.said = f"key {name!r} means nothing"

    def _keys(self) -> dict[str, Callable[[], str]]:
        def pressed(button: str, for_ms: int = PRESS_MS) -> Callable[[], str]:
            return partial(self._press, button, for_ms)

        keys = {
            "s": pressed("START"),
            "S": pressed("START", HOLD_MS),
            "up": pressed("UP"),
            "down": pressed("DOWN"),
            "d": pressed("DOWN"),
            "D": pressed("DOWN", HOLD_MS),
            "U": pressed("UP", HOLD_MS),
            "enter": pressed("SELECT"),
            "space": pressed("SELECT", HOLD_MS),
            "x": pressed("STOP"),
            "X": pressed("STOP", HOLD_MS),
            "o": self._toggle_stop,
            "u": self._toggle_usb,
            "b": self._toggle_supply,
            "p": self._cycle_power,
            "q": self._quit,
        }
        for index, (lead, less, more) in enumerate(_LEAD_KEYS[: len(self.twin.electrodes)]):
            keys[lead] = partial(self._toggle_lead, index)
            keys[less] = partial(self._step_load, index, -1)
            keys[more] = partial(self._step_load, index, 1)
        return keys

    def _press(self, button: str, for_ms: int) -> str:
        if sum(name == button for name, _ in self._waiting) < _WAITING_MAX:
            self._waiting.append((button, for_ms))
            self._move_fingers()
        return f"{button} {'held' if for_ms == HOLD_MS else 'pressed'}"

    def _toggle_stop(self) -> str:
        self.stop_open = not self.stop_open
        self.twin.world.pull_interlock("STOP loop", self.stop_open)
        return f"STOP cable {'pulled out' if self.stop_open else 'plugged in'}"

    def _toggle_usb(self) -> str:
        self.usb = not self.usb
        self.twin.plug(self.usb)
        return f"USB {'plugged in' if self.usb else 'unplugged'}"

    def _toggle_supply(self) -> str:
        self.flat = not self.flat
        self.twin.set_supply(_FLAT_MV if self.flat else SUPPLY_MV)
        return f"battery {self.twin.supply_mv} mV"

    def _cycle_power(self) -> str:
        self._power_on()
        return "switched off and on"

    def _quit(self) -> str:
        self.quit = True
        return ""

    def _toggle_lead(self, index: int) -> str:
        is_open = not self.twin.electrodes[index].open
        self.twin.world.change_electrode(index, open=is_open)
        return f"lead {index + 1} {'off' if is_open else 'on'}"

    def _step_load(self, index: int, step: int) -> str:
        at = LOADS_OHM.index(int(self.loads_ohm[index])) + step
        self.loads_ohm[index] = float(LOADS_OHM[min(max(at, 0), len(LOADS_OHM) - 1)])
        self.twin.world.change_electrode(index, series_ohm=self.loads_ohm[index])
        return f"load {index + 1} {self.loads_ohm[index]:.0f} ohm"
