"""Two ways to run one case of a unit test under MicroPython: a process that is started for it,
or a copy of one for its file.
"""

import contextlib
import os
import resource
import secrets
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from toolchain import micropython_unix

_FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
_DEVICE = Path(__file__).resolve().parent / "device"
HEAP_BYTES = 140 * 1024
_HEAP_WITH_CODE = "heapsize=768k"
# CPU time, which a busy machine does not use up: ends a test that runs in circles
_LIMIT_S = 60


class Verdict(NamedTuple):
    passed: bool
    told: str


class Alone:
    """Each case in its own process."""

    def __init__(self, file: Path):
        self._file = file

    def run(self, name: str, index: int, count: int) -> Verdict:
        proof = secrets.token_hex(8)
        process = _start(self._file, "run_one.py", name, index, count, HEAP_BYTES, proof)
        with _ended_on_error(process):
            told = process.communicate()[0]
        return _verdict(told, process.returncode, proof)


class Copies:
    """Each case in a copy of one process, which has imported the test file and run none of it."""

    def __init__(self, file: Path):
        self._file, self._process, self._end = file, None, secrets.token_hex(8)

    def run(self, name: str, index: int, count: int) -> Verdict:
        self._process = process = self._process or _start(
            self._file, "run_many.py", HEAP_BYTES, self._end
        )
        proof, told = secrets.token_hex(8), b""
        with _ended_on_error(process):
            try:
                process.stdin.write(f"{name} {index} {count} {proof}\n".encode())
                process.stdin.flush()
            except BrokenPipeError:
                # It has ended, and has told why
                pass
            for line in process.stdout:
                if line.startswith(self._end.encode()):
                    return _verdict(told.removesuffix(b"\n"), int(line.split()[1]), proof)
                told += line
        return _verdict(told, self.close(), proof)

    def close(self) -> int | None:
        """Ends the process; its exit code. The next case starts another."""
        if self._process is None:
            return None
        process, self._process = self._process, None
        with contextlib.suppress(BrokenPipeError):
            process.communicate()
        return process.returncode


@contextlib.contextmanager
def _ended_on_error(process: subprocess.Popen) -> Iterator[None]:
    """The process and its copies do not outlive a Ctrl-C or pytest's own time-out."""
    try:
        yield
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def _start(file: Path, script: str, *arguments: object) -> subprocess.Popen:
    command = [
        micropython_unix(),
        "-X",
        _HEAP_WITH_CODE,
        _DEVICE / script,
        file.stem,
        *map(str, arguments),
    ]
    environment = {**os.environ, "MICROPYPATH": f"{_FIRMWARE}:{file.parent}:{_DEVICE}"}
    process = subprocess.Popen(
        command,
        env=environment,
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (_LIMIT_S, _LIMIT_S))
    return process


def _verdict(told: bytes, code: int, proof: str) -> Verdict:
    """Passed is what has ended well and said so last; the proof is another one each time."""
    text = told.decode(errors="replace")
    ended = text.endswith(proof + "\n")
    shown = text.removesuffix(proof + "\n")
    return Verdict(
        code == 0 and ended,
        f"{shown}\nexit code {code}{'' if ended or code else ': ended before the test did'}",
    )
