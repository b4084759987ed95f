"""128 x 64 OLED (SSD1306) on I2C: draws what stimcore.panel says, one row or one page a round, so that no round waits for it.

A missing or broken display must never stop the device: its bus errors are counted, not raised.
"""

import framebuf
from machine import I2C, Pin
from micropython import const

_WIDTH = const(128)
_PAGES = const(8)
_CELL = const(8)
_TIMEOUT_US = const(8_000)  # a page takes 3 ms; a stuck bus must not outlast the dead-man
_RETRY_ROUNDS = const(200)
_INIT = bytes((
    0x00, 0xAE, 0xD5, 0x80, 0xA8, 0x3F, 0xD3, 0x00, 0x40, 0x8D, 0x14, 0x20, 0x02, 0xA1, 0xC8, 0xDA,
    0x12, 0x81, 0xCF, 0xD9, 0xF1, 0xDB, 0x40, 0xA4, 0xA6, 0xAF,
))


class Display:
    """`show(rows)` takes rows of (x, y, scale, text); `round()` draws a changed one or sends a changed page. Raises nothing."""

    def __init__(self, pins, bus, address):
        self._i2c = I2C(bus, sda=Pin(pins["OLED_SDA"][0]), scl=Pin(pins["OLED_SCL"][0]), freq=400_000, timeout=_TIMEOUT_US)
        self._address = address
        self._pixels = bytearray(_WIDTH * _PAGES)
        self._frame = framebuf.FrameBuffer(self._pixels, _WIDTH, 8 * _PAGES, framebuf.MONO_VLSB)
        self._page = bytearray(1 + _WIDTH)
        self._page[0] = 0x40  # data follows
        self._select = bytearray((0x00, 0xB0, 0x00, 0x10))
        self._cell = bytearray(_CELL)
        self._glyph = framebuf.FrameBuffer(self._cell, _CELL, _CELL, framebuf.MONO_VLSB)
        self._rows = ()
        self._undrawn = {}  # which row, and how many characters stand in its place
        self._dirty = 0
        self._silent_rounds = 0
        self.errors = 0
        self._send(_INIT)

    def show(self, rows):
        """Take what is to be seen: single rows change where the layout is the same, else everything."""
        if rows == self._rows:
            return
        if [r[:3] for r in rows] == [r[:3] for r in self._rows]:
            for i, row in enumerate(rows):
                if row != self._rows[i]:
                    self._undrawn.setdefault(i, len(self._rows[i][3]))
        else:
            self._frame.fill(0)
            self._dirty = 0xFF
            self._undrawn = {i: 0 for i in range(len(rows))}
        self._rows = rows

    def _draw(self, row, stood):
        """One row of text over the `stood` characters that stood there."""
        x, y, scale, text = row
        height = _CELL * scale
        self._frame.fill_rect(x, y, _CELL * scale * max(len(text), stood), height, 0)
        for page in range(y // 8, (y + height + 7) // 8):
            self._dirty |= 1 << page
        if scale == 1:
            self._frame.text(text, x, y)
        else:
            self._large(x, y, scale, text)

    def _large(self, x, y, scale, text):
        for i, char in enumerate(text):
            self._glyph.fill(0)
            self._glyph.text(char, 0, 0)
            for column in range(_CELL):
                bits = self._cell[column]
                for row in range(_CELL):
                    if bits >> row & 1:
                        self._frame.fill_rect(x + (i * _CELL + column) * scale, y + row * scale, scale, scale, 1)

    def round(self):
        """Draw one row or send one page, if any changed; after a bus error, wait and set the display up again."""
        if self._silent_rounds:
            self._silent_rounds -= 1
            if self._silent_rounds == 0:
                self._dirty = 0xFF
                self._send(_INIT)
            return
        if self._undrawn:
            i, stood = self._undrawn.popitem()
            self._draw(self._rows[i], stood)
            return
        if not self._dirty:
            return
        page = 0
        while not self._dirty >> page & 1:
            page += 1
        self._dirty &= ~(1 << page)
        self._select[1] = 0xB0 | page
        self._page[1:] = memoryview(self._pixels)[page * _WIDTH:(page + 1) * _WIDTH]
        self._send(self._select)
        self._send(self._page)

    def _send(self, data):
        try:
            self._i2c.writeto(self._address, data)
        except OSError:
            self.errors += 1
            self._silent_rounds = _RETRY_ROUNDS
