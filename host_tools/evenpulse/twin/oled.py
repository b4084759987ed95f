"""SSD1306 OLED at the end of an I2C bus: decodes what firmware sends into a 128 × 64 picture.

Page, horizontal and vertical addressing, segment and COM direction, start line, inversion, on and
off. Scrolling by the display itself is not modelled. Bytes take the time that the bus's own clock
registers ask for.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image
    from rp2040py.rp2040 import RP2040

WIDTH, HEIGHT, PAGES = 128, 64, 8
_PAGE_MODE, _VERTICAL = 2, 1
# Command bytes that take arguments: how many (SSD1306 datasheet, table 9).
_ARGUMENTS = {
    0x20: 1,
    0x21: 2,
    0x22: 2,
    0x26: 6,
    0x27: 6,
    0x29: 5,
    0x2A: 5,
    0x81: 1,
    0x8D: 1,
    0xA3: 2,
    0xA8: 1,
    0xD3: 1,
    0xD5: 1,
    0xD9: 1,
    0xDA: 1,
    0xDB: 1,
}


class Ssd1306:
    """The display's controller: `write` takes bytes after the address, `end` closes a transfer."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """State after power-on."""
        self.ram = bytearray(WIDTH * PAGES)
        self.on = self.inverted = self.all_on = False
        self.mirrored_x = self.mirrored_y = True
        self.mode, self.start_line = _PAGE_MODE, 0
        self.columns, self.pages = (0, WIDTH - 1), (0, PAGES - 1)
        self.column = self.page = 0
        # Transfers that held picture data
        self.frames = 0
        self._command: list[int] = []
        self.end()

    def end(self) -> None:
        """Stop condition."""
        self._control: int | None = None
        self._had_data = False

    def write(self, value: int) -> None:
        """One byte: first a control byte, then command or data bytes, as its Co and D/C bits
        say.
        """
        if self._control is None:
            self._control = value
            return
        if self._control & 0x40:
            self._data(value)
        else:
            self._take_command(value)
        if self._control & 0x80:
            self._control = None

    def _data(self, value: int) -> None:
        if not self._had_data:
            self._had_data = True
            self.frames += 1
        self.ram[self.page * WIDTH + self.column] = value
        if self.mode == _PAGE_MODE:
            self.column = (self.column + 1) % WIDTH
        elif self.mode == _VERTICAL:
            self.page, wrapped = _next(self.page, self.pages)
            self.column = _next(self.column, self.columns)[0] if wrapped else self.column
        else:
            self.column, wrapped = _next(self.column, self.columns)
            self.page = _next(self.page, self.pages)[0] if wrapped else self.page

    def _take_command(self, value: int) -> None:
        self._command.append(value)
        if len(self._command) > _ARGUMENTS.get(self._command[0], 0):
            command, *arguments = self._command
            self._command = []
            self._run(command, arguments)

    def _run(self, command: int, arguments: list[int]) -> None:
        if command == 0x20:
            self.mode = arguments[0] & 3
        elif command == 0x21:
            self.columns = (arguments[0] & 127, arguments[1] & 127)
            self.column = self.columns[0]
        elif command == 0x22:
            self.pages = (arguments[0] & 7, arguments[1] & 7)
            self.page = self.pages[0]
        elif command < 0x10:
            self.column = self.column & 0x70 | command
        elif command < 0x20:
            self.column = self.column & 0x0F | (command & 7) << 4
        elif 0x40 <= command < 0x80:
            self.start_line = command & 63
        elif command & 0xF8 == 0xB0:
            self.page = command & 7
        else:
            self._set_flag(command)

    def _set_flag(self, command: int) -> None:
        if command in (0xA0, 0xA1):
            self.mirrored_x = command == 0xA0
        elif command in (0xA4, 0xA5):
            self.all_on = command == 0xA5
        elif command in (0xA6, 0xA7):
            self.inverted = command == 0xA7
        elif command in (0xAE, 0xAF):
            self.on = command == 0xAF
        elif command & 0xF0 == 0xC0:
            self.mirrored_y = not command & 8

    def pixel(self, x: int, y: int) -> bool:
        """Whether a dot is lit, on the usual module (its glass is mounted so that A1 and C8 show
        upright).
        """
        if not self.on:
            return False
        column = WIDTH - 1 - x if self.mirrored_x else x
        row = ((HEIGHT - 1 - y if self.mirrored_y else y) + self.start_line) % HEIGHT
        lit = bool(self.ram[row // 8 * WIDTH + column] >> row % 8 & 1) or self.all_on
        return lit != self.inverted

    def pixels(self) -> bytes:
        """WIDTH × HEIGHT bytes, row by row, 1 where a dot is lit."""
        return bytes(self.pixel(x, y) for y in range(HEIGHT) for x in range(WIDTH))


def _next(value: int, span: tuple[int, int]) -> tuple[int, bool]:
    return (
        (span[0], True)
        if value == span[1]
        else ((value + 1) % (WIDTH if span[1] >= PAGES else PAGES), False)
    )


def save_png(pixels: bytes, path: Path, scale: int = 4) -> None:
    """Write a picture of the screen, amber on black."""
    picture(pixels, scale).save(path)


def picture(pixels: bytes, scale: int) -> "Image.Image":
    """The screen, amber on black."""
    from PIL import Image

    image = Image.frombytes("L", (WIDTH, HEIGHT), bytes(255 * dot for dot in pixels))
    amber = Image.merge(
        "RGB", (image, image.point(lambda dot: dot * 176 // 255), image.point(lambda dot: 0))
    )
    return amber.resize((WIDTH * scale, HEIGHT * scale), Image.Resampling.NEAREST)


class OledOnBus:
    """Joins a display to one of the chip's I2C controllers, at the bus's own speed."""

    def __init__(self, rp2040: "RP2040", bus: int, address: int):
        self.display = Ssd1306()
        self._i2c, self._address, self._selected = rp2040.i2c[bus], address, False
        self._clock_hz = rp2040.clk_sys
        self._alarm = rp2040.clock.create_alarm(self._fire)
        self._then: Callable[[], object] | None = None
        self._i2c.on_start = lambda _repeated: self._after(1, self._i2c.complete_start)
        self._i2c.on_connect = self._connect
        self._i2c.on_write_byte = self._write
        self._i2c.on_read_byte = lambda _ack: self._after(9, lambda: self._i2c.complete_read(0))
        self._i2c.on_stop = self._stop

    def _after(self, bits: int, then: Callable[[], object]) -> None:
        self._then = then
        clocks = bits * (self._i2c.scl_low_period + self._i2c.scl_high_period)
        self._alarm.schedule(clocks * 1e9 / self._clock_hz)

    def _fire(self) -> None:
        then, self._then = self._then, None
        if then:
            then()

    def _connect(self, address: int, _mode: int) -> None:
        self._selected = address == self._address
        self._after(9, lambda: self._i2c.complete_connect(self._selected))

    def _write(self, value: int) -> None:
        if self._selected:
            self.display.write(value)
        self._after(9, self._written)

    def _written(self) -> None:
        self._i2c.complete_write(self._selected)

    def _stop(self) -> None:
        self.display.end()
        self._after(1, self._i2c.complete_stop)
