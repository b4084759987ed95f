"""A twin served by the real command in a process of its own: its port, its buttons, its end."""

import re
import signal
import subprocess
import sys


# The command as it is installed
INSTALLED = (sys.executable, "-m", "evenpulse")


class ServedTwin:
    """`options` of `evenpulse twin serve`; use as a context. `tool`: the words that start it."""

    def __init__(self, *options, tool=INSTALLED):
        self._command = [
            *tool,
            "twin",
            "serve",
            "--tcp",
            "0",
            "--buttons",
            *map(str, options),
        ]

    def __enter__(self):
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self._process.stderr.readline()
        found = re.search(r"socket://\S+:\d+", line)
        assert found, line + self._process.communicate()[1]
        self.port = found.group()
        return self

    def __exit__(self, *_exc):
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate()

    def press(self, button, for_ms):
        self._process.stdin.write(f"{button} {for_ms}\n")
        self._process.stdin.flush()

    def answer_to(self, text):
        """The first line that it says to what is typed."""
        self._process.stdin.write(text)
        self._process.stdin.flush()
        return self._process.stderr.readline()

    def end(self):
        """Told to end, as by its operator; the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait()

    def kill(self):
        """As by a loss of power of the computer."""
        self._process.kill()
        self._process.wait()
