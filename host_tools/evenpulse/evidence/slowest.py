"""What the slowest moments of silicon's time make of the contract: nothing of the firmware is in
the cache before flash, and flash takes its longest. Kept in tests/bench/slowest.json; the pages
show it beside the emulator's own time, in which memory never waits.
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path

from stimcore.presets import PRESETS

from evenpulse.emulator.loop import on
from evenpulse.evidence.work import Job
from evenpulse.faults import quiet
from evenpulse.silicon import cold

# EVENPULSE_SILICON_TIME: silicon's with a flash chip's longest times, and the emulator's own.
_WORST, _EMULATORS = "worst", "0"
_QUIET_SEED, _QUIET_S = 1, 30
_COLD = 24
# CPU time, as in `parts`
_QUIET_CPU_S, _COLD_CPU_S = 12, 50


def _job(name: str, cpu_s: float, time: str, do: Callable, prepare: Callable | None = None) -> Job:
    def _within(what: Callable) -> object:
        with on(time):
            return what()

    return Job(name, cpu_s, partial(_within, do), partial(_within, prepare or _nothing))


def _nothing(*_: object) -> None:
    """Many at once: none says where it is, and some have nothing to prepare."""


@cache
def _flash() -> bytes:
    with on(_EMULATORS):
        return quiet.flash()


def jobs(firmware: Path) -> list[Job]:
    return [
        *[_job(f"cold {time}", _COLD_CPU_S, time, _cold) for time in (_WORST, _EMULATORS)],
        *[
            _job(f"quiet {preset}", _QUIET_CPU_S, _WORST, partial(_quiet, preset, firmware), _flash)
            for preset in PRESETS
        ],
    ]


def _cold() -> list[dict]:
    return [asdict(row) for row in cold.rows(_COLD, _nothing) if row.limit is not None]


def _quiet(preset: str, firmware: Path) -> dict:
    return quiet.run(_flash(), preset, _QUIET_SEED, _QUIET_S, firmware)


def told(results: dict, firmware: Path) -> dict:
    """`emulator` of a row: its value on the emulator's time."""
    besides = {row["id"]: row["value"] for row in results[f"cold {_EMULATORS}"]}
    return {
        "rows": [{**row, "emulator": besides[row["id"]]} for row in results[f"cold {_WORST}"]],
        "quiet": quiet.told(
            [results[f"quiet {preset}"] for preset in PRESETS], _QUIET_SEED, _QUIET_S, firmware
        ),
    }


def table(kept: dict) -> str:
    """Every limit, on both times."""
    lines = [
        "| | what | limit | emulator's time | silicon's time at its slowest |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['id']} | {row['how']} | {row['limit']} {row['unit']} | {_number(row['emulator'])} "
        f"| {_bold(_number(row['value']), row['ok'])} |"
        for row in kept["rows"]
    ]
    sessions = kept["quiet"]
    minutes = sum(one["simulated_s"] for one in sessions["sessions"]) / 60
    lines.append(
        f"| | false trips in {minutes:.0f} minutes of every preset's fastest stage, an erase 400 "
        f"ms, a page 3 ms | 0 | | {_bold(str(sessions['trips']), not sessions['trips'])} |"
    )
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "not reached" if value is None else f"{value:g}"


def _bold(text: str, ok: bool) -> str:
    return text if ok else f"**{text}**"
