"""Boards as data: reads <name>/board.py of boards/, which an installed package carries.
EVENPULSE_BOARDS names another folder.
"""

import os
from pathlib import Path

from evenpulse_ground import board_file

from evenpulse.base.errors import BadUsage, Problem

# The largest flash an RP2040 takes
FLASH_BYTES_MAX = 16 * 1024 * 1024
# The board whose limits count where none is named
DEFAULT = "nmes2"


def folder() -> Path:
    """Where the boards are: EVENPULSE_BOARDS, or boards/: in a checkout a link leads there."""
    return Path(
        os.environ.get("EVENPULSE_BOARDS") or (Path(__file__).parents[1] / "_boards").resolve()
    )


def names() -> list[str]:
    """Names of every board there is."""
    return board_file.names(folder())


def load(name: str) -> dict:
    """The public names of a board's board.py; raises BadUsage for a board that is not there or
    that no device would start with.
    """
    try:
        return board_file.load(folder(), name)
    except Problem as no:
        raise BadUsage(no.what, tried=no.tried, seen=no.seen, do_next=no.do_next) from no
