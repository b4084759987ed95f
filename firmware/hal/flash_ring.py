"""Raw flash by offset from the chip's start: read, program, erase. Erase stops the CPU: only while
disarmed.

Programming can only clear bits: a page is sent with 0xFF around the new bytes, so what stands there
stays.
"""

import rp2
from micropython import const

SECTOR_BYTES = const(4_096)
_PAGE_BYTES = const(256)
_ERASED_PAGE = b"\xff" * _PAGE_BYTES
# Where rp2.Flash() starts on this board definition
_STORAGE_BASE = const(0x100000)

# Pages written since power-on: each stops CPU and interrupts for up to 3 ms
writes = [0]
# Called before and after each erase, which stops both for up to 400 ms: whoever has a watchdog says
# here how it waits
around_erase = [lambda: None]


class FlashArea:
    """`size` bytes at `offset`, both whole sectors. Offsets below are inside the area."""

    def __init__(self, offset, size):
        self._flash = rp2.Flash(start=offset - _STORAGE_BASE, len=size)
        self._page = bytearray(_PAGE_BYTES)
        self.size = size

    def read(self, offset, n):
        """n bytes at offset."""
        data = bytearray(n)
        self._flash.readblocks(offset // SECTOR_BYTES, data, offset % SECTOR_BYTES)
        return bytes(data)

    def program(self, offset, data):
        """Write data over erased bytes, page by page."""
        done = 0
        while done < len(data):
            at = (offset + done) % _PAGE_BYTES
            n = min(_PAGE_BYTES - at, len(data) - done)
            self._page[:] = _ERASED_PAGE
            self._page[at : at + n] = data[done : done + n]
            page = offset + done - at
            self._flash.writeblocks(page // SECTOR_BYTES, self._page, page % SECTOR_BYTES)
            writes[0] += 1
            done += n

    def erase(self, offset):
        """Erase the sector at offset."""
        around_erase[0]()
        self._flash.ioctl(6, offset // SECTOR_BYTES)
        around_erase[0]()
