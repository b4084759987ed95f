"""Where built firmware is: what this checkout built, or what an installed package carries.

EVENPULSE_FIRMWARE names another folder.
"""

import os
from pathlib import Path

from evenpulse.base.errors import Problem

_CARRIED = Path(__file__).parents[1] / "_firmware"


def folder(board: str) -> Path:
    """The folder with firmware.uf2 and firmware.elf for a board; Problem with what gives one."""
    if named := os.environ.get("EVENPULSE_FIRMWARE"):
        return Path(named)
    try:
        # Late: an installed package has no toolchain.
        from toolchain import ToolchainError, firmware_dir
    except ModuleNotFoundError:
        return _carried(board)
    try:
        return Path(firmware_dir(board))
    except ToolchainError as error:
        what = str(error).splitlines()[0]
        raise Problem(
            f"there is no firmware for board {board}",
            seen=what,
            do_next=f"make firmware BOARD={board}",
        ) from error


def _carried(board: str) -> Path:
    if not (_CARRIED / board / "firmware.uf2").is_file():
        raise Problem(
            f"this installation carries no firmware for board {board}",
            tried=str(_CARRIED),
            do_next=f"in a checkout: make firmware BOARD={board}, then set EVENPULSE_FIRMWARE to "
            f"its build/firmware/{board}; or install the package that make wheel makes",
        )
    return _CARRIED / board


def checkout_only(what: str) -> Problem:
    """The error of what needs the sources, in an installed package."""
    return Problem(
        f"{what} needs a checkout of the sources", do_next="run it there, after make demo"
    )
