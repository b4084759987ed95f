"""The numbers of a board that safety rests on, checked before anything is built on them.

A board may only tighten what is compiled in; a number that is none would compare as neither above nor below.
"""

from stimcore import limits
from stimcore.errors import Refused

_ADVICE = "correct board.py"
_MADE_FOR = "what this firmware's arithmetic is made for"

# (name, lowest, highest, source), both ends included
NUMBERS = (
    ("CHANNELS", 1, 2, "output stages that this firmware drives"),
    ("MAX_UA", limits.STEP_UA_MAX) + limits.RANGES["amplitude_ua"][1:],
    ("FULL_SCALE_UA", limits.STEP_UA_MAX, 1_000_000, _MADE_FOR),
    ("DEAD_TIME_US", 1) + limits.RANGES["gap_us"][1:],
    ("SMALLEST_ELECTRODE_MM2",) + limits.RANGES["electrode_mm2"],
    ("SENSE_NV_PER_UA", 1, 1_000_000, _MADE_FOR),
    ("SUPPLY_MIN_MV", 1, 100_000, _MADE_FOR),
    ("SUPPLY_MAX_MV", 1, 100_000, _MADE_FOR),
)
SWITCHES = ("SINGLE_CURRENT_SOURCE", "USB_ISOLATED")
# (name, not below this one, why)
ORDER = (
    ("FULL_SCALE_UA", "MAX_UA", "a set point has as many steps as full scale"),
    ("SUPPLY_MAX_MV", "SUPPLY_MIN_MV", "a window has two ends"),
)


def check(board):
    """Refuse a board (its file's names as a dict) whose facts are missing, no numbers, or wider than what is compiled in."""
    for name, low, high, source in NUMBERS:
        value = board.get(name, "missing")
        if not limits.is_whole(value) or not low <= value <= high:
            raise Refused(name, value, "%d to %d" % (low, high), source, _ADVICE)
    for name in SWITCHES:
        value = board.get(name, "missing")
        if not isinstance(value, bool):
            raise Refused(name, value, "True or False", "board format", _ADVICE)
    for name, least, why in ORDER:
        if board[name] < board[least]:
            raise Refused(name, board[name], "at least %s = %d" % (least, board[least]), why, _ADVICE)
