"""A text in two flash slots, the prescription for one: the old one stays until the new one is whole.

A slot: 4 bytes that say whose it is, length (u32), generation (u32), CRC-32 of text and generation, then the text.
The head is written last.
"""

import binascii
import struct

_HEAD = "<4sIII"
_HEAD_BYTES = 16
_ERASED = b"\xff" * _HEAD_BYTES
_SECTOR_BYTES = 4_096


class SlotStore:
    """`area` is a flash area; each half of it is a slot. `text` is the newest whole text, or None.

    `magic`: 4 bytes of its own for each store. `damaged`: a slot was found that is neither whole nor empty.
    """

    def __init__(self, area, magic):
        self._area = area
        self._magic = magic
        self._slot_bytes = area.size // 2
        self.text = None
        self.damaged = False
        self._generation = 0
        self._slot = 1
        for slot in (0, 1):
            generation, text = self._read(slot)
            if text is None:
                self.damaged |= area.read(slot * self._slot_bytes, _HEAD_BYTES) != _ERASED
            elif generation > self._generation:
                self._generation, self._slot, self.text = generation, slot, text

    @property
    def bytes_max(self):
        return self._slot_bytes - _HEAD_BYTES

    def _read(self, slot):
        at = slot * self._slot_bytes
        magic, length, generation, crc = struct.unpack(_HEAD, self._area.read(at, _HEAD_BYTES))
        if magic != self._magic or length > self.bytes_max:
            return 0, None
        text = self._area.read(at + _HEAD_BYTES, length)
        if binascii.crc32(text, generation) != crc:
            return 0, None
        return generation, text

    def save(self, text):
        """Keep `text` (bytes). True when it reads back whole; the old one is untouched until then."""
        slot, generation = 1 - self._slot, self._generation + 1
        at = slot * self._slot_bytes
        for offset in range(0, self._slot_bytes, _SECTOR_BYTES):
            self._area.erase(at + offset)
        self._area.program(at + _HEAD_BYTES, text)
        self._area.program(at, struct.pack(_HEAD, self._magic, len(text), generation, binascii.crc32(text, generation)))
        if self._read(slot) != (generation, text):
            return False
        self._slot, self._generation, self.text = slot, generation, text
        return True
