"""UF2, the format that the RP2040's USB boot loader takes: blocks written and read, and the seal by
which firmware is known.
"""

import hashlib
import struct
import zlib
from typing import NamedTuple

FLASH_BASE = 0x10000000
FLASH_BYTES = 2 * 1024 * 1024
# Ends the version of a development build.
DEV_MARK = "+dev"
FAMILY_RP2040 = 0xE48BFF56
PAYLOAD_BYTES = 256
SEAL_MARK = b"EVSEAL01"
NAME_BYTES = 16
SEAL_BYTES = len(SEAL_MARK) + 8 + 32 + 2 * NAME_BYTES + 4

BLOCK_BYTES = 512
HAS_FAMILY, NOT_MAIN_FLASH = 0x2000, 0x1
_MAGIC = struct.pack("<II", 0x0A324655, 0x9E5D5157)
_MAGIC_END = struct.pack("<I", 0x0AB16F30)
_HEADER = struct.Struct("<IIIIII")
_DATA_FIELD_BYTES = 476


class Block(NamedTuple):
    """What the 512 bytes of a block say; `address` in the chip's memory, `family` the chip that it
    is for where `flags` have HAS_FAMILY.
    """

    flags: int
    address: int
    length: int
    number: int
    total: int
    family: int
    payload: bytes


def read_block(block: bytes) -> Block | None:
    """A block read; None for what is none. Whether it fits is for who takes it to say."""
    if len(block) != BLOCK_BYTES or not block.startswith(_MAGIC) or not block.endswith(_MAGIC_END):
        return None
    flags, address, length, number, total, family = _HEADER.unpack_from(block, len(_MAGIC))
    begin = len(_MAGIC) + _HEADER.size
    payload = block[begin : begin + min(length, _DATA_FIELD_BYTES)]
    return Block(flags, address, length, number, total, family, payload)


def uf2_from_parts(*parts: tuple[int, bytes]) -> bytes:
    """The UF2 file that writes each (offset in flash, bytes); an offset is a multiple of 256."""
    chunks = [
        (FLASH_BASE + offset + start, part[start : start + PAYLOAD_BYTES])
        for offset, part in parts
        for start in range(0, len(part), PAYLOAD_BYTES)
    ]
    return b"".join(
        _block(address, chunk, number, len(chunks))
        for number, (address, chunk) in enumerate(chunks)
    )


def seal(image: bytes, board: str, version: str) -> bytes:
    """What the device finds its own program by at power-on: mark, length, CRC-32 and SHA-256; then
    for the host the board's name and the version, 16 bytes each, and the CRC-32 of all that.
    """
    names = [name.encode("ascii") for name in (board, version)]
    if any(len(name) > NAME_BYTES or not name for name in names):
        raise ValueError(
            f"board {board!r} and version {version!r}: 1 to {NAME_BYTES} ASCII characters each"
        )
    told = (
        SEAL_MARK
        + struct.pack("<II", len(image), zlib.crc32(image))
        + hashlib.sha256(image).digest()
        + b"".join(name.ljust(NAME_BYTES, b"\0") for name in names)
    )
    return told + struct.pack("<I", zlib.crc32(told))


def _block(address: int, chunk: bytes, number: int, count: int) -> bytes:
    header = _HEADER.pack(HAS_FAMILY, address, PAYLOAD_BYTES, number, count, FAMILY_RP2040)
    return _MAGIC + header + chunk.ljust(_DATA_FIELD_BYTES, b"\0") + _MAGIC_END
