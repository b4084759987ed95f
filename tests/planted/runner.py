"""Plants defects into copies of this checkout, one at a time, and runs the tests that must see
each.

`make planted` plants all, on every core, and goes on where it was stopped: a verdict lies in
build/planted and counts as long as its row says the same. Firmware and tests go on; a sample in
`make test` plants some anew. tests/planted/kept.json is the whole result; `make planted
DEFECTS=new` plants what it does not know. A defect is caught when a test that its row names fails.
A test that is red without any defect stops the run.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from evenpulse.base.printable import printable
from planted.defects import DEFECTS, Defect

CHECKOUT = Path(__file__).resolve().parents[2]
CAUGHT_PERCENT_LEAST = 98
CAUGHT, NOT_CAUGHT, NO_VERDICT = "caught", "not caught", "no verdict"

KEPT = CHECKOUT / "tests" / "planted" / "kept.json"
NEW = "new"

_BOARD = "nmes2"
_WORK = CHECKOUT / "build" / "planted"
_LEFT_OUT = shutil.ignore_patterns(
    ".git", "build", "__pycache__", ".venv", ".hypothesis", ".pytest_cache"
)
# Beyond any test of ours: what runs longer hangs, which is no pass.
_LIMIT_CPU_S = 1_800
_FIRMWARE_RINGS = ("tests/twin/", "tests/faults/", "tests/bench/")


class Verdict(NamedTuple):
    """What came of one defect: CAUGHT by the tests `by`, NOT_CAUGHT, or NO_VERDICT with the
    reason in `seen`.
    """

    name: str
    outcome: str
    by: list[str]
    seen: str


def state(defect: Defect) -> str:
    """The key of one verdict: what the row says, however it is laid out."""
    words = "".join(repr(defect._replace(why="")).split())
    return hashlib.sha256(words.encode()).hexdigest()[:16]


class Copy:
    """A copy of the checkout that one worker plants in."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.copytree(CHECKOUT, folder, ignore=_LEFT_OUT, symlinks=True)
        paths = [folder / "host_tools", folder / "firmware", folder / "tests"]
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST", "COV_", "PYTHONDONTWRITE"))
        }
        self._environment = {
            **kept,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "EVENPULSE_PLANTED": "1",
        }
        # Most of a short run is imports: this one has done those that no defect can touch, and
        # forks.
        self._ready = subprocess.Popen(
            [CHECKOUT / ".venv" / "bin" / "python", "-m", "planted.ready"],
            cwd=folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def plant(self, defect: Defect) -> Verdict:
        """Change one place, run the tests of the row, put the place back."""
        file = self.folder / defect.file
        text = file.read_text()
        if text.count(defect.find) != 1:
            return Verdict(
                defect.name,
                NO_VERDICT,
                [],
                f"{defect.find!r} stands {text.count(defect.find)} times in {defect.file}",
            )
        _write(file, text.replace(defect.find, defect.instead))
        try:
            return self._judge(defect)
        finally:
            _write(file, text)

    def red_without(self, tests: Iterable[str]) -> list[str]:
        """Which of these tests fail with nothing planted."""
        wanted = sorted(tests)
        if needs_firmware(wanted):
            self._build()
        return self._run(wanted, stop_at_first=False)

    def _judge(self, defect: Defect) -> Verdict:
        built = None
        if needs_firmware(defect.seen_by):
            built = self._build()
            if built is None:
                return Verdict(defect.name, NO_VERDICT, [], "firmware with it does not build")
        try:
            red = self._run(list(defect.seen_by), stop_at_first=True)
        except ChildProcessError as error:
            return Verdict(defect.name, NO_VERDICT, [], printable(error)[:300])
        finally:
            # A build of a defect is of no further use.
            if built:
                shutil.rmtree(built, ignore_errors=True)
        return Verdict(defect.name, CAUGHT if red else NOT_CAUGHT, red, "")

    def _build(self) -> Path | None:
        """The folder of the firmware of this copy as it stands; None where it does not build."""
        script = f"from toolchain import firmware; print(firmware.artefact({_BOARD!r}).get())"
        done = subprocess.run(
            [CHECKOUT / ".venv" / "bin" / "python", "-c", script],
            cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return Path(done.stdout.split()[-1]) if done.returncode == 0 else None

    def _run(self, tests: list[str], stop_at_first: bool) -> list[str]:
        """Node ids that failed; ChildProcessError where pytest itself could not run them."""
        words = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no", "-rfE"] + [
            "-x"
        ] * stop_at_first
        # Under CPython alone: both run the same file, and one of them is enough to see a defect.
        words += ["-m", "not micropython", *tests]
        assert self._ready.stdin and self._ready.stdout
        self._ready.stdin.write(json.dumps({"words": words, "limit_cpu_s": _LIMIT_CPU_S}) + "\n")
        self._ready.stdin.flush()
        done = json.loads(self._ready.stdout.readline())
        if done["code"] is None:
            return ["a test that does not end"]
        if done["code"] not in (0, 1):
            raise ChildProcessError(f"pytest ended with {done['code']}: {done['told'][-600:]}")
        return [
            line.split()[1]
            for line in done["told"].splitlines()
            if line.startswith(("FAILED ", "ERROR "))
        ]

    def close(self) -> None:
        """End what waits for runs."""
        assert self._ready.stdin
        self._ready.stdin.close()
        self._ready.wait()


def _write(file: Path, text: str) -> None:
    """Write a source, and forget what Python has compiled of it: a change within a second and of
    the same length looks like none.
    """
    file.write_text(text)
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
        compiled.unlink()


def needs_firmware(tests: Iterable[str]) -> bool:
    return any(test.startswith(_FIRMWARE_RINGS) for test in tests)


def run(defects: list[Defect], workers: int, tell) -> list[Verdict]:
    """Every defect's verdict; `tell(verdict, done, of)` hears of each as it comes."""
    found: dict[str, Verdict] = {}
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(workers):
            copies.put(Copy(Path(folder) / str(number)))

        def one(defect: Defect) -> Verdict:
            copy = copies.get()
            try:
                return copy.plant(defect)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(workers) as pool:
            for verdict in pool.map(one, defects):
                found[verdict.name] = verdict
                tell(verdict, len(found), len(defects))
        for _ in range(workers):
            copies.get().close()
    return list(found.values())


def summary(verdicts: Iterable[Verdict]) -> dict:
    """What is kept: the counts, and of each defect the verdict and the test that saw it."""
    by_name = {verdict.name: verdict for verdict in verdicts}
    rows = [
        {
            "name": one.name,
            "state": state(one),
            "outcome": by_name[one.name].outcome,
            "by": by_name[one.name].by[:1],
        }
        for one in DEFECTS
        if one.name in by_name
    ]
    caught = sum(row["outcome"] == CAUGHT for row in rows)
    percent = int(1_000 * caught / max(1, len(rows))) / 10
    return {"defects": len(rows), "caught": caught, "percent": percent, "rows": rows}


def written(made: dict) -> str:
    """A row a line: so a change of one shows as one."""
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in made["rows"])
    head = ", ".join(f'"{name}": {json.dumps(made[name])}' for name in made if name != "rows")
    return f'{{{head}, "rows": [\n{rows}\n]}}\n'


def kept() -> dict:
    """The whole result as it was read and kept."""
    return json.loads(KEPT.read_text()) if KEPT.is_file() else {"rows": []}


def _verdicts(wanted: list[Defect], with_kept: bool) -> dict[str, Verdict]:
    """Those that stand, by name: of an earlier run in this checkout, and of the kept result."""
    found = {}
    known = {row["state"]: row for row in kept()["rows"]} if with_kept else {}
    for one in wanted:
        file = _WORK / f"{state(one)}.json"
        if file.is_file():
            verdict = Verdict(**json.loads(file.read_text()))
            # What no test saw is planted again: one may see it by now
            if verdict.outcome == CAUGHT or one.why:
                found[one.name] = verdict
        elif row := known.get(state(one)):
            found[one.name] = Verdict(one.name, row["outcome"], row["by"], "")
    return found


def main(words: list[str]) -> int:
    """0 when enough are caught and each of the rest has its reason."""
    _WORK.mkdir(parents=True, exist_ok=True)
    new, words = words == [NEW], [] if words == [NEW] else words
    wanted = [
        one
        for one in DEFECTS
        if not words or any(word in one.name or word in one.file for word in words)
    ]
    have = _verdicts(wanted, new)
    todo = [one for one in wanted if one.name not in have]
    # Of the sources that are copied now: they may change while this runs.
    files = {one.name: _WORK / f"{state(one)}.json" for one in todo}
    if todo:
        _refuse_red({test for one in todo for test in one.seen_by})

    def tell(verdict: Verdict, done: int, of: int) -> None:
        row = next(one for one in todo if one.name == verdict.name)
        if verdict.outcome != NO_VERDICT:
            files[verdict.name].write_text(json.dumps(verdict._asdict()))
        by = verdict.by[0] if verdict.by else verdict.seen
        print(f"{done}/{of} {verdict.outcome:<10} {row.hazard:<5} {verdict.name}  {by}", flush=True)

    workers = int(os.environ.get("WORKERS") or os.cpu_count() or 1)
    made = summary([*have.values(), *run(todo, workers, tell)])
    if len(wanted) == len(DEFECTS):
        (CHECKOUT / "build" / "planted.json").write_text(written(made))
    outcome = {row["name"]: row["outcome"] for row in made["rows"]}
    missed = [one for one in wanted if outcome[one.name] != CAUGHT]
    print(f"{made['caught']} of {made['defects']} planted defects caught, {made['percent']} %")
    for one in missed:
        why = one.why or "no reason given"
        print(f"  {outcome[one.name]}: {one.name} ({one.file}): {why}")
    return 0 if made["percent"] >= CAUGHT_PERCENT_LEAST and all(one.why for one in missed) else 1


def _refuse_red(tests: set[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = Copy(Path(folder) / "sound")
        red = copy.red_without(tests)
        copy.close()
    if red:
        sys.exit("planted: red with nothing planted, so they can catch nothing:\n" + "\n".join(red))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
