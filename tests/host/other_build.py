"""Firmware that differs from this checkout's in its version alone: patched in the built image,
sealed anew.
"""

from pathlib import Path

from toolchain.made_from import version
from evenpulse_ground.uf2 import seal, uf2_from_parts

# Where nmes2 has its seal
SEAL_OFFSET = 0xFFF00


def with_version(built: Path, new: str, path: Path, board: str = "nmes2") -> Path:
    """`built`: the folder of firmware.bin; `new` is as long as the old version. Writes the UF2."""
    image = (built / "firmware.bin").read_bytes()
    old = version().encode() + b"\0"
    assert image.count(old) == 1 and len(new) == len(version())
    image = image.replace(old, new.encode() + b"\0")
    path.write_bytes(uf2_from_parts((0, image), (SEAL_OFFSET, seal(image, board, new))))
    return path
