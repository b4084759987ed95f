"""Draws the frames of a session: the panel as the person sees it, beside the pulses that leave the
pins.
"""

from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from evenpulse.demo.session import END_MS, LIGHTS, Frame, Session
from evenpulse.twin.oled import HEIGHT, WIDTH, picture
from evenpulse.twin.twin import CLOCKS_PER_MS
from evenpulse.twin.waveform import CLOCKS_PER_US

# Where things stand, in dots.
SIZE = (920, 430)
_SCREEN_AT, _DOT = (24, 40), 3
_RIM = (WIDTH * _DOT + 16, HEIGHT * _DOT + 16)
_LIGHTS_AT, _BUTTONS_AT, _BUTTON_APART = (40, 272), (62, 320), 80
_PULSE_LEFT, _PULSE_RIGHT, _PULSE_ROWS = 500, 896, (96, 218)
_PULSE_FROM_US, _PULSE_TO_US = -60, 600
_SESSION_LEFT, _SESSION_RIGHT, _SESSION_ROWS = 500, 896, (318, 366)
_MA_HIGH, _SESSION_HIGH, _FULL_MA = 46, 20, 10.0
_INK, _PALE, _CHANNELS = "#222222", "#c8c8c8", ("#1f6fb2", "#c0561f")


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
        image = Image.new("RGB", SIZE, "white")
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 0, SIZE[0] - 1, SIZE[1] - 1), outline=_PALE)
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
        for rows, left, right in (
            (_PULSE_ROWS, _PULSE_LEFT, _PULSE_RIGHT),
            (_SESSION_ROWS, _SESSION_LEFT, _SESSION_RIGHT),
        ):
            for channel, y in enumerate(rows):
                draw.line((left, y, right, y), fill=_PALE)
                draw.text(
                    (left - 8, y),
                    f"channel {channel + 1}",
                    font=self._small,
                    fill=_CHANNELS[channel],
                    anchor="rm",
                )
        for second in range(0, END_MS // 1_000 + 1, 2):
            x = self._x_clock(self._session.begin + second * 1_000 * CLOCKS_PER_MS)
            draw.text((x, 398), f"{second} s", font=self._small, fill="#666666", anchor="mm")
        return image

    def _panel(self, draw: ImageDraw.ImageDraw, frame: Frame) -> None:
        x, y = _LIGHTS_AT
        for lit, (_, colour, name) in zip(frame.lights, LIGHTS, strict=True):
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
        share = (clock - self._session.begin) / (END_MS * CLOCKS_PER_MS)
        return round(_SESSION_LEFT + share * (_SESSION_RIGHT - _SESSION_LEFT))
