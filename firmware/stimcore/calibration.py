"""Amplitude calibration: gain and offset that make a channel's current source deliver what is asked
for. Integers only.

It corrects tolerances of parts. It never makes current out of a request for none, and the driver's
ceiling stands above it.
"""

from stimcore import limits
from stimcore.errors import Refused

FIELDS = ("channel", "gain_permyriad", "offset_ua")
# Plus or minus 10 %
GAIN_PERMYRIAD_MAX = 1_000
# One amplitude step
OFFSET_UA_MAX = 1_000

_HARD = "compiled range of this product"
_FORMAT = "calibration format"
_REPAIR = "look for the fault in the output stage: calibration is for tolerances"


def corrected_ua(ua, gain_permyriad, offset_ua):
    """What to set for `ua` (0 to 100 000) to come out, rounded down: 0 for 0, never below 0.
    Stays below 2^30.
    """
    if ua <= 0:
        return 0
    ua += ua * gain_permyriad // 10_000 + offset_ua
    return ua if ua > 0 else 0


def check(value, board):
    """Refuse a calibration {channel, gain_permyriad, offset_ua} that is not whole numbers in
    range on this board.
    """
    if not isinstance(value, dict):
        raise Refused("calibration", value, "a table", _FORMAT, "give " + ", ".join(FIELDS))
    for key in value:
        if key not in FIELDS:
            raise Refused(
                str(key),
                "unknown key",
                "one of " + ", ".join(FIELDS),
                _FORMAT,
                "correct or remove it",
            )
    _check_range(
        "channel",
        value,
        1,
        board["CHANNELS"],
        "",
        "board " + board["NAME"],
        "choose one of its channels",
    )
    _check_range(
        "gain_permyriad",
        value,
        -GAIN_PERMYRIAD_MAX,
        GAIN_PERMYRIAD_MAX,
        " of 0.01 %",
        _HARD,
        _REPAIR,
    )
    _check_range("offset_ua", value, -OFFSET_UA_MAX, OFFSET_UA_MAX, " uA", _HARD, _REPAIR)


def check_table(rows, board):
    """Refuse what is not one pair (gain_permyriad, offset_ua) for each channel of this board, in
    range.
    """
    if not _are_pairs(rows) or len(rows) != board["CHANNELS"]:
        raise Refused(
            "calibration",
            rows,
            "%d pairs of gain and offset" % board["CHANNELS"],
            _FORMAT,
            "calibrate again",
        )
    for row in told(rows):
        check(row, board)


def told(rows):
    """Pairs of gain and offset as host and journal see them: a table with names and units for
    each channel.
    """
    return [
        {"channel": i + 1, "gain_permyriad": rows[i][0], "offset_ua": rows[i][1]}
        for i in range(len(rows))
    ]


def _are_pairs(rows):
    return isinstance(rows, (list, tuple)) and all(
        isinstance(row, (list, tuple)) and len(row) == 2 for row in rows
    )


def _check_range(field, table, low, high, unit, source, advice):
    value = table.get(field, "missing")
    if not limits.is_whole(value) or not low <= value <= high:
        raise Refused(field, value, "%d to %d%s" % (low, high, unit), source, advice)
