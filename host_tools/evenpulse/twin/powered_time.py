"""A chip's own time goes on by hours in no time of the world's: in parts that firmware cannot take
for a step back.

Ticks of µs wrap. A round that measures how long it takes while half their period goes by would seem
to have ended before it began, and be slept on for minutes.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evenpulse.emulator.chip import Chip

# Some rounds
APART_MS = 50
_TICKS_US = 1 << 30


def parts_us(minutes: float) -> tuple[int, int, int]:
    """A time in parts, none of them half a period of the ticks or more."""
    us = round(minutes * 60e6)
    part_us = us % _TICKS_US // 3
    return part_us, part_us, us - 2 * part_us


def add(chip: "Chip", us: int) -> None:
    """So much more on the timer."""
    chip.rp2040.timer._epoch_nanos -= us * 1_000
    chip.loop.timer_was_reset()
