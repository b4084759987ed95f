"""The parts of the kept evidence: where each is kept, the jobs that make it, and how their
results become what is kept.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from stimcore.presets import PRESETS

from evenpulse.base import firmware_files, sources
from evenpulse.bench import long_run
from evenpulse.evidence import pages, slowest
from evenpulse.evidence.work import Job, say
from evenpulse.faults import quiet, report
from evenpulse.faults.ablation import LAYERS
from evenpulse.faults.campaign import Campaign, applies, base_of
from evenpulse.faults.table import DECK

SEEDS = (1, 2, 3, 4, 5)
CASES = 1_000
_QUIET_SEED, _QUIET_S = 1, 120
_ABLATION_SEED = 1
# CPU time, as measured on one machine: what matters is how they stand to each other.
_CASE_CPU_S, _PULSE_CPU_S, _QUIET_CPU_S, _BENCH_CPU_S = 0.7, 0.0035, 100, 500


@dataclass(frozen=True)
class Part:
    """`told(results)` makes what is kept of {name of a job: its result}. `alone`: it measures
    this machine too, so nothing else runs.
    """

    name: str
    file: Path
    jobs: Callable[[int], list[Job]]
    told: Callable[[dict], dict]
    alone: bool = False

    def is_current(self, cases: int) -> bool:
        """True when what is kept was made from the sources of this checkout, with so many cases
        at least.
        """
        kept = self.kept()
        return kept.get("sources") == sources.of(self.name) and (
            self.name != "campaign" or kept["runs"] >= cases
        )

    def kept(self) -> dict:
        return json.loads(self.file.read_text()) if self.file.is_file() else {}

    def keep(self, results: dict) -> dict:
        told = {"sources": sources.of(self.name), **self.told(results)}
        self.file.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
        return told


def _uf2() -> Path:
    return firmware_files.folder(sources.BOARD) / "firmware.uf2"


@cache
def _campaign() -> Campaign:
    return Campaign(1, say)


def cases_of(count: int) -> list[tuple[int, int]]:
    """The first (seed, number) of all seeds in turn: more of them begin with the same."""
    return [(SEEDS[k % len(SEEDS)], k // len(SEEDS)) for k in range(count)]


def _case_job(name: str, seed: int, number: int, without: str | None) -> Job:
    return Job(
        name,
        _CASE_CPU_S,
        lambda: _campaign().alone(seed, number, without),
        lambda: _campaign().ready(seed, number, without),
    )


def _campaign_jobs(count: int) -> list[Job]:
    return [
        _case_job(f"campaign {seed}:{number}", seed, number, None)
        for seed, number in sorted(cases_of(count), key=lambda case: base_of(*case))
    ]


def _campaign_told(results: dict) -> dict:
    return report.summary(list(results.values()), _uf2())


def _ablation_jobs(_cases: int) -> list[Job]:
    cases = sorted(
        ((_ABLATION_SEED, number) for number in range(len(DECK))),
        key=lambda case: base_of(case[0], case[1], next(iter(LAYERS))),
    )
    return [
        _case_job(f"without {layer} {seed}:{number}", seed, number, layer)
        for layer in LAYERS
        for seed, number in cases
        if applies(seed, number, layer)
    ]


def _ablation_told(results: dict) -> dict:
    """The table counts; single cases are for whoever looks into one."""
    without = {
        layer: report.summary(
            [one for name, one in results.items() if name.startswith(f"without {layer} ")], _uf2()
        )
        for layer in LAYERS
    }
    return {
        "runs": len(DECK),
        "seed": _ABLATION_SEED,
        "firmware": report.sha256(_uf2()),
        "without": {layer: {**told, "cases": []} for layer, told in without.items()},
    }


@cache
def _quiet_flash() -> bytes:
    return quiet.flash()


def _quiet_jobs(_cases: int) -> list[Job]:
    return [Job(preset, _QUIET_CPU_S, partial(_quiet, preset), _quiet_flash) for preset in PRESETS]


def _quiet(preset: str) -> dict:
    return quiet.run(_quiet_flash(), preset, _QUIET_SEED, _QUIET_S, _uf2())


def _quiet_told(results: dict) -> dict:
    return quiet.told([results[preset] for preset in PRESETS], _QUIET_SEED, _QUIET_S, _uf2())


def _long_jobs(_cases: int) -> list[Job]:
    return [
        Job(
            f"{count} pulses at {rate} pps",
            _PULSE_CPU_S * count,
            partial(long_run.measure, rate, count, _nothing),
        )
        for rate, count in long_run.RUNS
    ]


def _nothing(_text: str) -> None:
    """Many at once: none says where it is."""


def _long_told(results: dict) -> dict:
    return {"runs": list(results.values())}


def _bench_jobs(_cases: int) -> list[Job]:
    return [Job("bench", _BENCH_CPU_S, _bench)]


def _bench() -> list[dict]:
    """Whether its promises are kept is in its rows."""
    subprocess.run(
        [sys.executable, "-m", "evenpulse.bench", "--keep"],
        cwd=pages.ROOT,
        check=False,
        stdout=sys.stderr,
    )
    return json.loads((pages.ROOT / "build" / "bench.json").read_text())


PARTS = (
    Part(
        "slowest",
        pages.KEPT["slowest"],
        lambda _cases: slowest.jobs(_uf2()),
        lambda results: slowest.told(results, _uf2()),
    ),
    Part("long run", long_run.KEPT, _long_jobs, _long_told),
    Part("quiet", pages.KEPT["quiet"], _quiet_jobs, _quiet_told),
    Part("campaign", pages.KEPT["campaign"], _campaign_jobs, _campaign_told),
    Part("ablation", pages.KEPT["ablation"], _ablation_jobs, _ablation_told),
    Part(
        "bench",
        pages.KEPT["bench"],
        _bench_jobs,
        lambda results: {"rows": results["bench"]},
        alone=True,
    ),
)
