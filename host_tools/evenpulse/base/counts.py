"""Whole numbers as options of `python -m evenpulse.…`: one that means nothing is refused before any
work.
"""

import argparse
from collections.abc import Callable

_DIGITS_MAX = 12


def whole(least: int = 1, most: int = 1_000_000) -> Callable[[str], int]:
    """For argparse's `type`: a number from `least` to `most`."""

    def _whole(text: str) -> int:
        digits = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
        if not digits or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(
                f"{text[:40]!r} is not a whole number from {least} to {most}"
            )
        return int(text)

    return _whole
