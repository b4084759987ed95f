"""A terminal's keys, one by one as they are typed, and the terminal as it was before when that
is over.
"""

import os
import select
import sys
import termios
import tty
from typing import Any

from evenpulse.base.errors import BadUsage

_NAMES = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\r": "enter",
    "\n": "enter",
    " ": "space",
}
_ESCAPE, _SEQUENCE_CHARS = "\x1b", 3


class Keys:
    """Keys of the terminal on standard input while entered. Ctrl-C stays an interruption."""

    def __init__(self) -> None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise BadUsage(
                "this view needs a terminal for its keys and its picture",
                seen="standard input or output is a file or a pipe",
                do_next=(
                    "run it in a terminal; without one: evenpulse twin serve --tcp PORT "
                    "--buttons, or evenpulse twin run"
                ),
            )
        self._fd = sys.stdin.fileno()
        self._text = ""

    def __enter__(self) -> "Keys":
        self._before = termios.tcgetattr(self._fd)
        tty.setcbreak(self._fd)
        return self

    def __exit__(self, *_exc: Any) -> None:
        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def read(self, timeout_s: float = 0.0) -> list[str]:
        """Names of the keys typed since the last time: up, down, enter, space, or the character;
        waits for the first so long.
        """
        if select.select([self._fd], [], [], timeout_s)[0]:
            data = os.read(self._fd, 1024)
            # The terminal is gone
            if not data:
                raise KeyboardInterrupt
            self._text += data.decode(errors="replace")
        keys = []
        while self._text:
            length = (
                _SEQUENCE_CHARS if self._text[0] == _ESCAPE and self._text[1:2] in ("[", "O") else 1
            )
            if len(self._text) < length:
                # The rest of a sequence comes with the next read
                break
            key, self._text = self._text[:length], self._text[length:]
            keys.append(_NAMES.get(key, key))
        return keys
