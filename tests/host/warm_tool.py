"""The command `evenpulse` without a start of Python each time: a process that has read the tool
once makes a copy of itself for each command.

What a command is given (words, folder, environment, standard streams) and what it does is the
caller's, as always: it is a process of its own, and `main()` runs in it. Only the imports, half a
second of most commands, and what the emulator has translated are shared. `bin/evenpulse` hands a
command over and waits for its end; when it is ended, so is the command.
"""

import atexit
import contextlib
import io
import marshal
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path

# A path may have a blank in it, which a first line `#!` may not.
_COMMAND = """#!/bin/sh
exec {python} -ISB {client} "$@"
"""
_CLIENT = """
import _socket, array, marshal, os, sys
link = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
link.connect({address!r})
given = marshal.dumps((["evenpulse", *sys.argv[1:]], os.getcwd(), dict(os.environ)))
streams = _socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", [0, 1, 2])
link.sendmsg([len(given).to_bytes(8, "little")], [streams])
link.sendall(given)
os._exit(int(link.recv(16) or 70))
"""


class WarmTool:
    """`folder`/bin/evenpulse, which goes before the venv's in PATH; use as a context."""

    def __init__(self, folder: Path):
        self.bin, self._address = folder / "bin", str(folder / "tool")

    def __enter__(self):
        command = [sys.executable, __file__, self._address]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout.readline() == b"ready\n"
        self.bin.mkdir()
        client, file = self.bin / "client.py", self.bin / "evenpulse"
        client.write_text(_CLIENT.format(address=self._address))
        python, script = shlex.quote(sys.executable), shlex.quote(str(client))
        file.write_text(_COMMAND.format(python=python, client=script))
        file.chmod(0o755)
        return self

    def __exit__(self, *_exc):
        self._process.communicate()


def _serve(address: str) -> None:
    """A child for each command, which waits for its end; until standard input is closed."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        print("ready", flush=True)
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            link, _ = listening.accept()
            if not os.fork():
                listening.close()
                _keep(link)
            link.close()
            # Waited for, so that what they cost counts as this process's.
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _keep(link: socket.socket) -> None:
    """One command: started, ended when its caller is, its exit code told."""
    size, streams, _, _ = socket.recv_fds(link, 8, 3)
    given, left = b"", int.from_bytes(size, "little")
    while len(given) < left:
        given += link.recv(left - len(given))
    child = os.fork()
    if not child:
        link.close()
        _run(*marshal.loads(given), streams)
    ended = os.pidfd_open(child)
    if ended not in select.select([link, ended], [], [])[0]:
        os.kill(child, signal.SIGTERM)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):
        link.sendall(str(code if code >= 0 else 128 - code).encode())
    os._exit(0)


def _run(words: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> None:
    """In the copy, as .venv/bin/evenpulse begins; never comes back."""
    from evenpulse.cli import main

    for at, stream in enumerate(streams):
        os.dup2(stream, at)
        os.close(stream)
    # As Python opens them: what they are decides how they are written to.
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = words
    code = 1
    try:
        main()
    except SystemExit as stop:
        code = stop.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    # What most commands import late; and a device that has been switched on, so that the emulator
    # is there and what the firmware begins with has been translated.
    from evenpulse.cli import app
    from evenpulse.connect import bring_up, ports  # noqa: F401
    from evenpulse.twin import port  # noqa: F401

    # The parser imports a second time when it has something to parse: 70 ms of each command.
    with contextlib.redirect_stdout(io.StringIO()):
        app.command()(["ports", "--help"], standalone_mode=False)
    bring_up.switch_on(bring_up.new())
    _serve(sys.argv[1])
