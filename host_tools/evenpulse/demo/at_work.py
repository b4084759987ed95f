"""The README's moving picture: a session on the twin, the panel beside the pulses that leave the
pins.

`python -m evenpulse.demo.at_work FILE.gif` plays the session and draws it. Nothing is made up for
it: the screen is what the firmware sent to its display, currents are the set points, edges those of
the pads.
"""

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from evenpulse.base import ending
from evenpulse.base.errors import Problem
from evenpulse.connect import bring_up
from evenpulse.prescription import file as prescription
from evenpulse.twin.oled import HEIGHT, WIDTH, picture
from evenpulse.twin.twin import CLOCKS_PER_MS
from evenpulse.twin.waveform import CLOCKS_PER_US, highs, set_points

_RX = Path(__file__).with_name("prescription.toml")
_FRAME_MS, _LAST_MS = 100, 4_000
_END_MS = 11_500

# ms after the picture begins, button, for how long, what it does
_HANDS = (
    (900, "START", 1_200, "START held for a second: on, at 0 mA"),
    *((2_900 + 500 * n, "UP", 150, "UP: one mA more") for n in range(8)),
    (7_200, "DOWN", 150, "DOWN: one mA less"),
)
# STOP comes in the middle of a phase A, so that a cut pulse is seen.
_STOP_MS, _INTO_PHASE_US, _STOP_FOR_MS = 8_800, 90, 300
_FIRST = "Ready, USB unplugged"

# Where things stand, in dots.
_SIZE = (920, 430)
_SCREEN_AT, _DOT = (24, 40), 3
_RIM = (WIDTH * _DOT + 16, HEIGHT * _DOT + 16)
_LIGHTS_AT, _BUTTONS_AT, _BUTTON_APART = (40, 272), (62, 320), 80
_PULSE_LEFT, _PULSE_RIGHT, _PULSE_ROWS = 500, 896, (96, 218)
_PULSE_FROM_US, _PULSE_TO_US = -60, 600
_SESSION_LEFT, _SESSION_RIGHT, _SESSION_ROWS = 500, 896, (318, 366)
_MA_HIGH, _SESSION_HIGH, _FULL_MA = 46, 20, 10.0

_INK, _PALE, _CHANNELS = "#222222", "#c8c8c8", ("#1f6fb2", "#c0561f")
_LIGHTS = (
    ("LED_READY", "#2da44e", "ready"),
    ("LED_OUTPUT", "#e3b341", "output"),
    ("LED_FAULT", "#d1242f", "fault"),
)
_COLOURS = 160


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
        self.frames += self._run(_END_MS)
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
            done = (twin.now - self.begin) // (_FRAME_MS * CLOCKS_PER_MS)
            twin.run_to(self.begin + (done + 1) * _FRAME_MS * CLOCKS_PER_MS)
            yield self._frame()

    def _frame(self) -> Frame:
        levels, screen = self.twin.chip.pads.levels, self.twin.world.screen
        assert screen is not None  # nmes2 has one
        lights = tuple(bool(levels[self.twin.world.gpio(role)]) for role, _, _ in _LIGHTS)
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


class Drawn:
    """Draws frames of a session."""

    def __init__(self, session: Session):
        self._session = session
        # Of matplotlib's, which is there: Pillow's own font has no µ.
        font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
        self._small, self._normal, self._large = (
            ImageFont.truetype(font, size) for size in (11, 13, 16)
        )
        self._background = self._fixed()

    def frame(self, frame: Frame) -> Image.Image:
        image = self._background.copy()
        draw = ImageDraw.Draw(image)
        image.paste(picture(frame.screen, _DOT), (_SCREEN_AT[0] + 8, _SCREEN_AT[1] + 8))
        self._panel(draw, frame)
        for channel, y in enumerate(_PULSE_ROWS):
            self._newest_pulse(draw, frame, channel, y)
        for channel, y in enumerate(_SESSION_ROWS):
            self._session_so_far(draw, frame, channel, y)
        draw.text((24, 404), frame.caption, font=self._large, fill=_INK, anchor="lm")
        return image

    def _fixed(self) -> Image.Image:
        """What does not move."""
        image = Image.new("RGB", _SIZE, "white")
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 0, _SIZE[0] - 1, _SIZE[1] - 1), outline=_PALE)
        draw.text(
            (24, 22), "what the person sees and presses", font=self._normal, fill=_INK, anchor="lm"
        )
        x, y = _SCREEN_AT
        draw.rectangle((x, y, x + _RIM[0], y + _RIM[1]), fill="black")
        draw.text(
            (_PULSE_LEFT, 22),
            "what leaves the pins: the newest pulse",
            font=self._normal,
            fill=_INK,
            anchor="lm",
        )
        draw.text(
            (_SESSION_LEFT, 284), "every pulse so far", font=self._normal, fill=_INK, anchor="lm"
        )
        for us in range(0, _PULSE_TO_US + 1, 100):
            x = self._x_us(us)
            draw.line((x, 40, x, 268), fill="#eeeeee")
            draw.text(
                (x, 268),
                f"{us} µs" if us == _PULSE_TO_US - 100 else str(us),
                font=self._small,
                fill="#666666",
                anchor="mm",
            )
        for channel, y in enumerate(_PULSE_ROWS):
            draw.line((_PULSE_LEFT, y, _PULSE_RIGHT, y), fill=_PALE)
            draw.text(
                (_PULSE_LEFT - 8, y),
                f"channel {channel + 1}",
                font=self._small,
                fill=_CHANNELS[channel],
                anchor="rm",
            )
        for channel, y in enumerate(_SESSION_ROWS):
            draw.line((_SESSION_LEFT, y, _SESSION_RIGHT, y), fill=_PALE)
            draw.text(
                (_SESSION_LEFT - 8, y),
                f"channel {channel + 1}",
                font=self._small,
                fill=_CHANNELS[channel],
                anchor="rm",
            )
        for second in range(0, _END_MS // 1_000 + 1, 2):
            x = self._x_clock(self._session.begin + second * 1_000 * CLOCKS_PER_MS)
            draw.text((x, 398), f"{second} s", font=self._small, fill="#666666", anchor="mm")
        return image

    def _panel(self, draw: ImageDraw.ImageDraw, frame: Frame) -> None:
        x, y = _LIGHTS_AT
        for lit, (_, colour, name) in zip(frame.lights, _LIGHTS, strict=True):
            draw.ellipse(
                (x, y - 7, x + 14, y + 7), fill=colour if lit else "#ececec", outline="#888888"
            )
            draw.text((x + 21, y), name, font=self._small, fill=_INK, anchor="lm")
            x += 92
        x, y = _BUTTONS_AT
        for name in ("START", "UP", "DOWN", "SELECT", "STOP"):
            down = name == frame.pressed
            rim = "#d1242f" if name == "STOP" else "#555555"
            draw.ellipse(
                (x - 19, y - 19, x + 19, y + 19),
                fill=rim if down else "white",
                outline=rim,
                width=3,
            )
            draw.text((x, y + 34), name, font=self._small, fill=_INK, anchor="mm")
            x += _BUTTON_APART

    def _newest_pulse(self, draw: ImageDraw.ImageDraw, frame: Frame, channel: int, y: int) -> None:
        flows = [flow for flow in self._session.flows[channel] if flow.end <= frame.clock]
        ma = self._ma_at(channel, frame.clock if not flows else flows[-1].begin)
        starts = [flow for flow in flows if flow.sign > 0]
        if not starts:
            return
        newest = starts[-1]
        parts = [flow for flow in flows if flow.begin >= newest.begin]
        colour = _CHANNELS[channel]
        high = round(ma / _FULL_MA * _MA_HIGH)
        at = self._x_us(_PULSE_FROM_US)
        for flow in parts:
            a, b = (
                self._x_us((clock - newest.begin) / CLOCKS_PER_US)
                for clock in (flow.begin, flow.end)
            )
            top = y - flow.sign * high
            draw.line((at, y, a, y, a, top, b, top, b, y), fill=colour, width=2)
            at = b
        draw.line((at, y, _PULSE_RIGHT, y), fill=colour, width=2)
        says = " · ".join(f"{(flow.end - flow.begin) / CLOCKS_PER_US:g} µs" for flow in parts)
        draw.text(
            (_PULSE_RIGHT, y - 34), f"{ma:.0f} mA", font=self._normal, fill=colour, anchor="rm"
        )
        draw.text((_PULSE_RIGHT, y - 16), says, font=self._small, fill=colour, anchor="rm")
        if parts[-1] is newest and newest.begin < self._session.stop_clock <= newest.end:
            draw.text(
                (self._x_us(110), y - 40), "cut", font=self._small, fill="#d1242f", anchor="lm"
            )

    def _session_so_far(
        self, draw: ImageDraw.ImageDraw, frame: Frame, channel: int, y: int
    ) -> None:
        for flow in self._session.flows[channel]:
            if flow.end <= frame.clock:
                x = self._x_clock(flow.begin)
                high = round(self._ma_at(channel, flow.begin) / _FULL_MA * _SESSION_HIGH)
                draw.line((x, y, x, y - flow.sign * high), fill=_CHANNELS[channel])

    def _ma_at(self, channel: int, clock: int) -> float:
        return [ma for when, ma in self._session.set_ma[channel] if when <= clock][-1]

    def _x_us(self, us: float) -> int:
        share = (us - _PULSE_FROM_US) / (_PULSE_TO_US - _PULSE_FROM_US)
        return round(_PULSE_LEFT + share * (_PULSE_RIGHT - _PULSE_LEFT))

    def _x_clock(self, clock: int) -> int:
        share = (clock - self._session.begin) / (_END_MS * CLOCKS_PER_MS)
        return round(_SESSION_LEFT + share * (_SESSION_RIGHT - _SESSION_LEFT))


def write(path: Path, session: Session) -> None:
    """A GIF that goes on for ever, the last picture for longer."""
    drawn = Drawn(session)
    images = [drawn.frame(frame) for frame in session.frames]
    # The last one has every colour but that of a light that is out by then; the palette is that of
    # all of them.
    sheet = Image.new("RGB", (_SIZE[0], _SIZE[1] * 3))
    for row, image in enumerate((images[0], images[len(images) // 2], images[-1])):
        sheet.paste(image, (0, row * _SIZE[1]))
    palette = sheet.quantize(_COLOURS, dither=Image.Dither.NONE)
    flat = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    took_ms = [_FRAME_MS] * (len(flat) - 1) + [_LAST_MS]
    flat[0].save(
        path, save_all=True, append_images=flat[1:], duration=took_ms, loop=0, optimize=False
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="evenpulse.demo.at_work", description=__doc__)
    parser.add_argument("file", type=Path)
    write(parser.parse_args(arguments).file, Session())
    return 0


if __name__ == "__main__":
    ending.run("demo.at_work", main)
