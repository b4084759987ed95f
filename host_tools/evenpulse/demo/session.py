"""A session on the twin for the README's moving picture: what hands do, and what is to be seen."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from evenpulse.base.errors import Problem
from evenpulse.connect import bring_up
from evenpulse.prescription import file as prescription
from evenpulse.twin.twin import CLOCKS_PER_MS
from evenpulse.twin.waveform import CLOCKS_PER_US, highs, set_points

_RX = Path(__file__).with_name("prescription.toml")
FRAME_MS = 100
END_MS = 11_500

# Ms after the picture begins, button, for how long, what it does
_HANDS = (
    (900, "START", 1_200, "START held for a second: on, at 0 mA"),
    *((2_900 + 500 * n, "UP", 150, "UP: one mA more") for n in range(8)),
    (7_200, "DOWN", 150, "DOWN: one mA less"),
)
# STOP comes in the middle of a phase A, so that a cut pulse is seen.
_STOP_MS, _INTO_PHASE_US, _STOP_FOR_MS = 8_800, 90, 300
_FIRST = "Ready, USB unplugged"
LIGHTS = (
    ("LED_READY", "#2da44e", "ready"),
    ("LED_OUTPUT", "#e3b341", "output"),
    ("LED_FAULT", "#d1242f", "fault"),
)


class Frame(NamedTuple):
    """What is to be seen at a clock."""

    clock: int
    screen: bytes
    lights: tuple[bool, ...]
    pressed: str
    caption: str


class Session:
    """One session on the twin: `frames`, and of each channel its flows and set points."""

    def __init__(self) -> None:
        rx = prescription.read(_RX, "nmes2")
        self.twin = twin = bring_up.switch_on(bring_up.prescribed(bring_up.new("nmes2"), rx))
        twin.run_ms(1_500)
        self.begin, self._pressed, self._caption = twin.now, "", _FIRST
        for at_ms, button, for_ms, caption in _HANDS:
            twin.at(
                self.begin + at_ms * CLOCKS_PER_MS,
                partial(self._press, button, for_ms, caption),
            )
        self.frames = [*self._run(_STOP_MS)]
        self.stop_clock = self._stop()
        self.frames += self._run(END_MS)
        pins = twin.board["PINS"]
        self.flows = [highs(twin.edges, pins[f"CH{n}_A"][0], pins[f"CH{n}_B"][0]) for n in (1, 2)]
        self.set_ma = set_points(twin.board, twin.world.duties)

    def _press(self, button: str, for_ms: int, caption: str) -> None:
        self.twin.press(button, for_ms)
        self._pressed, self._caption = button, caption
        self.twin.at(self.twin.now + for_ms * CLOCKS_PER_MS, self._let_go)

    def _let_go(self) -> None:
        self._pressed = ""

    def _run(self, to_ms: int) -> Iterator[Frame]:
        """To a time of the picture, a frame at each of its times."""
        twin = self.twin
        while twin.now < self.begin + to_ms * CLOCKS_PER_MS:
            done = (twin.now - self.begin) // (FRAME_MS * CLOCKS_PER_MS)
            twin.run_to(self.begin + (done + 1) * FRAME_MS * CLOCKS_PER_MS)
            yield self._frame()

    def _frame(self) -> Frame:
        levels, screen = self.twin.chip.pads.levels, self.twin.world.screen
        # nmes2 has one
        assert screen is not None
        lights = tuple(bool(levels[self.twin.world.gpio(role)]) for role, _, _ in LIGHTS)
        return Frame(self.twin.now, screen.pixels(), lights, self._pressed, self._caption)

    def _stop(self) -> int:
        """STOP within a phase A; the clock at which its loop opens. The caption says how long
        the outputs took.
        """
        twin, leg = self.twin, self.twin.world.gpio("CH1_A")
        begun = len(twin.edges)
        if not twin.run_until(
            lambda: (leg, 1) in [edge[1:] for edge in twin.edges[begun:]], 100, step_ms=0.01
        ):
            raise Problem("no pulse came to press STOP in")
        rise = next(clock for clock, gpio, level in twin.edges[begun:] if (gpio, level) == (leg, 1))
        twin.run_to(rise + _INTO_PHASE_US * CLOCKS_PER_US)
        at = twin.now
        self._press("STOP", _STOP_FOR_MS, "")
        twin.run_ms(0.01)
        off = next(
            clock for clock, gpio, level in twin.edges if clock >= at and (gpio, level) == (leg, 0)
        )
        self._caption = (
            f"STOP, in mid-pulse: off in hardware, {off - at} "
            f"clock{'s' * (off - at != 1)} of 8 ns later"
        )
        return at
