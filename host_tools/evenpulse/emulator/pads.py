"""Pads and the wires at them: what level each GPIO has, who sees it, and when it changed.

The emulator reads inputs and drives outputs, but joins them nowhere. Here a pad has one level, from
the strongest that holds it: a stuck driver, an outside switch, the chip's own output, the board's
resistor, the chip's pull. Low wins among switch and output, so a line that several pull low is a
wired OR. The level is read back by the chip and logged by clock.
"""

from collections.abc import Callable
from functools import partial

from rp2040py.rp2040 import RP2040

from evenpulse.emulator.emulated import Loop

GPIO_COUNT = 30
_PULL_UP, _PULL_DOWN, _OUTPUT_DISABLE = 1 << 3, 1 << 2, 1 << 7
_PULLED_TO = {_PULL_UP: 1, _PULL_DOWN: 0}


class Pads:
    """`pulls`: GPIO number → 1 or 0 for the board's resistor. `edges` collects (clock, gpio,
    level).
    """

    def __init__(self, rp2040: RP2040, loop: Loop, pulls: dict[int, int]):
        self._pins, self._loop, self._pulls = rp2040.gpio, loop, pulls
        self._switches: list[dict[str, int]] = [{} for _ in range(GPIO_COUNT)]
        self._stuck: dict[int, int] = {}
        self._dark = False
        self.levels = [0] * GPIO_COUNT
        self.edges: list[tuple[int, int, int]] = []
        self.on_edge: list[Callable[[int, int, int], None]] = []
        for gpio, pin in enumerate(rp2040.gpio):
            self.levels[gpio] = self._resolve(gpio)
            pin.set_input_value(bool(self.levels[gpio]))
            pin.add_listener(partial(self.refresh, gpio))

    def go_on_from(self, before: "Pads", dark: bool) -> None:
        """The same pads under another chip: what holds them from outside stays, and so do their
        edges. `dark`: nothing there has a supply, so that no pad has a level.
        """
        self._switches, self._stuck, self._dark = before._switches, before._stuck, dark
        self.edges = before.edges
        for gpio, pin in enumerate(self._pins):
            level = self.levels[gpio] = self._resolve(gpio)
            if level != before.levels[gpio]:
                self.edges.append((self._loop.now, gpio, level))
            pin.set_input_value(bool(level))

    def switch(self, gpio: int, level: int | None, who: str = "switch") -> None:
        """Hold a pad at a level from outside (None: let go). Several may hold it, each under its
        own name.
        """
        if level is None:
            self._switches[gpio].pop(who, None)
        else:
            self._switches[gpio][who] = level
        self.refresh(gpio)

    def is_held(self, gpio: int, who: str) -> bool:
        """Whether it is held from outside under this name."""
        return who in self._switches[gpio]

    def stick(self, gpio: int, level: int | None) -> None:
        """A defect: the pad stays at a level whatever drives it (None: repaired)."""
        if level is None:
            self._stuck.pop(gpio, None)
        else:
            self._stuck[gpio] = level
        self.refresh(gpio)

    def is_stuck(self, gpio: int) -> bool:
        return gpio in self._stuck

    def refresh(self, gpio: int, _now: object = None, _before: object = None) -> None:
        """Settle one pad after something at it changed; a pin's listener is told what it was."""
        level = self._resolve(gpio)
        if level == self.levels[gpio]:
            return
        self.levels[gpio] = level
        clock = self._loop.now
        self.edges.append((clock, gpio, level))
        for listener in self.on_edge:
            listener(clock, gpio, level)
        self._pins[gpio].set_input_value(bool(level))

    def refresh_all(self) -> None:
        """Settle every pad: a reset changes registers without telling anybody."""
        for gpio in range(GPIO_COUNT):
            self.refresh(gpio)

    def drives(self, gpio: int) -> bool:
        """Whether the chip itself drives the pad."""
        pin = self._pins[gpio]
        return bool(pin.output_enable) and not pin.pad_value & _OUTPUT_DISABLE

    def own_pull(self, gpio: int) -> int | None:
        """Where the chip's own resistor pulls a pad: 1, 0, or None for nowhere."""
        pulls = self._pins[gpio].pad_value & (_PULL_UP | _PULL_DOWN)
        return _PULLED_TO.get(pulls)

    def _resolve(self, gpio: int) -> int:
        if self._dark:
            return 0
        if gpio in self._stuck:
            return self._stuck[gpio]
        pin = self._pins[gpio]
        held = self._switches[gpio]
        if pin.output_enable and not pin.pad_value & _OUTPUT_DISABLE:
            if not pin.output_value:
                return 0
            return min(held.values()) if held else 1
        if held:
            return min(held.values())
        if gpio in self._pulls:
            return self._pulls[gpio]
        pull = self.own_pull(gpio)
        return self.levels[gpio] if pull is None else pull
