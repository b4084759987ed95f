"""Flash of devices on which a person has accepted a prescription, kept from run to run: what is
other in it than in a new device's, under a key of all that it comes from.
"""

import functools
import os
import zlib
from collections.abc import Callable
from pathlib import Path

from toolchain import cache, venv

_ROOT = Path(__file__).resolve().parents[2]
# What signs, offers and emulates; firmware comes by the name of its folder, which is a hash.
_SOURCES = (
    "host_tools/evenpulse/**/*.py",
    "host_tools/evenpulse/emulator/_*.[phx]*",
    "host_tools/evenpulse/twin/*.pem",
    "firmware/stimcore/*.py",
    "tests/twin/rig.py",
)


def of(inputs: dict, new: bytes, make: Callable[[], bytes]) -> bytes:
    """make(), or what it gave when all of this was the same; `new`: before anything happened to
    the device.
    """
    artefact = cache.Artefact(
        "flash",
        {**inputs, "sources": _sources(), "settings": _settings()},
        lambda finished: (finished / "flash.z").write_bytes(zlib.compress(_other(new, make()), 1)),
    )
    return _other(new, zlib.decompress((artefact.get() / "flash.z").read_bytes()))


@functools.cache
def _sources() -> str:
    files = {file for pattern in _SOURCES for file in _ROOT.glob(pattern)} | {venv.LOCK}
    return cache.digest(cache.file_hashes(_ROOT, files))


def _settings() -> dict[str, str]:
    """What the caller's environment may change in an emulated chip."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("EVENPULSE_") and name != "EVENPULSE_CACHE"
    }


def _other(one: bytes, other: bytes) -> bytes:
    """Each bit in which they differ: done twice, nothing has happened."""
    assert len(one) == len(other)
    both = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
    return both.to_bytes(len(one), "little")
