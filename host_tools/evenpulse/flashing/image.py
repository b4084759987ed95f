"""A firmware file: a UF2 that is whole, for an RP2040, with a seal that says which board and
version it is.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from evenpulse_ground.uf2 import (
    BLOCK_BYTES,
    DEV_MARK,
    FAMILY_RP2040,
    FLASH_BASE,
    FLASH_BYTES,
    HAS_FAMILY,
    NAME_BYTES,
    PAYLOAD_BYTES,
    SEAL_BYTES,
    SEAL_MARK,
    read_block,
)

from evenpulse.base import boards, firmware_files
from evenpulse.base.errors import Problem
from evenpulse.base.files import read_bounded

_BUILD = "build it again: make firmware BOARD=NAME"
_NAMES_AT = SEAL_BYTES - 2 * NAME_BYTES - 4


@dataclass(frozen=True)
class Image:
    """`data` is the UF2 file; `sha256` that of the program in it, as the device tells it."""

    path: Path
    data: bytes
    board: str
    version: str
    sha256: str

    @property
    def dev(self) -> bool:
        """A development build."""
        return self.version.endswith(DEV_MARK)


def built(board: str) -> Path:
    """The UF2 of the firmware for a board; Problem with what gives one."""
    return firmware_files.folder(board) / "firmware.uf2"


def load(path: Path) -> Image:
    """Read and check a UF2 file; raises Problem for one that is not whole, not for this chip, or
    has no seal.
    """
    data = read_bounded(path, 2 * boards.FLASH_BYTES_MAX, do_next=_BUILD)
    pages = _pages(path, data)
    at, seal = _seal(path, pages)
    length, crc = struct.unpack_from("<II", seal, len(SEAL_MARK))
    program = b"".join(pages.get(start, b"") for start in range(0, length, PAYLOAD_BYTES))[:length]
    digest = seal[16:48]
    if (
        len(program) != length
        or zlib.crc32(program) != crc
        or hashlib.sha256(program).digest() != digest
    ):
        raise _bad(
            path, "its program is not the one that was sealed", "a part is missing or was changed"
        )
    beyond = [start for start in pages if start > at]
    if beyond:
        raise _bad(
            path,
            f"it writes to 0x{FLASH_BASE + beyond[0]:08x}, where the device keeps what it stores",
            f"its seal is at 0x{FLASH_BASE + at:08x}",
        )
    board, version = (
        seal[start : start + NAME_BYTES].rstrip(b"\0").decode("ascii", "replace")
        for start in (_NAMES_AT, _NAMES_AT + NAME_BYTES)
    )
    return Image(path, data, board, version, digest.hex())


def _pages(path: Path, data: bytes) -> dict[int, bytes]:
    """{offset in flash: 256 bytes} of every block."""
    if not data or len(data) % BLOCK_BYTES:
        raise _bad(
            path, "it is not a whole UF2 file", f"{len(data)} bytes; blocks have {BLOCK_BYTES}"
        )
    pages: dict[int, bytes] = {}
    count = len(data) // BLOCK_BYTES
    for number in range(count):
        block = read_block(data[number * BLOCK_BYTES : (number + 1) * BLOCK_BYTES])
        if block is None:
            raise _bad(path, f"block {number} is no UF2 block", "its magic numbers are wrong")
        if not block.flags & HAS_FAMILY or block.family != FAMILY_RP2040:
            raise _bad(
                path,
                "it is not for an RP2040",
                f"family 0x{block.family:08x}, an RP2040's is 0x{FAMILY_RP2040:08x}",
            )
        if (block.number, block.total) != (number, count):
            raise _bad(
                path,
                "it is not whole",
                f"block {number} of {count} says that it is {block.number} of {block.total}",
            )
        offset = block.address - FLASH_BASE
        if (
            block.length != PAYLOAD_BYTES
            or offset % PAYLOAD_BYTES
            or not 0 <= offset <= FLASH_BYTES - PAYLOAD_BYTES
            or offset in pages
        ):
            raise _bad(
                path,
                f"block {number} does not fit into flash",
                f"{block.length} bytes for address 0x{block.address:08x}",
            )
        pages[offset] = block.payload
    return pages


def _seal(path: Path, pages: dict[int, bytes]) -> tuple[int, bytes]:
    """(offset, bytes) of the one seal."""
    for offset, page in pages.items():
        seal = page[:SEAL_BYTES]
        if seal.startswith(SEAL_MARK) and zlib.crc32(seal[:-4]) == int.from_bytes(
            seal[-4:], "little"
        ):
            return offset, seal
    raise _bad(
        path,
        "it does not say which board it was built for",
        "it has no sound seal: not Evenpulse firmware, older than this tool, or damaged",
    )


def _bad(path: Path, what: str, seen: str) -> Problem:
    return Problem(f"{path} is not firmware to flash: {what}", seen=seen, do_next=_BUILD)
