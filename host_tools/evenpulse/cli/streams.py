"""Standard output and error as they are found: of any encoding, closed, or on a full disk."""

import codecs
import contextlib
import errno
import io
import os
import sys
from typing import TextIO

# What tables and units use; anything else that an encoding lacks is spelled \uXXXX, so that nothing
# is lost.
_PLAIN = {
    "µ": "u", "μ": "u", "Ω": "ohm", "°": " deg ", "…": "...", "–": "-", "—": "-", "−": "-",
    "×": "x",
    "±": "+/-", "≤": "<=", "≥": ">=", "→": "->", "·": ".", "²": "2", "│": "|", "─": "-",
}  # fmt: skip
_HANDLER = "evenpulse.plain"


def prepare() -> None:
    """Let no character, and no stream that is not there, end a command in its middle."""
    codecs.register_error(_HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)
    # Closed by whoever started us: data has nowhere to go, which is an error; notes may be lost.
    sys.stdout = sys.stdout or _Closed()
    sys.stderr = sys.stderr or _nowhere()


def flush() -> None:
    """Everything printed so far; raises OSError where it cannot be written."""
    sys.stdout.flush()


def give_up() -> None:
    """Nothing more can be written to standard output: let Python's own last flush find nothing
    to complain of.
    """
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    plain = "".join(
        _PLAIN.get(char) or char.encode("ascii", "backslashreplace").decode() for char in text
    )
    return plain, error.end


def _nowhere() -> TextIO:
    return open(os.devnull, "w")


class _Closed(io.TextIOBase):
    """A standard output that is not there."""

    encoding = "utf-8"

    def write(self, _text: str) -> int:
        raise OSError(errno.EBADF, "standard output is closed")
