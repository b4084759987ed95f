"""Somebody at a terminal: a program under a pseudo-terminal, what it shows, and keys."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from hang import HANG_S


class Person:
    """Somebody at a terminal of 120 × 40, running a program in it."""

    def __init__(self, *command):
        self.fd, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.before = termios.tcgetattr(self.fd)
        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={
                **{k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")},
                "TERM": "xterm-256color",
            },
            # It does nothing that a thread could hold.
            preexec_fn=lambda: (  # noqa: PLW1509
                signal.signal(signal.SIGINT, signal.default_int_handler),
                fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),
            ),
        )
        os.close(theirs)
        self.text = ""

    def look(self, for_s=0.1):
        """Read what has come; the newest whole picture, without colours."""
        end_s = time.monotonic() + for_s
        while (
            time.monotonic() < end_s
            and select.select([self.fd], [], [], max(0, end_s - time.monotonic()))[0]
        ):
            try:
                self.text += os.read(self.fd, 65_536).decode(errors="replace")
            except OSError:
                break
        pictures = self.text.split("\x1b[H")
        return re.sub(
            r"\x1b\[[0-9;?]*[a-zA-Z]", "", pictures[-2] if len(pictures) > 2 else self.text
        )

    def until(self, seen, limit_s=HANG_S):
        """Look until something is seen."""
        end_s = time.monotonic() + limit_s
        while time.monotonic() < end_s:
            picture = self.look()
            if seen(picture):
                return picture
        raise AssertionError(f"not seen in {limit_s} s:\n{picture}")

    def reads(self, text, limit_s=HANG_S):
        """Everything that has come, without colours, once it holds a text."""
        end_s = time.monotonic() + limit_s
        while True:
            self.look()
            plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.text)
            if text in plain or time.monotonic() > end_s:
                assert text in plain, plain[-4_000:]
                return plain

    def close(self):
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def ends(self):
        """Its exit code, once everything it has written is read."""
        end_s = time.monotonic() + HANG_S
        while self.process.poll() is None and time.monotonic() < end_s:
            self.look()
        self.look()
        return self.process.wait(timeout=1)

    def attributes(self):
        return termios.tcgetattr(self.fd)
