"""Boards as data: reads boards/<name>/board.py of this checkout. EVENPULSE_BOARDS names another folder."""

import os
from pathlib import Path

from evenpulse.errors import BadUsage


DEFAULT = "nmes2"  # whose limits count where no board is named


def folder() -> Path:
    """Where the boards are: EVENPULSE_BOARDS, or boards/ beside host_tools/ and firmware/."""
    return Path(os.environ.get("EVENPULSE_BOARDS") or Path(__file__).resolve().parents[2] / "boards")


def names() -> list[str]:
    """Names of every board there is."""
    return sorted(path.parent.name for path in folder().glob("*/board.py"))


def load(name: str) -> dict:
    """The public names of a board's board.py; raises BadUsage for a board that is not there or that no device would start with."""
    import difflib
    import runpy

    from stimcore import board_facts
    from stimcore.errors import Refused

    known = names()
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        raise BadUsage(
            f"there is no board {name!r}",
            tried=str(folder()),
            seen=", ".join(known) or "no board at all",
            do_next=f"use {close[0]!r}?"
            if close
            else "use one of these, or set EVENPULSE_BOARDS to their folder",
        )
    board = {
        key: value
        for key, value in runpy.run_path(str(folder() / name / "board.py")).items()
        if key.isupper()
    }
    try:
        board_facts.check(board)
    except Refused as no:
        raise BadUsage(
            f"board {name!r} is not safe to use: {no.field} = {no.value}",
            tried=str(folder() / name / "board.py"),
            seen=f"limit {no.limit} ({no.source})",
            do_next=no.advice,
        ) from no
    return board
