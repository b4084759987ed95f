"""Completion in real shells: bash and zsh at a pseudo-terminal, with what `evenpulse
--show-completion` prints, and the Tab key.
"""

import os
import pty
import select
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from hang import HANG_S

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "bind 'set bell-style none'"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -u -D; unsetopt beep"),
}


class Shell:
    """A shell in a folder, with completion switched on as its user would."""

    def __init__(self, name, folder):
        command, setup = SHELLS[name]
        if shutil.which(command[0]) is None:
            pytest.fail(
                f"{name} is not installed: run `make toolchain` (or apt-get install {name})"
            )
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            kept = {
                key: value
                for key, value in os.environ.items()
                if not key.startswith(("EVENPULSE", "_TYPER", "COMP_"))
            }
            os.execvpe(
                command[0],
                command,
                {**kept, "PATH": path, "TERM": "dumb", "HOME": str(folder), "COLUMNS": "120"},
            )
        self.type("PS1='> '\n")
        self.type(f'{setup}; eval "$(evenpulse --show-completion)"; echo se""t\n')
        self.until("set")

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, text):
        """What has come, once it holds a text; fails with what was seen instead."""
        seen, end_s = "", time.monotonic() + HANG_S
        while text not in seen and time.monotonic() < end_s:
            if select.select([self.fd], [], [], 0.2)[0]:
                seen += os.read(self.fd, 65_536).decode(errors="replace")
        assert text in seen, f"{text!r} was not seen, but: {seen!r}"
        return seen

    def completes(self, typed, whole):
        """One Tab turns what is typed into a whole line; then the line is taken back."""
        self.type(typed + "\t")
        try:
            self.until(whole)
        finally:
            # The next line begins anew, whatever became of this one
            self.type("\x15")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture(params=list(SHELLS), scope="module")
def shell(request, tmp_path_factory):
    """In a folder with a prescription, a flash image and an archive."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "pain.toml").touch()
    (folder / "flash.bin").touch()
    (folder / "journals").mkdir()
    (folder / "journals" / "E661640843.journal").touch()
    made = Shell(request.param, folder)
    yield made
    made.close()


LINES = [
    ("a command", "evenpulse tw", "evenpulse twin "),
    ("a command of a command", "evenpulse twin se", "evenpulse twin serve "),
    ("another", "evenpulse prescribe si", "evenpulse prescribe sign "),
    ("an option", "evenpulse monitor --inter", "evenpulse monitor --interval-ms "),
    ("a port", "evenpulse info --port tw", "evenpulse info --port twin"),
    ("a board", "evenpulse log list --board nm", "evenpulse log list --board nmes2"),
    ("a file to give", "evenpulse prescribe check pa", "evenpulse prescribe check pain.toml"),
    (
        "a file of an option",
        "evenpulse log list --image fl",
        "evenpulse log list --image flash.bin",
    ),
    (
        "an archive's folder",
        "evenpulse log list --archive jo",
        "evenpulse log list --archive journals/",
    ),
    (
        "a journal in it",
        "evenpulse report --archive journals/E6",
        "evenpulse report --archive journals/E661640843.journal",
    ),
]


@pytest.mark.parametrize(
    ("typed", "whole"), [row[1:] for row in LINES], ids=[row[0] for row in LINES]
)
def test_tab(shell, typed, whole):
    shell.completes(typed, whole)


def test_what_is_no_command_is_not_completed(shell):
    """Nothing is put in the place of a word that begins no command."""
    shell.type("echo evenpulse; evenpulse zz\t; echo do''ne\n")
    assert "evenpulse zz; " in shell.until("done").replace("zz ;", "zz;")
