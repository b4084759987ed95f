"""What each test file costs in CPU time, its children's included: how long a run takes, and the
dearest file first.

CPU time, for the clock of a busy machine tells nothing. The table in costs.json is data: `make
test-costs` renews it, and a file that is not in it costs what files cost in the middle.
"""

import functools
import json
import os
import statistics
from collections import Counter
from pathlib import Path

import pytest

KEPT = Path(__file__).resolve().parent / "costs.json"
QUICK_CPU_S = 90
# Dear for its few tests, and the quickest that runs sessions of the firmware on the emulated chip.
QUICK_ALWAYS = ("tests/twin/test_trigger_and_amplitude.py",)
_SLOWEST = 30


def add_options(parser):
    group = parser.getgroup("costs")
    group.addoption(
        "--costs",
        action="store_true",
        help="write the CPU time of the test files that are run into tests/costs.json",
    )
    group.addoption(
        "--quick",
        action="store_true",
        help=f"the files with most tests a second, for {QUICK_CPU_S} s of CPU time",
    )


def cpu_s() -> float:
    """Of this process and of the children that it has waited for."""
    return sum(os.times()[:4])


class Table:
    """The kept costs: {file below the root: [tests, CPU seconds]}, and what a process takes
    before its first test.
    """

    def __init__(self, kept: dict):
        self.start_cpu_s, self.files = kept.get("start_cpu_s", 0.0), kept.get("files", {})
        self._middle_s = (
            statistics.median(cost_s for _, cost_s in self.files.values()) if self.files else 0.0
        )

    @classmethod
    def load(cls):
        return cls(json.loads(KEPT.read_text()) if KEPT.is_file() else {})

    def of(self, file: str) -> float:
        return self.files.get(file, (0, self._middle_s))[1]

    def quick(self) -> set[str]:
        """The files that bring most tests for QUICK_CPU_S."""
        chosen = {file for file in QUICK_ALWAYS if file in self.files}
        left_s = QUICK_CPU_S - sum(map(self.of, chosen))
        for file, (_tests, cost_s) in sorted(
            self.files.items(), key=lambda row: row[1][1] / row[1][0]
        ):
            if file not in chosen and cost_s <= left_s:
                chosen.add(file)
                left_s -= cost_s
        return chosen

    def wall_s(self, files, cores: int) -> float:
        """On as many idle cores."""
        return self.start_cpu_s + max(sum(map(self.of, files)) / cores, *map(self.of, files), 0)

    def text(self) -> str:
        rows = ",\n  ".join(
            f"{json.dumps(file)}: [{tests}, {cost_s:.1f}]"
            for file, (tests, cost_s) in sorted(self.files.items())
        )
        return f'{{\n "start_cpu_s": {self.start_cpu_s:.1f},\n "files": {{\n  {rows}\n }}\n}}\n'


class Costs:
    """The plugin: in each process that runs tests it measures, in the one that was started by
    hand it adds up.
    """

    def __init__(self, config):
        self._config, self._table = config, Table.load()
        self._files = self._table.quick() if config.getoption("quick") else None
        self._last_s, self._start_s = 0.0, [0.0]
        self._name = functools.cache(self._below_root)
        self._tests: Counter = Counter()

    def pytest_report_header(self):
        files = self._files if self._files is not None else set(self._table.files)
        asked = [Path(argument.partition("::")[0]).resolve() for argument in self._config.args]
        root = self._config.rootpath
        wanted = [
            file for file in files if any((root / file).is_relative_to(path) for path in asked)
        ]
        cores = min(int(self._config.getoption("numprocesses", None) or 1), os.cpu_count() or 1)
        takes_s = self._table.wall_s(wanted, cores)
        return (
            f"this takes about {max(1, round(takes_s / 5) * 5)} s on {cores} idle cores, by "
            f"tests/{KEPT.name}"
        )

    def pytest_ignore_collect(self, collection_path):
        """What is not quick is not even imported."""
        if (
            self._files is not None
            and collection_path.match("test_*.py")
            and self._name(collection_path) not in self._files
        ):
            return True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        items.sort(key=lambda item: -self._table.of(self._name(item.path)))

    def pytest_collection_finish(self):
        self._last_s = cpu_s()
        self._start_s.append(self._last_s)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self):
        report = yield
        now_s = cpu_s()
        report.cpu_s, self._last_s = now_s - self._last_s, now_s
        return report

    def pytest_runtest_logreport(self, report):
        self._tests[report.nodeid] += getattr(report, "cpu_s", 0.0)

    def pytest_sessionfinish(self):
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput["start_cpu_s"] = self._start_s[-1]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node):
        self._start_s.append(getattr(node, "workeroutput", {}).get("start_cpu_s", 0.0))

    def pytest_terminal_summary(self, terminalreporter):
        if not self._config.getoption("costs"):
            return
        costs_s, counts = Counter(), Counter()
        for name, cost_s in self._tests.items():
            costs_s[name.partition("::")[0]] += cost_s
            counts[name.partition("::")[0]] += 1
        self._write(costs_s, counts)
        self._show(terminalreporter, costs_s)

    def _write(self, costs_s, counts):
        kept = {
            file: row
            for file, row in self._table.files.items()
            if (self._config.rootpath / file).is_file()
        }
        fresh = {file: [counts[file], cost_s] for file, cost_s in costs_s.items()}
        # A few files start sooner than all of them.
        start_s = max(self._start_s) if set(kept) <= set(fresh) else self._table.start_cpu_s
        KEPT.write_text(Table({"start_cpu_s": start_s, "files": {**kept, **fresh}}).text())

    def _show(self, terminalreporter, costs_s):
        folders = Counter()
        for file, cost_s in costs_s.items():
            folders[str(Path(file).parent)] += cost_s
        for title, rows in (
            ("CPU seconds by folder", folders),
            (f"the {_SLOWEST} dearest tests", self._tests),
        ):
            terminalreporter.section(title)
            for name, cost_s in rows.most_common(_SLOWEST):
                terminalreporter.write_line(f"{cost_s:8.1f}  {name}")
        terminalreporter.write_line(
            f"{sum(costs_s.values()):8.1f}  in all, and {max(self._start_s):.1f} to start each "
            f"process"
        )

    def _below_root(self, path: Path) -> str:
        return path.relative_to(self._config.rootpath).as_posix()
