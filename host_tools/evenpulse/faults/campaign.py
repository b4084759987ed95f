"""Runs many cases: one session for each situation is brought to RUNNING once, and every case is a
forked copy of it.

A case depends on its seed and number alone; how many run at once, and where, changes nothing.
"""

import json
import signal
from collections.abc import Callable, Iterable, Iterator

from evenpulse.emulator import crash, fork
from evenpulse.faults import ablation, situations
from evenpulse.faults.case import CPU_S, Case
from evenpulse.faults.case_spec import Spec, spec
from evenpulse.twin.twin import Twin

# Beyond what a case allows itself: it looks between two slices, and a slice may never end.
KILL_S = CPU_S + 10


class Campaign:
    """Keeps the sessions that it has started, for more than one run."""

    def __init__(self, jobs: int, say: Callable[[str], None]):
        self._jobs, self._say = jobs, say
        self._flash = b""
        self._twins: dict[tuple[str, int], Twin] = {}
        self._symbols: dict = {}

    def twin(self, one: Spec) -> Twin:
        """What a case is a copy of. A case uses it up: fork first."""
        kind, situation = one.base
        if one.base not in self._twins:
            self._say(f"a session: {kind}, {situations.SITUATIONS[situation].name}")
            self._flash = self._flash or situations.prescribed_flash()
            self._twins[one.base] = situations.base(self._flash, kind, situation)
        return self._twins[one.base]

    def symbols(self) -> dict:
        if not self._symbols:
            twin = next(iter(self._twins.values()))
            self._symbols = crash.symbols(twin.firmware.with_suffix(".elf"))
        return self._symbols

    def run(self, seed: int, numbers: Iterable[int], without: str | None = None) -> list[dict]:
        """Results in the order of their numbers; cases that the removed layer leaves without a
        meaning are left out.
        """
        told = self.each(
            [(seed, number) for number in numbers if applies(seed, number, without)], without
        )
        return sorted(told, key=lambda result: result["case"])

    def each(self, cases: Iterable[tuple[int, int]], without: str | None = None) -> Iterator[dict]:
        """The result of each (seed, number) as it ends, a situation after the other."""
        in_turn = sorted(cases, key=lambda case: base_of(case[0], case[1], without))
        for (seed, number), one in fork.as_done(
            self._prepared(in_turn, without),
            lambda case: self.alone(case[0], case[1], without),
            self._jobs,
        ):
            yield json.loads(one.text) if one.text else died(seed, number, one.signal)

    def ready(self, seed: int, number: int, without: str | None = None) -> None:
        """In the process that is to be copied: what a case needs is there, once for all."""
        self.twin(spec(seed, number, without is not None)[0])
        self.symbols()

    def alone(self, seed: int, number: int, without: str | None = None) -> dict:
        """One case in a copy of this process, which ends with it."""
        fork.limit_cpu(KILL_S)
        return self._play(seed, number, without).run()

    def run_here(self, seed: int, number: int, without: str | None = None) -> tuple[dict, Twin]:
        """One case in this process, and the twin it leaves."""
        case = self._play(seed, number, without)
        return case.run(), case.twin

    def _prepared(
        self, cases: list[tuple[int, int]], without: str | None
    ) -> Iterator[tuple[int, int]]:
        """Each case once its session is there to be copied."""
        for seed, number in cases:
            self.ready(seed, number, without)
            yield seed, number

    def _play(self, seed: int, number: int, without: str | None) -> Case:
        twin = self.twin(spec(seed, number, without is not None)[0])
        return Case(
            twin, seed, number, self.symbols(), ablation.LAYERS[without][1]() if without else None
        )


def applies(seed: int, number: int, without: str | None) -> bool:
    """False for a case whose fault acts through the layer that is taken away."""
    return without is None or ablation.applies(without, spec(seed, number, True)[0].faults[-1])


def base_of(seed: int, number: int, without: str | None = None) -> tuple[str, int]:
    """Cases of the same base share its session."""
    return spec(seed, number, without is not None)[0].base


def died(seed: int, number: int, by_signal: int) -> dict:
    """What a case says whose process came to nothing: never that all is well."""
    one, _ = spec(seed, number)
    why = (
        f"no end within {KILL_S} s of CPU time"
        if by_signal == signal.SIGXCPU
        else "the process of the case died"
    )
    return {
        "case": number,
        "seed": seed,
        "fault": one.name,
        "stage": one.stage.name,
        "situation": situations.SITUATIONS[one.situation].name,
        "outcome": "undecided",
        "undecided": why,
        "unsafe": [],
        "layer": "none needed",
        "off_us": None,
    }
