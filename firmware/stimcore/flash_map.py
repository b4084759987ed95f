"""Where a board's storage lies in flash: checked before anything is built on it."""

from stimcore import limits
from stimcore.errors import Refused

_ADVICE = "correct board.py"
_SECTOR_BYTES = 4_096
# The last page before flash storage begins
_SEAL_OFFSET = 0xFFF00
# Storage begins with 512 kB of filesystem
_RAW_OFFSET = 0x180000
# (name of an area, sectors at least)
AREAS = (("PRESCRIPTION", 2), ("KEYS", 2), ("COUNTER", 2), ("CALIBRATION", 2), ("JOURNAL", 8))


def check(board):
    """Raw areas lie behind program and filesystem, whole sectors each, apart, and inside the
    flash.
    """
    if board.get("SEAL_OFFSET") != _SEAL_OFFSET:
        raise Refused(
            "SEAL_OFFSET",
            board.get("SEAL_OFFSET", "missing"),
            "%#x" % _SEAL_OFFSET,
            "last page before the flash storage",
            _ADVICE,
        )
    areas = []
    for name, sectors in AREAS:
        for what, low in (("_OFFSET", _RAW_OFFSET), ("_BYTES", sectors * _SECTOR_BYTES)):
            value = board.get(name + what, "missing")
            if not limits.is_whole(value) or value < low or value % _SECTOR_BYTES:
                raise Refused(
                    name + what,
                    value,
                    "%#x or more, whole sectors of %d" % (low, _SECTOR_BYTES),
                    "behind program and filesystem"
                    if what == "_OFFSET"
                    else "at least %d sectors" % sectors,
                    _ADVICE,
                )
        areas.append((board[name + "_OFFSET"], name))
    areas.sort()
    for (start, name), (following, other) in zip(
        areas, areas[1:] + [(board["FLASH_BYTES"], "the end of flash")]
    ):
        end = start + board[name + "_BYTES"]
        if end > following:
            raise Refused(
                name + "_BYTES",
                board[name + "_BYTES"],
                "at most %d" % max(0, following - start),
                "%s begins at %#x" % (other, following),
                "move or shorten one of them",
            )
