"""Runs many cases: one session for each situation is brought to RUNNING once, and every case is a forked copy of it.

A case depends on its seed and number alone; how many run at once changes nothing.
"""

import json
import multiprocessing
import select
from collections.abc import Callable, Iterable

from evenpulse.faults import ablation, situations
from evenpulse.faults.case import Case, spec
from evenpulse.twin import crash, fork
from evenpulse.twin.twin import Twin

_LOOK_S = 0.02


class Campaign:
    """Keeps the sessions that it has started, for more than one run."""

    def __init__(self, jobs: int, say: Callable[[str], None]):
        self._slots, self._say = multiprocessing.Semaphore(jobs), say
        self._flash = situations.prescribed_flash()
        self._twins: dict[int, Twin] = {}
        self._symbols: dict = {}

    def twin(self, situation: int) -> Twin:
        """The session of a situation. A case uses it up: fork first."""
        if situation not in self._twins:
            self._say(f"a session: {situations.SITUATIONS[situation].name}")
            self._twins[situation] = situations.running(self._flash, situation)
        return self._twins[situation]

    def symbols(self) -> dict:
        if not self._symbols:
            twin = next(iter(self._twins.values()))
            self._symbols = crash.symbols(twin.firmware.with_suffix(".elf"))
        return self._symbols

    def run(self, seed: int, numbers: Iterable[int], without: str | None = None) -> list[dict]:
        """Results in the order of their numbers; cases that the removed layer leaves without a meaning are left out."""
        groups: dict[int, list[int]] = {}
        for number in numbers:
            fault, situation, _ = spec(seed, number)
            if without is None or ablation.applies(without, fault):
                groups.setdefault(situation, []).append(number)
        runners = []
        for situation, mine in sorted(groups.items()):
            twin = self.twin(situation)
            symbols = self.symbols()
            runners.append((situation, mine, fork.fork(lambda: self._run_group(twin, symbols, seed, mine, without))))  # noqa: B023
        results: list[dict] = []
        for situation, mine, runner in runners:
            told = json.loads(fork.result(*runner) or "null") or [_died(seed, number) for number in mine]
            bad = sum(not result["outcome"].startswith("safe") for result in told)
            self._say(f"{situations.SITUATIONS[situation].name}: {len(told)} cases, {bad} unsafe or undecided")
            results += told
        return sorted(results, key=lambda result: result["case"])

    def run_here(self, seed: int, number: int, without: str | None = None) -> tuple[dict, Twin]:
        """One case in this process, and the twin it leaves."""
        twin = self.twin(spec(seed, number)[1])
        return Case(twin, seed, number, self.symbols(), _removed(without)).run(), twin

    def _run_group(self, twin: Twin, symbols: dict, seed: int, numbers: list[int], without: str | None) -> list[dict]:
        """In a process of its own: every case of one situation, as many at once as there are slots."""
        results: list[dict] = []
        busy: dict[int, tuple[int, int]] = {}
        waiting = list(numbers)
        while waiting or busy:
            while waiting and self._slots.acquire(timeout=_LOOK_S if busy else None):
                number = waiting.pop(0)
                busy[number] = fork.fork(lambda: Case(twin, seed, number, symbols, _removed(without)).run())  # noqa: B023
            ended, _, _ = select.select([reader for _, reader in busy.values()], [], [], _LOOK_S if waiting else None)
            for number in [n for n, (_, reader) in busy.items() if reader in ended]:
                results.append(json.loads(fork.result(*busy.pop(number)) or "null") or _died(seed, number))
                self._slots.release()
        return results


def _alone(case: Case) -> dict:
    case.limit_cpu_time()
    return case.run()


def _removed(without: str | None) -> ablation.Removed | None:
    return ablation.LAYERS[without][1]() if without else None


def _died(seed: int, number: int) -> dict:
    """What a case says whose process came to nothing: never that all is well."""
    fault, situation, _ = spec(seed, number)
    return {"case": number, "seed": seed, "fault": fault.name, "situation": situations.SITUATIONS[situation].name,
            "outcome": "undecided", "undecided": "the process of the case died", "unsafe": [], "layer": "none needed", "off_us": None}
