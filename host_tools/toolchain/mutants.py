"""Mutation testing of the safety code: Cosmic Ray changes one thing at a time, the unit tests must
notice.

Each mutant is judged by the module's own files of tests/unit under MicroPython's Unix port, in a
copy below build/mutants: the checkout itself is never changed. tests/mutants.json keeps the result
that was read, with a reason for each survivor.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import cache, micropython_unix
from .errors import ToolchainError
from .made_from import CHECKOUT
from .venv import site_packages

# {module of stimcore: its test files}; names are unique below tests/, where helpers are found by
# their plain name
MODULES = {
    "limits": ("test_limits",),
    "interlock": ("test_interlock_reasons",),
    "ledger": ("test_ledger",),
    "calibration": ("test_calibration",),
    "board_facts": ("test_board_facts",),
    "monitor": ("test_monitor", "test_monitor_samples", "test_in_step"),
}
SCORE_PERCENT_LEAST = 90
KEPT = CHECKOUT / "tests" / "mutants.json"
FRESH = CHECKOUT / "build" / "mutants.json"

_LOCK = CHECKOUT / "requirements-mutants.lock"
_WORK = CHECKOUT / "build" / "mutants"
# Beside ten times what the tests take unchanged: what runs longer runs in circles
_SPARE_S = 2
_PROOF = "every test ran to its end"
_SETTINGS = """[cosmic-ray]
module-path = ["{module}"]
timeout = {timeout_s}
excluded-modules = []
test-command = {command}
[cosmic-ray.distributor]
name = "local"
"""


def run() -> None:
    """Every mutant of MODULES into build/mutants.json; ToolchainError when the score or a reason
    is missing.
    """
    site = site_packages(_LOCK).get() / "site"
    shutil.rmtree(_WORK, ignore_errors=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(lambda name: _mutate(name, site), MODULES))
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    fresh = result(dict(zip(MODULES, parts)), reasons(kept))
    FRESH.write_text(json.dumps(fresh, indent=1, ensure_ascii=False) + "\n")
    print(
        f"{fresh['killed']} of {fresh['mutants']} mutants found, {fresh['score_percent']} %: "
        f"{FRESH}"
    )
    if kept != fresh:
        print(
            f"{KEPT} says something else ({stale(kept)}). Give each survivor its reason and copy "
            f"the new one there."
        )
    if wrong := complaints(fresh):
        raise ToolchainError("mutants: " + "\n".join(wrong))


def source(module: str) -> Path:
    return CHECKOUT / "firmware" / "stimcore" / f"{module}.py"


def result(parts: Mapping[str, list], why: Mapping[tuple, str]) -> dict:
    """What is kept: totals, the state of each module's source, and each survivor with its reason
    ("" when it has none).
    """
    modules: dict[str, dict] = {}
    survivors: list[dict] = []
    for name, rows in parts.items():
        alive = [row for row in rows if row["alive"]]
        modules[name] = {
            "sha256": cache.file_hash(source(name)),
            "mutants": len(rows),
            "killed": len(rows) - len(alive),
        }
        for row in sorted(alive, key=lambda row: (row["line"], row["now"])):
            key = (name, row["was"], row["now"])
            survivors.append(
                {
                    "module": name,
                    "line": row["line"],
                    "was": row["was"],
                    "now": row["now"],
                    "why": why.get(key, ""),
                }
            )
    mutants, killed = (
        sum(part[what] for part in modules.values()) for what in ("mutants", "killed")
    )
    return {
        "score_percent": int(1_000 * killed / mutants) / 10,
        "mutants": mutants,
        "killed": killed,
        "modules": modules,
        "survivors": survivors,
    }


def reasons(kept: Mapping) -> dict[tuple, str]:
    """{(module, line before, line after): reason} of a kept result: a line that only moved keeps
    its reason.
    """
    return {
        (row["module"], row["was"], row["now"]): row["why"] for row in kept.get("survivors", ())
    }


def stale(kept: Mapping) -> str:
    """Which modules' sources a kept result does not belong to."""
    other = [
        name
        for name in MODULES
        if kept.get("modules", {}).get(name, {}).get("sha256") != cache.file_hash(source(name))
    ]
    return "of another " + ", ".join(other) if other else "of the same sources"


def complaints(found: Mapping) -> list[str]:
    """What keeps a result from being good enough: a low score, a survivor without a reason."""
    low = (
        []
        if found["score_percent"] >= SCORE_PERCENT_LEAST
        else [
            (
                f"score {found['score_percent']} %, at least {SCORE_PERCENT_LEAST} % wanted: write "
                f"tests that notice the survivors"
            )
        ]
    )
    return low + [
        (
            f"{row['module']}.py:{row['line']}: no reason why this may go unnoticed:\n  - "
            f"{row['was']}\n  + {row['now']}"
        )
        for row in found["survivors"]
        if not row["why"].strip()
    ]


def _mutate(name: str, site: Path) -> list[dict]:
    """[{line, was, now, alive}] of each mutant of one module."""
    folder = _WORK / name
    shutil.copytree(
        CHECKOUT / "firmware", folder / "firmware", ignore=shutil.ignore_patterns("__pycache__")
    )
    for part in ("unit", "gate/device"):
        shutil.copytree(
            CHECKOUT / "tests" / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    settings, session, module = (
        folder / "settings.toml",
        folder / "session.sqlite",
        folder / "firmware" / "stimcore" / f"{name}.py",
    )
    command = [
        micropython_unix(),
        "-X",
        "heapsize=2m",
        folder / "gate/device/run_all.py",
        _PROOF,
        *MODULES[name],
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(site),
        "MICROPYPATH": f"{folder}/firmware:{folder}/unit:{folder}/gate/device",
    }
    words = [str(word) for word in command]
    begun_s = time.monotonic()
    before = subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    if before.returncode or not before.stdout.endswith(_PROOF + "\n"):
        raise ToolchainError(
            f"mutants: of {', '.join(MODULES[name])} in tests/unit one fails before anything is "
            f"changed; run make test-unit"
        )
    timeout_s = _SPARE_S + 10 * (time.monotonic() - begun_s)
    settings.write_text(
        _SETTINGS.format(module=module, timeout_s=timeout_s, command=json.dumps(shlex.join(words)))
    )
    for step in ("init", "exec"):
        _cosmic_ray(environment, step, settings, session)
    return [
        _row(*json.loads(line)) for line in _cosmic_ray(environment, "dump", session).splitlines()
    ]


def _cosmic_ray(environment: Mapping, *arguments: str | Path) -> str:
    words = [sys.executable, "-m", "cosmic_ray.cli", *map(str, arguments)]
    answer = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise ToolchainError(
            f"mutants: '{shlex.join(words)}' failed:\n{answer.stdout}{answer.stderr}"
        )
    return answer.stdout


def _row(item: Mapping, outcome: Mapping | None) -> dict:
    if (
        outcome is None
        or outcome["worker_outcome"] != "normal"
        or outcome["test_outcome"] not in ("killed", "survived")
    ):
        raise ToolchainError(f"mutants: no verdict on {item}: {outcome}; run again")
    was, now = (_changed(outcome["diff"], mark) for mark in "-+")
    return {
        "line": item["mutations"][0]["start_pos"][0],
        "was": was,
        "now": now,
        "alive": outcome["test_outcome"] == "survived",
    }


def _changed(diff: str, mark: str) -> str:
    """The lines that a diff takes away or adds, as one line."""
    lines = [
        line[1:].strip()
        for line in diff.splitlines()
        if line.startswith(mark) and not line.startswith(mark * 3)
    ]
    return " ".join(lines)
