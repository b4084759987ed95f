"""128 x 64 OLED (SSD1306) on I2C: draws what stimcore.screens says, some letters and a page a
round, so that no round waits for it.

A missing or broken display must never stop the device: its bus errors are counted, not raised.
`round` allocates nothing.
"""

import micropython
from machine import I2C, Pin
from micropython import const

from hal import letters_6, letters_8, letters_12, letters_16

_WIDTH = const(128)
_PAGES = const(8)
# What is drawn in a round: a row of 16 letters
_DRAW_BYTES = const(256)
# What is sent in a round: a page, 3 ms
_SEND_BYTES = const(128)
# A stuck bus must not outlast the dead-man
_TIMEOUT_US = const(8_000)
_RETRY_ROUNDS = const(200)
_INIT = bytes(
    (
        0x00,
        0xAE,
        0xD5,
        0x80,
        0xA8,
        0x3F,
        0xD3,
        0x00,
        0x40,
        0x8D,
        0x14,
        0x20,
        0x02,
        0xA1,
        0xC8,
        0xDA,
        0x12,
        0x81,
        0xCF,
        0xD9,
        0xF1,
        0xDB,
        0x40,
        0xA4,
        0xA6,
        0xAF,
    )
)
_GLYPHS = {
    (6, 16): letters_6.GLYPHS,
    (8, 16): letters_8.GLYPHS,
    (12, 24): letters_12.GLYPHS,
    (16, 32): letters_16.GLYPHS,
}
_FIGURES = (16, 32)
_NO_GLYPH = const(-1)


def place(char, font):
    """Which glyph of a font a character is: ASCII from the blank on, then Latin-1 from 161 on,
    then the symbols 1, 2, …; -1: none.
    """
    if font == _FIGURES:
        return letters_16.CHARS.find(char)
    code = ord(char)
    if code < 32:
        return 189 + code
    return code - 32 if code < 127 else code - 66


@micropython.viper
def _copy(glyphs, at: int, pixels, to: int):
    """A page of a glyph into the picture: `at` is its first byte times 32 plus its columns;
    before the first byte it is blank.
    """
    source, target = ptr8(glyphs), ptr8(pixels)
    columns = at & 31
    start = at >> 5
    i = 0
    while i < columns:
        target[to + i] = source[start + i] if start >= 0 else 0
        i += 1


@micropython.viper
def _move(source, at: int, target, count: int):
    """Bytes of the picture into what is sent, after its first byte."""
    s, t = ptr8(source), ptr8(target)
    i = 0
    while i < count:
        t[1 + i] = s[at + i]
        i += 1


class NoDisplay:
    """A board without a screen: takes what is to be shown and has nothing to do for it."""

    fitted = busy = False

    def show(self, rows):
        """Nobody sees it."""


class Display:
    """`show(rows)` takes rows of (font, x, y, text); `round()` draws and sends some of what
    differs, as long as `busy`.

    Raises nothing. A font is (columns, rows) of its letters, one of stimcore.layout; y is a
    multiple of 8.
    """

    fitted = True

    def __init__(self, pins, bus, address):
        self._i2c = I2C(
            bus,
            sda=Pin(pins["OLED_SDA"][0]),
            scl=Pin(pins["OLED_SCL"][0]),
            freq=400_000,
            timeout=_TIMEOUT_US,
        )
        self._address = address
        self._pixels = bytearray(_WIDTH * _PAGES)
        self._blank = bytes(_WIDTH * _PAGES)
        self._buffer = bytearray(1 + _WIDTH)
        # Control byte: data follows
        self._buffer[0] = 0x40
        whole = memoryview(self._buffer)
        # What is sent of the buffer, by letters
        self._parts = [whole[: 1 + 8 * n] for n in range(_WIDTH // 8 + 1)]
        self._select = bytearray((0x00, 0xB0, 0x00, 0x10))
        # The rows to be shown
        self._rows = ()
        # The text of each row that stands in the picture
        self._drawn = []
        self._pending = False
        # There is something to draw, to send, or a display to set up again
        self.busy = False
        # The columns that are to be sent, a pair a page
        self._from = bytearray(_PAGES)
        self._to = bytearray(_PAGES)
        self._dirty = 0
        self._silent_rounds = 0
        self.errors = 0
        self._send(_INIT)

    def show(self, rows):
        """Show these rows from now on: letters that differ where the layout is the same, else
        everything.
        """
        if rows == self._rows:
            return
        if [row[:3] for row in rows] != [row[:3] for row in self._rows]:
            self._pixels[:] = self._blank
            self._drawn = [""] * len(rows)
            for page in range(_PAGES):
                self._touch(page, 0, _WIDTH)
        self._rows = rows
        self._pending = self.busy = True

    def round(self):
        """Draw a little, send a little; after a bus error, wait and set the display up again."""
        if self._pending:
            self._draw_some()
        if self._silent_rounds:
            self._silent_rounds -= 1
            if self._silent_rounds == 0:
                for page in range(_PAGES):
                    self._touch(page, 0, _WIDTH)
                self._send(_INIT)
        elif self._dirty:
            self._send_some()
        self.busy = self._pending or self._dirty != 0 or self._silent_rounds != 0

    def _touch(self, page, start, end):
        """These columns of a page are to be sent, by whole eights."""
        start &= ~7
        end = (end + 7) & ~7
        if not self._dirty >> page & 1:
            self._dirty |= 1 << page
            self._from[page], self._to[page] = start, end
            return
        if start < self._from[page]:
            self._from[page] = start
        if end > self._to[page]:
            self._to[page] = end

    def _draw_some(self):
        budget = _DRAW_BYTES
        for i in range(len(self._rows)):
            row = self._rows[i]
            _, _, _, text = row
            if text != self._drawn[i]:
                if budget <= 0:
                    return
                budget -= self._draw(row, self._drawn[i])
                self._drawn[i] = text
        self._pending = False

    def _draw(self, row, stood):
        """Draw the letters of a row that differ from those that stood there. Returns the bytes
        drawn.
        """
        font, x, y, text = row
        wide, high = font
        size = wide * high // 8
        drawn = 0
        for k in range(min(max(len(text), len(stood)), (_WIDTH - x) // wide)):
            char = text[k] if k < len(text) else " "
            if char != (stood[k] if k < len(stood) else " "):
                self._put(font, place(char, font), x + wide * k, y // 8)
                drawn += size
        return drawn

    def _put(self, font, glyph, x, page):
        """A glyph into the picture; what has none is blank."""
        wide, high = font
        glyphs, pages = _GLYPHS[font], high // 8
        for part in range(pages):
            at = (glyph * pages + part) * wide
            _copy(
                glyphs,
                (at if glyph >= 0 else _NO_GLYPH) << 5 | wide,
                self._pixels,
                (page + part) * _WIDTH + x,
            )
            self._touch(page + part, x, x + wide)

    def _send_some(self):
        room = _SEND_BYTES
        for page in range(_PAGES):
            if self._dirty >> page & 1:
                start = self._from[page]
                count = self._to[page] - start
                if count > room:
                    return
                room -= count
                self._dirty &= ~(1 << page)
                self._select[1] = 0xB0 | page
                self._select[2] = start & 15
                self._select[3] = 0x10 | start >> 4
                _move(self._pixels, page * _WIDTH + start, self._buffer, count)
                self._send(self._select)
                self._send(self._parts[count >> 3])

    def _send(self, data):
        try:
            self._i2c.writeto(self._address, data)
        except OSError:
            self.errors += 1
            self._silent_rounds = _RETRY_ROUNDS
            self.busy = True
