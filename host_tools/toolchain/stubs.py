"""What mypy knows of the board's modules: the published stubs of MicroPython 1.25 for the RP2040,
where wrong set right.

They take the place of CPython's own library, so they lie in a folder that only the check of
firmware/ sees.
"""

import shutil
from pathlib import Path

from . import cache
from .cache import Artefact
from .errors import ToolchainError
from .made_from import CHECKOUT
from .venv import site_packages

LOCK = CHECKOUT / "requirements-stubs.lock"

_VIPER_POINTERS = """

class uint(int): ...

class ptr8:
    def __init__(self, source: object) -> None: ...
    def __int__(self) -> int: ...
    def __getitem__(self, at: int) -> int: ...
    def __setitem__(self, at: int, value: int) -> None: ...

class ptr16(ptr8): ...
class ptr32(ptr8): ...
"""
_FLASH = "    def __init__(self) -> None: ...\n"
_DMA = "class DMA:\n"
_PIO_TRIGGERS = "_IRQ_TRIGGERS: TypeAlias = Literal[256, 512, 1024, 2048]"
_MERGED = "@overload  # force merge\ndef "
_I2C = "def __init__(self, id: ID_T, /, *, scl: PinLike, sda: PinLike, freq: int = 400_000"
_IMPLEMENTATION = "class _mp_implementation"

# [(stub file, what it says, what MicroPython 1.25 does)]; the firmware is right, each stub leaves
# something out
_CORRECTIONS = (
    # rp2_flash.c
    (
        "rp2/__init__.pyi",
        _FLASH,
        "    def __init__(self, *, start: int = -1, len: int = -1) -> None: ...\n",
    ),
    # rp2_dma.c, rp2_dma_attr
    ("rp2/__init__.pyi", _DMA, _DMA + "    channel: int\n"),
    # rp2_pio.c: any of the four, joined by |
    ("rp2/__init__.pyi", _PIO_TRIGGERS, "_IRQ_TRIGGERS: TypeAlias = int"),
    # ports/rp2/machine_i2c.c
    ("machine.pyi", _I2C, _I2C + ", timeout: int = 50_000"),
    (
        "_mpy_shed/mp_implementation.py",
        _IMPLEMENTATION + "():",
        _IMPLEMENTATION + "(Tuple[str, Tuple[int, int, int, str], str, int]):",
    ),
    # One definition each: overloads want two, and what they decorate goes unchecked
    ("micropython.pyi", _MERGED, "def "),
)


def artefact() -> Artefact:
    """The folder to give to mypy as its typeshed and its path."""
    inputs = {"lock": cache.file_hash(LOCK), "corrections": [*_CORRECTIONS, _VIPER_POINTERS]}
    return Artefact("stubs", inputs, _correct, "venv")


def _correct(finished: Path) -> None:
    shutil.copytree(site_packages(LOCK).get() / "site", finished, dirs_exist_ok=True)
    for name, was, now in _CORRECTIONS:
        file = finished / name
        text = file.read_text()
        if was not in text:
            raise ToolchainError(
                f"stubs: {name} does not say {was!r} any more; see _CORRECTIONS in {__file__}"
            )
        file.write_text(text.replace(was, now))
    with open(finished / "stdlib" / "builtins.pyi", "a") as builtins:
        builtins.write(_VIPER_POINTERS)
