"""Sets up what Evenpulse is built and tested with, and finds it again.

`make` calls it. Standard library only, because it runs before any venv. The three functions below
find what was built and never build: they raise ToolchainError, which names the command to run.
"""

import sys
from pathlib import Path

# Before anything that an older Python cannot read: one line in place of a traceback.
if sys.version_info < (3, 11):  # noqa: UP036
    raise SystemExit(
        f"toolchain: {sys.executable} is Python {sys.version.split()[0]}; 3.11 or newer is needed: "
        "run make with PYTHON=/path/to/a/newer/python3"
    )

from .errors import ToolchainError

__all__ = ["ToolchainError", "firmware_dir", "micropython_unix", "mpy_cross"]


def firmware_dir(board: str, dev: bool = False) -> Path:
    """The folder with firmware.uf2, .bin and .elf of this checkout's firmware for
    boards/<board>; `dev`: its development build.
    """
    from . import firmware

    return firmware.artefact(board, dev).find()


def micropython_unix() -> Path:
    """The Unix port: 32-bit, as the RP2040 is, unless this computer cannot."""
    from . import native

    return native.unix_port().find() / "micropython"


def mpy_cross() -> Path:
    """The cross compiler of the MicroPython version that the firmware has."""
    from . import native

    return native.mpy_cross().find() / "mpy-cross"
