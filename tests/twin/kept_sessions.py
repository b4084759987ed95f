"""Sessions that are brought to where a test starts once a file, for tests that each run in a copy
of the process.

A test marked `copied` runs in a fork. What it asks `twin` for has been made in the process that
forks, or is made there now and the test begins anew in a fresh copy: what a test does to a twin, or
to anything else, ends with its copy.
"""

import os
import pickle
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

# In the process that forks: {how to make it: the twin}. A copy takes them out, and what it has had
# already it makes itself.
_kept: dict[tuple, Any] = {}


class _Copy:
    """What a copy has had; None in the process that forks."""

    had: set[tuple] | None = None


_copy = _Copy()


class _Wanted(BaseException):
    """A copy asks for what is not kept yet. No test catches it by accident."""


def twin(make: Callable, *arguments: object) -> Any:
    """make(*arguments), or in a copy a twin that has been made so already."""
    key = (make, *arguments)
    if _copy.had is None or key in _copy.had:
        return make(*arguments)
    if key not in _kept:
        raise _Wanted(key)
    _copy.had.add(key)
    return _kept.pop(key)


def forget() -> None:
    """Another file's tests start elsewhere."""
    _kept.clear()


def in_a_copy(run: Callable[[], object], told: Callable[[], str]) -> str:
    """Runs it in a copy of this process: "" when it returned, or what `told()` says there of its
    exception.
    """
    while True:
        outcome, what = _forked(run, told)
        if outcome != "wanted":
            return what
        make, *arguments = what
        _kept[tuple(what)] = make(*arguments)


def _forked(run: Callable, told: Callable) -> tuple[str, Any]:
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if not process:
        os.close(reader)
        _run(run, told, writer)
    os.close(writer)
    try:
        with os.fdopen(reader, "rb") as file:
            answer = file.read()
    except BaseException:
        os.kill(process, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(process, 0)
    return (
        pickle.loads(answer)
        if answer
        else ("failed", f"the copy died: status {os.waitstatus_to_exitcode(status)}")
    )


def _run(run: Callable, told: Callable, writer: int) -> NoReturn:
    """In the copy: never comes back, whatever the test raises."""
    try:
        _copy.had = set()
        try:
            run()
            answer = ("passed", "")
        except _Wanted as wanted:
            answer = ("wanted", wanted.args[0])
        except BaseException:
            answer = ("failed", told())
        sys.stdout.flush()
        sys.stderr.flush()
        with os.fdopen(writer, "wb") as file:
            pickle.dump(answer, file)
    finally:
        os._exit(0)
