"""The program's own check sum: the build writes length, CRC-32 and SHA-256 behind it; the device
counts again at power-on. And what lies in RAM of the program, held against its image in flash.
"""

from binascii import crc32, hexlify
from struct import unpack
from uctypes import bytearray_at

from micropython import const

_FLASH = const(0x10000000)
_MARK = b"EVSEAL01"
_PIECE = const(0x4000)
# What the linker script (boards/mpconfigboard.cmake) puts behind the vectors: where code and
# constants start in RAM, where their image is, how many bytes
_IN_RAM = const(0x100001D4)
_RAM = const(0x20000000)
_RAM_BYTES = const(0x42000)


class Seal:
    """`offset`: the board's SEAL_OFFSET. `length` is 0 where no seal is found."""

    def __init__(self, offset):
        seal = bytes(bytearray_at(_FLASH + offset, 48))
        self.length = int.from_bytes(seal[8:12], "little") if seal[:8] == _MARK else 0
        self._crc = int.from_bytes(seal[12:16], "little")
        self.sha256 = hexlify(seal[16:48]).decode()
        if not 0 < self.length <= offset:
            self.length = 0

    def holds(self):
        """True when the program in flash is the one that was built. Some 0.1 s."""
        crc = 0
        for start in range(0, self.length, _PIECE):
            crc = crc32(bytearray_at(_FLASH + start, min(_PIECE, self.length - start)), crc)
        return bool(self.length) and crc == self._crc

    def in_ram(self):
        """How many bytes of code and constants lie in RAM just as in flash: all of them, or 0 when
        one differs. Some 3 ms.
        """
        start, image, count = unpack("<III", bytearray_at(_IN_RAM, 12))
        if not _RAM <= start <= start + count <= _RAM + _RAM_BYTES:
            return 0
        return count if bytearray_at(start, count) == bytearray_at(image, count) else 0
