"""A copy of a running twin for each of many cases: os.fork, and the result through a pipe."""

import json
import os
import resource
import select
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple


class Ended(NamedTuple):
    """What a copy left: its result as JSON (empty when it died), and the signal that killed it
    (0 when none did).
    """

    text: str
    signal: int


def fork(do: Callable[[], object]) -> tuple[int, int]:
    """(process, pipe) of a copy of this process that does one thing and writes its result as
    JSON.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        os.close(writer)
        return process, reader
    code = 1
    try:
        os.close(reader)
        with os.fdopen(writer, "w") as file:
            json.dump(do(), file)
        code = 0
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        # The copy must never go on as if it were the original
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def limit_cpu(seconds: float) -> None:
    """In a copy: the system kills it with SIGXCPU when it has used so much CPU time, whatever it is
    doing then.

    A copy's CPU time begins at 0, and the limit counts whole seconds.
    """
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (max(1, round(seconds)), resource.RLIM_INFINITY))


def ended(process: int, reader: int) -> Ended:
    with os.fdopen(reader) as file:
        text = file.read()
    _, status = os.waitpid(process, 0)
    return Ended(text if status == 0 else "", os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


def as_done(
    cases: Iterable, do: Callable[[Any], object], jobs: int | None = None
) -> Iterator[tuple[Any, Ended]]:
    """(case, what its copy left) of every case, in the order in which they end; `jobs` copies at
    once.
    """
    jobs = jobs or os.cpu_count() or 1
    busy: dict[int, tuple[Any, int]] = {}
    for case in cases:
        if len(busy) == jobs:
            yield _first(busy)
        process, reader = fork(lambda: do(case))  # noqa: B023
        busy[reader] = case, process
    while busy:
        yield _first(busy)


def _first(busy: dict[int, tuple[Any, int]]) -> tuple[Any, Ended]:
    reader = select.select(list(busy), [], [])[0][0]
    case, process = busy.pop(reader)
    return case, ended(process, reader)


def each(cases: Iterable, do: Callable[[Any], object], jobs: int | None = None) -> list:
    """`do(case)` of every case, each in a copy of this process as it is now; None for a copy
    that died. Order kept.
    """
    numbered = list(enumerate(cases))
    found = {
        number: one.text for (number, _), one in as_done(numbered, lambda case: do(case[1]), jobs)
    }
    return [json.loads(found[number] or "null") for number, _ in numbered]
