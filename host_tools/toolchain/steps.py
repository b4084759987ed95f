"""One step of a set-up: shows its progress, logs what its commands print, and explains a
failure. Several may be under way, each in a thread of its own.
"""

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from . import cache
from .errors import ToolchainError

_TAIL_LINES = 12
POLL_S = 0.1
_NEW_LINE = "\r\033[K"
# A build sees none of the caller's make, compiler or Python settings: the same inputs give the same
# output.
_KEPT = ("PATH", "HOME", "TMPDIR", "TERM", "USER", "LOGNAME")

_screen = threading.Lock()
_under_way: list["Step"] = []
_ending = threading.Event()
_numbers = itertools.count(1)


def python() -> str:
    """The Python that a checkout's .venv was made from. What is kept in the cache names this one: a
    checkout may go, and others go on with what it built.
    """
    return getattr(sys, "_base_executable", sys.executable)


def build_environment(**extra: str) -> dict[str, str]:
    """The environment of compilers: few of the caller's variables, one locale, no byte code in
    sources.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **extra,
    }


def network_environment(**extra: str) -> dict[str, str]:
    """The environment of apt and pip: all of the caller's (proxies, mirrors) but make's and
    Python's own.
    """
    dropped = ("MAKE", "MFLAGS", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "LC_ALL": "C.UTF-8", **extra}


class Step:
    """`with Step(name, advice) as step: step.run([...])`. `advice` is what to try when it fails.

    Where that depends on why, `advice` is a function: from all that was printed to (the cause, what
    to try).
    """

    def __init__(self, name: str, advice: str | Callable[[str], tuple[str, str]]):
        self.name, self.advice = name, advice
        slug = "".join(c if c.isalnum() else "-" for c in name)
        self.log = cache.root() / "logs" / f"{slug}-{os.getpid()}-{next(_numbers)}.log"

    def __enter__(self) -> "Step":
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        self._start_s = time.monotonic()
        with _screen:
            _under_way.append(self)
        _show()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        outcome = "done" if error is None else "given up" if _ending.is_set() else "FAILED"
        with _screen:
            _under_way.remove(self)
        _say(f"{self.name}: {outcome}, {self.elapsed_s():.1f} s")
        if isinstance(error, (OSError, ValueError)):
            raise self.failure(str(error)) from error

    def run(
        self,
        command: Sequence[str | os.PathLike],
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Runs one command into the log; ToolchainError when it cannot start or ends badly."""
        words = [os.fspath(word) for word in command]
        with open(self.log, "a") as log:
            print(f"$ {' '.join(words)}", file=log, flush=True)
            with subprocess.Popen(
                words,
                cwd=cwd,
                env=env or build_environment(),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            ) as process:
                self._wait(process)
        if process.returncode:
            raise self.failure(f"'{words[0]}' ended with code {process.returncode}")

    def note(self, text: str) -> None:
        """A line for the person and for the log."""
        _say(f"{self.name}: {text}")
        with open(self.log, "a") as log:
            print(text, file=log)

    def failure(self, what: str) -> ToolchainError:
        """The error that names the step, the log, its last lines and what to try."""
        printed = self.log.read_text(errors="replace")
        cause, advice = ("", self.advice) if isinstance(self.advice, str) else self.advice(printed)
        return ToolchainError(
            "\n".join(
                [
                    f"step '{self.name}' failed: {cause or what}",
                    f"log: {self.log}",
                    *(f"  | {line}" for line in printed.splitlines()[-_TAIL_LINES:]),
                    f"try: {advice}",
                ]
            )
        )

    def elapsed_s(self) -> float:
        return time.monotonic() - self._start_s

    def _wait(self, process: subprocess.Popen) -> None:
        while True:
            try:
                process.wait(timeout=POLL_S)
                return
            except subprocess.TimeoutExpired:
                _show()
            if _ending.is_set():
                process.terminate()


@contextlib.contextmanager
def none_goes_on() -> Iterator[None]:
    """Meanwhile every command that a step runs is ended, also of a thread that its pool does not
    know yet: Ctrl-C as it started left its command, and at the end Python waited for that.
    """
    _ending.set()
    try:
        yield
        while _under_way:
            time.sleep(POLL_S)
    finally:
        _ending.clear()


def _say(text: str) -> None:
    with _screen:
        print(f"{_NEW_LINE if sys.stderr.isatty() else ''}{text}", file=sys.stderr)


def _show() -> None:
    """On a terminal: what is under way, in one line."""
    if not sys.stderr.isatty():
        return
    with _screen:
        line = " · ".join(f"{step.name} … {step.elapsed_s():.0f} s" for step in _under_way)
        room = shutil.get_terminal_size().columns - 1
        print(f"{_NEW_LINE}{line[:room]}", end="", file=sys.stderr, flush=True)
