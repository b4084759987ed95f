"""A flash image of the twin, filled from a UF2 file as the boot ROM would."""

import functools
from pathlib import Path

from evenpulse_ground import uf2

from evenpulse.base import boards
from evenpulse.base.errors import Problem
from evenpulse.base.files import read_bounded


def flash_uf2(path: Path, image: bytearray) -> None:
    """Put a UF2 file into a flash image that begins at 0x10000000."""
    path = Path(path)
    found = path.stat() if path.exists() else None
    for offset, payload in _uf2_blocks(path, found and (found.st_mtime_ns, found.st_size)):
        image[offset : offset + len(payload)] = payload


@functools.lru_cache(maxsize=4)
def _uf2_blocks(path: Path, _written: tuple[int, int] | None) -> list[tuple[int, bytes]]:
    """(offset in flash, what belongs there); a file is read again only when it was written to."""
    data = read_bounded(path, 2 * boards.FLASH_BYTES_MAX, do_next="make firmware")
    blocks = [
        uf2.read_block(data[start : start + uf2.BLOCK_BYTES])
        for start in range(0, len(data), uf2.BLOCK_BYTES)
    ]
    sound = [block for block in blocks if block]
    if not sound or len(sound) < len(blocks):
        raise Problem(
            f"{path} is not a UF2 file",
            seen=f"{len(data)} bytes, {len(sound)} sound blocks of {uf2.BLOCK_BYTES}",
            do_next="make firmware",
        )
    return [(block.address - uf2.FLASH_BASE, block.payload) for block in sound]
