"""USB: the byte stream of the link."""

import sys

import select
from micropython import const

# Bytes a round: a flood cannot hold up the supervisor
_READ_MAX = const(256)


class Usb:
    """`read_into(line, limit)` appends what has come, at most up to a newline; `write(data)`."""

    def __init__(self):
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer

    def read_into(self, line, limit):
        """Append received bytes to bytearray `line` up to and with a newline. True when a line is
        whole.

        Beyond `limit` bytes only the last one is kept, so that a flood costs no memory and its
        newline is still found.
        """
        for _ in range(_READ_MAX):
            if not self._poll.poll(0):
                return False
            byte = self._in.read(1)
            if len(line) > limit:
                line[-1] = byte[0]
            else:
                line.extend(byte)
            if byte == b"\n":
                return True
        return False

    def write(self, data):
        """Send bytes."""
        self._out.write(data)
