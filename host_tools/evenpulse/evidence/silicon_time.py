"""The contract once more on silicon's time: the jobs, and what is kept of them in
tests/bench/silicon.json. The pages show it beside the emulator's time.
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path

from stimcore.presets import PRESETS

from evenpulse.bench import under_load
from evenpulse.bench.rows import Row
from evenpulse.emulator.loop import on
from evenpulse.evidence.work import Job, say
from evenpulse.faults import quiet, report
from evenpulse.faults.campaign import Campaign, base_of
from evenpulse.silicon import cold, contract

# EVENPULSE_SILICON_TIME: silicon's with a flash chip's typical times, and with its longest.
_TYPICAL, _WORST, _EMULATORS = "1", "worst", ""
_SEEDS, _CASES = (1, 2, 3, 4, 5), 200
_QUIET_SEED, _QUIET_S = 1, 30
_FAULTS, _PRESSES, _LOAD_MS, _COLD = 24, 12, 1_000, 24
# CPU time as in `parts`; on silicon's time it is half as much again.
_CASE_CPU_S, _QUIET_CPU_S, _ROWS_CPU_S, _LOAD_CPU_S, _COLD_CPU_S = 1.0, 12, 150, 60, 50
_T3, _BOTH = "loads", "cold"
# The worst of all loads, and the free heap
_OF_LOADS = ("T3", "F1.free")


def _job(name: str, cpu_s: float, time: str, do: Callable, prepare: Callable | None = None) -> Job:
    def _within(what: Callable) -> object:
        with on(time):
            return what()

    return Job(name, cpu_s, partial(_within, do), partial(_within, prepare or _nothing))


def _nothing(*_: object) -> None:
    """Many at once: none says where it is, and some have nothing to prepare."""


def cases() -> list[tuple[int, int]]:
    """(seed, number) of the campaign's first cases, all seeds in turn."""
    return [(_SEEDS[k % len(_SEEDS)], k // len(_SEEDS)) for k in range(_CASES)]


@cache
def _campaign() -> Campaign:
    return Campaign(1, say)


@cache
def _flash() -> bytes:
    with on(_EMULATORS):
        return quiet.flash()


def jobs(firmware: Path) -> list[Job]:
    return [
        _job("rows", _ROWS_CPU_S, _TYPICAL, _rows),
        _job(_T3, _LOAD_CPU_S, _TYPICAL, _loads),
        *[_job(f"{_BOTH} {time}", _COLD_CPU_S, time, _cold) for time in (_WORST, _EMULATORS)],
        *[
            _job(f"quiet {preset}", _QUIET_CPU_S, _WORST, partial(_quiet, preset, firmware), _flash)
            for preset in PRESETS
        ],
        *[
            _job(
                f"case {seed}:{number}",
                _CASE_CPU_S,
                _TYPICAL,
                partial(_case, seed, number),
                partial(_ready, seed, number),
            )
            for seed, number in sorted(cases(), key=lambda case: base_of(*case))
        ],
    ]


def _rows() -> list[dict]:
    return _told(contract.rows(_FAULTS, _PRESSES, _nothing))


def _loads() -> list[dict]:
    return _told([row for row in under_load.t3(_LOAD_MS, _nothing) if row.id in _OF_LOADS])


def _cold() -> list[dict]:
    return _told(cold.rows(_COLD, _nothing))


def _told(rows: list[Row]) -> list[dict]:
    return [asdict(row) for row in rows if row.limit is not None]


def _quiet(preset: str, firmware: Path) -> dict:
    return quiet.run(_flash(), preset, _QUIET_SEED, _QUIET_S, firmware)


def _ready(seed: int, number: int) -> None:
    _campaign().ready(seed, number)


def _case(seed: int, number: int) -> dict:
    return _campaign().alone(seed, number)


def told(results: dict, firmware: Path) -> dict:
    """`emulator` of a row: where the bench does not have it."""
    besides = {row["id"]: row["value"] for row in results[f"{_BOTH} {_EMULATORS}"]}
    rows = [*results["rows"], *results[_T3], *results[f"{_BOTH} {_WORST}"]]
    return {
        "rows": [
            {**row, "emulator": besides[row["id"]]} if row["id"] in besides else row for row in rows
        ],
        "quiet": quiet.told(
            [results[f"quiet {preset}"] for preset in PRESETS], _QUIET_SEED, _QUIET_S, firmware
        ),
        "campaign": report.summary(
            [one for name, one in results.items() if name.startswith("case ")], firmware
        ),
    }


def table(kept: dict, bench: dict[str, dict]) -> str:
    """Every limit, on both times. `bench`: the rows that are kept on the emulator's."""
    lines = [
        "| | what | limit | emulator's time | silicon's time |",
        "|---|---|---|---|---|",
    ]
    for row in kept["rows"]:
        other = row["emulator"] if "emulator" in row else bench[row["id"]]["value"]
        sign = "at least " if row["id"] == "F1.free" else ""
        lines.append(
            f"| {row['id']} | {row['how']} | {sign}{row['limit']} {row['unit']} | {_number(other)} "
            f"| {_bold(_number(row['value']), row['ok'])} |"
        )
    campaign, sessions = kept["campaign"], kept["quiet"]
    minutes = sum(one["simulated_s"] for one in sessions["sessions"]) / 60
    for what, value in (
        (f"unsafe outcomes in {campaign['runs']} injected faults", campaign["unsafe"]),
        ("of these, faults that had to be noticed and were not", campaign["unnoticed"]),
        (
            f"false trips in {minutes:.0f} minutes of every preset's fastest stage, an erase 400 "
            f"ms, a page 3 ms",
            sessions["trips"],
        ),
    ):
        lines.append(f"| | {what} | 0 | | {_bold(str(value), not value)} |")
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "not reached" if value is None else f"{value:g}"


def _bold(text: str, ok: bool) -> str:
    return text if ok else f"**{text}**"
