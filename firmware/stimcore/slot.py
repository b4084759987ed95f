"""A flash slot: 4 bytes that say whose it is, length (u32), generation (u32), CRC-32 of text and
generation, then the text.
"""

import binascii
import struct

_HEAD = "<4sIII"
HEAD_BYTES = 16


def head(magic, text, generation):
    """Head of a slot that holds `text` (bytes)."""
    return struct.pack(_HEAD, magic, len(text), generation, binascii.crc32(text, generation))


def parse(read, magic, bytes_max):
    """(generation, text) of the slot that `read(offset, n)` reads, or (0, None) when it is not a
    whole one of this magic.
    """
    whose, length, generation, crc = struct.unpack(_HEAD, read(0, HEAD_BYTES))
    if whose != magic or length > bytes_max:
        return 0, None
    text = read(HEAD_BYTES, length)
    if binascii.crc32(text, generation) != crc:
        return 0, None
    return generation, text
