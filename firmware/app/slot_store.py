"""A text in two flash slots, the prescription for one: the old one stays until the new one is
whole.

What a slot looks like is stimcore.slot's. Its head is written last.
"""

from stimcore import slot

_ERASED = b"\xff" * slot.HEAD_BYTES
_SECTOR_BYTES = 4_096


class SlotStore:
    """`area` is a flash area; each half of it is a slot. `text` is the newest whole text, or None.

    `magic`: 4 bytes of its own for each store. `damaged`: a slot was found that is neither whole
    nor empty.
    """

    def __init__(self, area, magic):
        self._area = area
        self._magic = magic
        self._slot_bytes = area.size // 2
        self.text = None
        self.damaged = False
        self._generation = 0
        self._slot = 1
        for number in (0, 1):
            generation, text = self._read(number)
            if text is None:
                self.damaged |= area.read(number * self._slot_bytes, slot.HEAD_BYTES) != _ERASED
            elif generation > self._generation:
                self._generation, self._slot, self.text = generation, number, text

    @property
    def bytes_max(self):
        return self._slot_bytes - slot.HEAD_BYTES

    def _read(self, number):
        at = number * self._slot_bytes
        return slot.parse(
            lambda offset, n: self._area.read(at + offset, n), self._magic, self.bytes_max
        )

    def save(self, text):
        """Keep `text` (bytes). True when it reads back whole; the old one is untouched until
        then.
        """
        number, generation = 1 - self._slot, self._generation + 1
        at = number * self._slot_bytes
        for offset in range(0, self._slot_bytes, _SECTOR_BYTES):
            self._area.erase(at + offset)
        self._area.program(at + slot.HEAD_BYTES, text)
        self._area.program(at, slot.head(self._magic, text, generation))
        if self._read(number) != (generation, text):
            return False
        self._slot, self._generation, self.text = number, generation, text
        return True
