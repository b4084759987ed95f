"""Wraps a flash image in UF2 blocks, the format that the RP2040's USB boot loader takes."""

import struct

FLASH_BASE = 0x10000000
FAMILY_RP2040 = 0xE48BFF56
PAYLOAD_BYTES = 256

_MAGIC = struct.pack("<II", 0x0A324655, 0x9E5D5157)
_MAGIC_END = struct.pack("<I", 0x0AB16F30)
_FLAG_FAMILY_ID = 0x2000
_DATA_FIELD_BYTES = 476


def uf2_from_bin(image: bytes, base: int = FLASH_BASE) -> bytes:
    """The UF2 file that writes `image` to flash from address `base` on."""
    chunks = [image[start : start + PAYLOAD_BYTES] for start in range(0, len(image), PAYLOAD_BYTES)]
    return b"".join(_block(chunk, base, number, len(chunks)) for number, chunk in enumerate(chunks))


def _block(chunk: bytes, base: int, number: int, count: int) -> bytes:
    header = struct.pack(
        "<IIIIII", _FLAG_FAMILY_ID, base + number * PAYLOAD_BYTES, PAYLOAD_BYTES, number, count, FAMILY_RP2040
    )
    return _MAGIC + header + chunk.ljust(_DATA_FIELD_BYTES, b"\0") + _MAGIC_END
