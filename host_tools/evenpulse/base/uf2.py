"""Wraps a flash image in UF2 blocks, the format that the RP2040's USB boot loader takes, and seals
it.

The builds need it before there is any package: standard library only, nothing of evenpulse.
"""

import hashlib
import struct
import zlib

FLASH_BASE = 0x10000000
FLASH_BYTES = 2 * 1024 * 1024
# Ends the version of a development build.
DEV_MARK = "+dev"
FAMILY_RP2040 = 0xE48BFF56
PAYLOAD_BYTES = 256
SEAL_MARK = b"EVSEAL01"
NAME_BYTES = 16
SEAL_BYTES = len(SEAL_MARK) + 8 + 32 + 2 * NAME_BYTES + 4

_MAGIC = struct.pack("<II", 0x0A324655, 0x9E5D5157)
_MAGIC_END = struct.pack("<I", 0x0AB16F30)
_FLAG_FAMILY_ID = 0x2000
_DATA_FIELD_BYTES = 476


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
    header = struct.pack(
        "<IIIIII", _FLAG_FAMILY_ID, address, PAYLOAD_BYTES, number, count, FAMILY_RP2040
    )
    return _MAGIC + header + chunk.ljust(_DATA_FIELD_BYTES, b"\0") + _MAGIC_END
