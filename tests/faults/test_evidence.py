"""Kept evidence: of which sources each result is, and how it is renewed: in parallel, killed,
gone on with.
"""

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from toolchain import firmware, made_from

from evenpulse.base import sources
from evenpulse.evidence import __main__ as evidence
from evenpulse.evidence import slowest
from evenpulse.evidence.parts import PARTS, cases_of
from evenpulse.evidence.work import Job, Progress, Store, run

ROOT = Path(__file__).resolve().parents[2]
_SOURCES = {"firmware": "other firmware", "asked_by": "other questions or another judge"}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_kept_evidence_is_of_the_sources_in_the_tree(part):
    """Red from a change of the firmware, or of what judges it, until the evidence is renewed:
    `make evidence`.
    """
    kept = part.kept().get("sources", {})
    other = [
        _SOURCES[what] for what, digest in sources.of(part.name).items() if kept.get(what) != digest
    ]
    assert not other, (
        f"{part.file.relative_to(ROOT)} was made with {' and '.join(other)} than the tree's: red "
        f"until `make evidence` has renewed it"
    )


# --- the hash -------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of what firmware is made from, to be changed."""
    for folder in ("firmware", "boards"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    monkeypatch.setattr(made_from, "CHECKOUT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "file",
    [
        "firmware/stimcore/limits.py",
        "firmware/hal/guard.py",
        "firmware/main.py",
        "boards/nmes2/board.py",
        "boards/nmes2/mpconfigboard.h",
        "boards/mpconfigboard.h",
    ],
)
def test_each_source_of_the_firmware_counts(checkout, file):
    before = sources.of_firmware()
    with (checkout / file).open("a") as source:
        source.write("\n")
    assert sources.of_firmware() != before


@pytest.mark.parametrize(
    "file",
    ["firmware/README.md", "boards/README.md", "boards/nmes2/README.md", "firmware/mypy.ini"],
)
def test_pages_and_checkers_do_not(checkout, file):
    before = sources.of_firmware()
    (checkout / file).write_text("other")
    assert sources.of_firmware() == before == firmware.sources_hash("nmes2")


@pytest.mark.parametrize(
    ("file", "parts"),
    [
        ("faults/judge.py", {"campaign", "ablation"}),
        ("connect/bring_up.py", {part.name for part in PARTS}),
        ("connect/service.py", {"bench"}),
        ("twin/flash_time.py", {part.name for part in PARTS}),
        ("emulator/silicon.py", {part.name for part in PARTS}),
        ("silicon/cold.py", {"slowest"}),
        ("twin/oled.py", set()),
    ],
)
def test_a_file_counts_for_the_parts_that_ask_by_it(tmp_path, monkeypatch, file, parts):
    package = tmp_path / "evenpulse"
    shutil.copytree(
        ROOT / "host_tools/evenpulse", package, ignore=shutil.ignore_patterns("__pycache__", "*.so")
    )
    monkeypatch.setattr(sources, "_PACKAGE", package)
    before = {part: sources.of(part)["asked_by"] for part in sources.ASKED_BY}
    with (package / file).open("a") as changed:
        changed.write("\n")
    after = {part: sources.of(part)["asked_by"] for part in sources.ASKED_BY}
    assert {part for part in before if before[part] != after[part]} == parts


def test_each_part_has_its_hash_and_each_pattern_its_files():
    assert {part.name for part in PARTS} == set(sources.ASKED_BY)
    for pattern in {pattern for patterns in sources.ASKED_BY.values() for pattern in patterns}:
        assert list((ROOT / "host_tools/evenpulse").glob(pattern)), pattern


def test_more_cases_begin_with_the_same_and_take_all_seeds_in_turn():
    assert cases_of(1_000)[:100] == cases_of(100) and cases_of(7) == [
        (1, 0),
        (2, 0),
        (3, 0),
        (4, 0),
        (5, 0),
        (1, 1),
        (2, 1),
    ]


# --- the work -------------------------------------------------------------------------------------


def _jobs(log: Path, count: int, seconds: float = 0.0) -> list[Job]:
    def _do(number: int):
        with log.open("a") as file:
            file.write(f"{number}\n")
        time.sleep(seconds)
        return number * number

    return [Job(f"job {number}", 1, lambda number=number: _do(number)) for number in range(count)]


def _quiet(_text):
    """Says nothing."""


def test_a_run_that_is_killed_goes_on(tmp_path):
    """SIGKILL in the middle: what was done is not done again, what was not is, nothing is lost."""
    log, path, count = tmp_path / "log", tmp_path / "store" / "results.jsonl", 12
    process = os.fork()
    if not process:
        os.setsid()
        run([(store, job) for store in [Store(path)] for job in _jobs(log, count, 0.1)], 2, _quiet)
        os._exit(0)
    while not path.is_file() or len(Store(path).results) < 4:
        time.sleep(0.01)
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    before = Store(path).results
    assert 4 <= len(before) < count
    started = log.read_text().split()
    store = Store(path)
    assert run([(store, job) for job in _jobs(log, count)], 2, _quiet) == []
    assert Store(path).results == store.results == {f"job {n}": n * n for n in range(count)}
    again = log.read_text().split()[len(started) :]
    assert sorted(again, key=int) == [str(n) for n in range(count) if f"job {n}" not in before]


def test_a_torn_line_is_no_result_and_spoils_no_other(tmp_path):
    path = tmp_path / "results.jsonl"
    Store(path).add("one", 1)
    path.write_text(path.read_text() + '\n{"two": [2, ')
    store = Store(path)
    store.add("three", 3)
    assert Store(path).results == store.results == {"one": 1, "three": 3}


def test_a_job_that_dies_is_named_and_not_kept(tmp_path):
    store, said = Store(tmp_path / "results.jsonl"), []
    jobs = [Job("well", 1, lambda: 1), Job("dead", 1, lambda: os.kill(os.getpid(), signal.SIGKILL))]
    assert run([(store, job) for job in jobs], 2, said.append) == ["dead"]
    assert store.results == {"well": 1} and any(
        "dead: came to nothing (signal 9)" in line for line in said
    )


def test_the_longest_comes_first_and_is_prepared_before_its_copy(tmp_path):
    store, order = Store(tmp_path / "results.jsonl"), []
    jobs = [
        Job(name, cpu_s, lambda: len(order), lambda name=name: order.append(name))
        for name, cpu_s in (("short", 1), ("long", 9), ("middle", 3))
    ]
    run([(store, job) for job in jobs], 1, _quiet)
    assert order == ["long", "middle", "short"] and store.results == {
        "long": 1,
        "middle": 2,
        "short": 3,
    }


def test_the_estimate_learns_from_what_is_done():
    now, said, jobs = [0.0], [], [Job(str(n), 60, lambda: None) for n in range(4)]
    progress = Progress(jobs, 2, said.append, lambda: now[0])
    # Twice as slow as thought
    now[0] = 240.0
    progress.done(jobs[0])
    assert said == ["4 jobs, about 2 min on 2 cores", "1 of 4 jobs, 25 %, about 12 min left"]


def test_a_part_is_kept_with_its_sources_and_is_then_current(tmp_path):
    from dataclasses import replace

    part = replace(
        next(part for part in PARTS if part.name == "long run"), file=tmp_path / "kept.json"
    )
    assert not part.is_current(0)
    part.keep({"a run": {"rate_pps": "1"}})
    assert part.is_current(0)
    part.file.write_text(json.dumps(part.kept() | {"sources": {"firmware": "another"}}))
    assert not part.is_current(0)


# --- what was kept, judged ------------------------------------------------------------------------


def _kept(campaign=None, slowest=None):
    quiet = {"trips": 0}
    return {
        "campaign": {"runs": 3, "unsafe": 0, "undecided": 0, **(campaign or {})},
        "quiet": quiet,
        "bench": {"rows": [{"id": "F2", "ok": True}, {"id": "C.1", "ok": None}]},
        "slowest": {"rows": [{"id": "round", "ok": True}], "quiet": quiet, **(slowest or {})},
    }


@pytest.mark.parametrize(
    "kept, code, said",
    [
        (_kept(), 0, "3 cases; 0 unsafe"),
        (_kept(campaign={"unsafe": 1}), 6, "1 unsafe"),
        (_kept(campaign={"undecided": 1}), 1, "1 undecided"),
        (_kept(slowest={"quiet": {"trips": 2}}), 6, "2 false trips"),
        (_kept(slowest={"rows": [{"id": "round", "ok": False}]}), 1, "1 broken promises (round)"),
    ],
)
def test_what_fails_anywhere_fails(capsys, kept, code, said):
    assert evidence._judge(kept) == code
    assert said in capsys.readouterr().out


def test_the_table_has_both_times_and_marks_what_is_broken():
    def row(name, value, ok, emulator):
        what = {"id": name, "how": name, "unit": "ms", "limit": 9}
        return {**what, "value": value, "ok": ok, "emulator": emulator}

    kept = {
        "rows": [row("sample", 8.25, True, 5.5), row("round", 10.5, False, 4.0)],
        "quiet": {"trips": 0, "sessions": [{"simulated_s": 90}, {"simulated_s": 30}]},
    }
    lines = slowest.table(kept).splitlines()
    assert lines[2:4] == [
        "| sample | sample | 9 ms | 5.5 | 8.25 |",
        "| round | round | 9 ms | 4 | **10.5** |",
    ]
    assert lines[4].startswith("| | false trips in 2 minutes") and lines[4].endswith("| 0 |")


def test_each_of_the_slowest_moments_is_judged_and_shown_beside_one_of_the_emulators():
    """What is kept, by the part that made it."""
    (part,) = [part for part in PARTS if part.name == "slowest"]
    rows = part.kept()["rows"]
    assert [row["id"] for row in rows] == ["sample", "round", "operation"]
    assert all(row["limit"] is not None and row["ok"] and row["emulator"] > 0 for row in rows)
