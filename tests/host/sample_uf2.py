"""Small UF2 files of a program that is none, written from the UF2 format and the seal's
description, without our codec.
"""

import hashlib
import struct
import zlib
from pathlib import Path

BASE, SEAL_AT, RP2040 = 0x10000000, 0xFFF00, 0xE48BFF56
PROGRAM = bytes(range(256)) * 3 + b"the end"


def digest(program: bytes = PROGRAM) -> str:
    return hashlib.sha256(program).hexdigest()


def seal(program: bytes = PROGRAM, board: str = "nmes2", version: str = "0.1.9") -> bytes:
    told = (
        b"EVSEAL01"
        + struct.pack("<II", len(program), zlib.crc32(program))
        + hashlib.sha256(program).digest()
    )
    told += board.encode().ljust(16, b"\0") + version.encode().ljust(16, b"\0")
    return told + struct.pack("<I", zlib.crc32(told))


def uf2(*parts: tuple[int, bytes], family: int = RP2040, base: int = BASE) -> bytes:
    pages = [
        (base + at + k, part[k : k + 256]) for at, part in parts for k in range(0, len(part), 256)
    ]
    return b"".join(
        struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, address, 256, number, len(pages), family)
        + page.ljust(476, b"\0")
        + struct.pack("<I", 0x0AB16F30)
        for number, (address, page) in enumerate(pages)
    )


def good(board: str = "nmes2", version: str = "0.1.9") -> bytes:
    return uf2((0, PROGRAM), (SEAL_AT, seal(board=board, version=version)))


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
