"""Sets up what Evenpulse is built and tested with, and finds it again.

`make` calls it. Standard library only, because it runs before any venv. The three functions below find what
was built and never build: they raise ToolchainError, which names the command to run.
"""

from pathlib import Path

from .errors import ToolchainError

__all__ = ["ToolchainError", "firmware_dir", "micropython_unix", "mpy_cross"]


def firmware_dir(board: str, dev: bool = False) -> Path:
    """The folder with firmware.uf2, .bin and .elf of this checkout's firmware for boards/<board>; `dev`: its development build."""
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
