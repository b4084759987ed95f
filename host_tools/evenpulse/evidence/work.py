"""Many jobs over the cores, in copies of this process. Each result is written down at once, so a
run that was killed goes on.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evenpulse.base.errors import Problem
from evenpulse.emulator import fork

_TELL_EVERY_S = 20


@dataclass(frozen=True)
class Job:
    """One thing to do. `cpu_s`: about what it takes; `prepare`: in this process, before the copy
    is made.
    """

    name: str
    cpu_s: float
    do: Callable[[], object]
    prepare: Callable[[], object] = lambda: None


class Store:
    """{name: result} as lines of JSON in a file; the line that a kill has torn is no result."""

    def __init__(self, path: Path):
        self._path = path
        self.results: dict[str, object] = {}
        for line in path.read_text().splitlines() if path.is_file() else ():
            try:
                self.results.update(json.loads(line))
            except ValueError:
                continue

    def add(self, name: str, result: object) -> None:
        self.results[name] = result
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A line of its own, whatever a kill has left of the last
        with self._path.open("a") as file:
            file.write("\n" + json.dumps({name: result}) + "\n")


class Progress:
    """Says from time to time how far the work is and how long it will take. `done_s` and the
    rest are estimates of CPU time.
    """

    def __init__(
        self,
        jobs: list[Job],
        cores: int,
        say: Callable[[str], None],
        now_s: Callable[[], float] = time.monotonic,
    ):
        self._jobs, self._total_s = len(jobs), sum(job.cpu_s for job in jobs)
        self._say, self._now_s = say, now_s
        self._count, self._done_s = 0, 0.0
        self._began_s = self._told_s = now_s()
        say(f"{self._jobs} jobs, about {self._total_s / cores / 60:.0f} min on {cores} cores")

    def done(self, job: Job) -> None:
        self._count, self._done_s = self._count + 1, self._done_s + job.cpu_s
        now_s = self._now_s()
        if now_s - self._told_s < _TELL_EVERY_S and self._count < self._jobs:
            return
        self._told_s = now_s
        left_s = (now_s - self._began_s) * (self._total_s - self._done_s) / max(self._done_s, 1e-9)
        self._say(
            f"{self._count} of {self._jobs} jobs, "
            f"{100 * self._done_s / max(self._total_s, 1e-9):.0f} %, about {left_s / 60:.0f} min "
            f"left"
        )


def run(jobs: list[tuple[Store, Job]], cores: int, say: Callable[[str], None]) -> list[str]:
    """Do what the stores do not have yet, the longest first; the names of jobs that came to
    nothing.
    """
    waiting = sorted(
        (one for one in jobs if one[1].name not in one[0].results), key=lambda one: -one[1].cpu_s
    )
    if not waiting:
        return []
    progress, failed = Progress([job for _, job in waiting], cores, say), []
    for (store, job), ended in fork.as_done(_prepared(waiting), lambda one: one[1].do(), cores):
        if ended.text:
            store.add(job.name, json.loads(ended.text))
        else:
            failed.append(job.name)
            say(f"{job.name}: came to nothing{f' (signal {ended.signal})' * bool(ended.signal)}")
        progress.done(job)
    return failed


def _prepared(jobs: list[tuple[Store, Job]]) -> Iterator[tuple[Store, Job]]:
    for store, job in jobs:
        job.prepare()
        yield store, job


def say(text: str) -> None:
    print("  " + text, file=sys.stderr, flush=True)


def refuse(failed: list[str]) -> None:
    """Raises Problem when jobs came to nothing."""
    if failed:
        raise Problem(
            f"{len(failed)} jobs came to nothing: {', '.join(failed[:5])}",
            do_next="read above why; then make evidence goes on from here",
        )
