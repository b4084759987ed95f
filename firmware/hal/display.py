"""128 x 64 OLED (SSD1306) on I2C: draws what stimcore.panel says, a row or two and a page a round, so that no round waits for it.

A missing or broken display must never stop the device: its bus errors are counted, not raised.
"""

import framebuf
from machine import I2C, Pin
from micropython import const

_WIDTH = const(128)
_PAGES = const(8)
_CELL = const(8)
_DRAW_BYTES = const(256)  # drawn in a round: a row of 16 tall letters
_SEND_BYTES = const(128)  # sent in a round: a page, 3 ms
_TIMEOUT_US = const(8_000)  # a stuck bus must not outlast the dead-man
_RETRY_ROUNDS = const(200)
_INIT = bytes((
    0x00, 0xAE, 0xD5, 0x80, 0xA8, 0x3F, 0xD3, 0x00, 0x40, 0x8D, 0x14, 0x20, 0x02, 0xA1, 0xC8, 0xDA,
    0x12, 0x81, 0xCF, 0xD9, 0xF1, 0xDB, 0x40, 0xA4, 0xA6, 0xAF,
))
_TWICE = bytes((0x00, 0x03, 0x0C, 0x0F, 0x30, 0x33, 0x3C, 0x3F, 0xC0, 0xC3, 0xCC, 0xCF, 0xF0, 0xF3, 0xFC, 0xFF))  # 4 bits, each doubled
_FOUR_TIMES = bytes((0x00, 0x0F, 0xF0, 0xFF))


class NoDisplay:
    """A board without a screen: takes what is to be shown and has nothing to do for it."""

    fitted = busy = False

    def show(self, rows):
        """Nobody sees it."""


class Display:
    """`show(rows)` takes rows of ((columns, rows) a dot, x, y, text); `round()` draws and sends some of what differs, as long as `busy`.

    Raises nothing. y is a multiple of 8; dots are 1, 2 or 4 high. `symbols`: 8 columns for each character that the font does not have.
    """

    fitted = True

    def __init__(self, pins, bus, address, symbols):
        self._i2c = I2C(bus, sda=Pin(pins["OLED_SDA"][0]), scl=Pin(pins["OLED_SCL"][0]), freq=400_000, timeout=_TIMEOUT_US)
        self._address = address
        self._symbols = symbols
        self._pixels = bytearray(_WIDTH * _PAGES)
        self._blank = bytes(_WIDTH * _PAGES)
        self._buffer = bytearray(1 + _WIDTH)
        self._buffer[0] = 0x40  # data follows
        self._select = bytearray((0x00, 0xB0, 0x00, 0x10))
        self._cell = bytearray(_CELL)
        self._glyph = framebuf.FrameBuffer(self._cell, _CELL, _CELL, framebuf.MONO_VLSB)
        self._rows = ()  # to be shown
        self._drawn = []  # the text of each that stands in the picture
        self._pending = False
        self.busy = False  # there is something to draw, to send, or a display to set up again
        self._from = bytearray(_PAGES)  # columns that are to be sent
        self._to = bytearray(_PAGES)
        self._dirty = 0
        self._silent_rounds = 0
        self.errors = 0
        self._send(_INIT)

    def show(self, rows):
        """Show these rows from now on: letters that differ where the layout is the same, else everything."""
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
        """These columns of a page are to be sent."""
        if not self._dirty >> page & 1:
            self._dirty |= 1 << page
            self._from[page], self._to[page] = start, end
        else:
            self._from[page] = min(self._from[page], start)
            self._to[page] = max(self._to[page], end)

    def _draw_some(self):
        budget = _DRAW_BYTES
        for i, row in enumerate(self._rows):
            if row[3] != self._drawn[i]:
                if budget <= 0:
                    return
                budget -= self._draw(row, self._drawn[i])
                self._drawn[i] = row[3]
        self._pending = False

    def _draw(self, row, stood):
        """Draw the letters of a row that differ from those that stood there. Returns the bytes drawn."""
        (wide, high), x, y, text = row
        drawn = 0
        for k in range(min(max(len(text), len(stood)), (_WIDTH - x) // (_CELL * wide))):
            char = text[k] if k < len(text) else " "
            if char != (stood[k] if k < len(stood) else " "):
                self._load(char)
                self._put(x + _CELL * wide * k, y // 8, wide, high)
                drawn += _CELL * wide * high
        return drawn

    def _load(self, char):
        """A letter into the cell, lowest bit on top."""
        if char in self._symbols:
            self._cell[:] = self._symbols[char]
        else:
            self._glyph.fill(0)
            self._glyph.text(char, 0, 0)

    def _put(self, x, page, wide, high):
        """The cell into the picture, each dot so many times."""
        pixels, cell = self._pixels, self._cell
        for part in range(high):
            at = (page + part) * _WIDTH + x
            for column in range(_CELL):
                bits = cell[column]
                if high == 2:
                    bits = _TWICE[bits >> 4 * part & 15]
                elif high == 4:
                    bits = _FOUR_TIMES[bits >> 2 * part & 3]
                pixels[at] = bits
                at += 1
                if wide == 2:
                    pixels[at] = bits
                    at += 1
            self._touch(page + part, x, x + _CELL * wide)

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
                self._buffer[1:1 + count] = memoryview(self._pixels)[page * _WIDTH + start:page * _WIDTH + start + count]
                self._send(self._select)
                self._send(memoryview(self._buffer)[:1 + count])

    def _send(self, data):
        try:
            self._i2c.writeto(self._address, data)
        except OSError:
            self.errors += 1
            self._silent_rounds = _RETRY_ROUNDS
            self.busy = True
