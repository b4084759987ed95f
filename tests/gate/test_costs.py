"""The kept costs of test files: they order a run, choose the quick ones and tell how long it
takes; and `--costs` measures them.
"""

import shlex
import json
from pathlib import Path

import costs
import evenpulse
import pytest
import together
from hypothesis.internal.constants_ast import is_local_module_file

pytest_plugins = "pytester"

_CONFTEST = """
import costs
from pathlib import Path
costs.KEPT = Path(__file__).parent / "costs.json"
costs.QUICK_CPU_S = 10
def pytest_addoption(parser):
    costs.add_options(parser)
def pytest_configure(config):
    config.pluginmanager.register(costs.Costs(config))
"""
_XDIST = ("-p", "xdist")
_ROWS = {
    "test_a.py": [10, 1.0],
    "test_b.py": [2, 30.0],
    "test_c.py": [30, 9.5],
    "test_d.py": [1, 3.0],
}


@pytest.fixture
def folder(pytester, monkeypatch):
    """Four files of which costs.json tells, and one of which it does not: it counts as one in
    the middle, 6.25 s.
    """
    # To load every plugin is most of such a run
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini(f"[pytest]\npythonpath = {shlex.quote(str(Path(costs.__file__).parent))}")
    pytester.makeconftest(_CONFTEST)
    for name in (*_ROWS, "test_new.py"):
        pytester.path.joinpath(name).write_text(
            "def test_1():\n    pass\ndef test_2():\n    pass\n"
        )
    pytester.path.joinpath("costs.json").write_text(
        json.dumps({"start_cpu_s": 4.0, "files": _ROWS})
    )
    return pytester


def order(result):
    return [line.split("::")[0] for line in result.outlines if "::test_1 PASSED" in line]


def test_the_dearest_file_runs_first_and_each_file_in_one_piece(folder):
    result = folder.runpytest_subprocess("-v", "-p", "no:cacheprovider")
    assert order(result) == ["test_b.py", "test_c.py", "test_new.py", "test_d.py", "test_a.py"]
    result.assert_outcomes(passed=10)


@pytest.mark.parametrize(
    "options, told", [((), 50), ((*_XDIST, "-n", "2"), 35), (("test_a.py", "test_d.py"), 10)]
)
def test_it_says_how_long_it_takes(folder, options, told):
    """4 s to start and 43.5 s of tests; on two cores the longest file, 30 s, is what remains."""
    folder.runpytest_subprocess("-p", "no:cacheprovider", *options).stdout.fnmatch_lines(
        [f"this takes about {told} s on * idle cores, *"]
    )


def test_quick_takes_most_tests_for_its_time_and_does_not_even_import_the_others(folder):
    """test_a brings ten tests a second; beside it test_c does not fit into 10 s any more, but
    test_d does.
    """
    folder.path.joinpath("test_b.py").write_text("raise SystemExit")
    result = folder.runpytest_subprocess("-v", "-p", "no:cacheprovider", "--quick")
    assert order(result) == ["test_d.py", "test_a.py"]
    result.assert_outcomes(passed=4)


def test_costs_are_measured_with_children_and_only_of_what_ran(folder):
    burn = (
        "import subprocess, sys\ndef test_1():\n    subprocess.run([sys.executable, '-c', 'for "
        "_ in range(9_000_000): pass'])\n"
    )
    folder.path.joinpath("test_a.py").write_text(burn)
    result = folder.runpytest_subprocess(
        "-p",
        "no:cacheprovider",
        "--costs",
        "test_a.py",
        "test_new.py",
        *_XDIST,
        "-n",
        "2",
        "--dist",
        "loadfile",
    )
    result.stdout.fnmatch_lines(
        ["*CPU seconds by folder*", "*dearest tests*", "*test_a.py::test_1"]
    )
    kept = json.loads(folder.path.joinpath("costs.json").read_text())
    tests, cost_s = kept["files"].pop("test_a.py")
    assert tests == 1 and cost_s >= 0.1 and kept["files"].pop("test_new.py") == [2, 0.0]
    assert kept == {
        "start_cpu_s": 4.0,
        "files": {name: row for name, row in _ROWS.items() if name != "test_a.py"},
    }


def test_files_that_start_from_the_same_run_in_one_process(folder):
    """Two at the head of the order, which go to two processes where nobody says so."""
    slow = "import os, time\ndef test_1():\n    time.sleep(0.3)\n    print('ran in', os.getpid())\n"
    for name in ("b", "c"):
        folder.path.joinpath(f"test_{name}.py").write_text(slow + "def test_2():\n    pass\n")
    with folder.path.joinpath("conftest.py").open("a") as file:
        file.write("\nimport together\nfrom together import pytest_xdist_make_scheduler\n")
        file.write("together.TOGETHER = {'test_b.py': 'one', 'test_c.py': 'one'}\n")
    spread = (*_XDIST, "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    result = folder.runpytest_subprocess("-rA", "-p", "no:cacheprovider", *spread)
    ran = [line for line in result.outlines if line.startswith("ran in")]
    assert len(ran) == 2 and len(set(ran)) == 1
    result.assert_outcomes(passed=10)


def test_the_kept_table_is_of_files_that_are_there():
    root = costs.KEPT.parents[1]
    named = {*costs.Table.load().files, *together.TOGETHER}
    assert [file for file in named if not (root / file).is_file()] == []


def test_a_process_takes_nobody_elses_packages_for_ours():
    """Hypothesis reads each file that it takes for ours before the first test: with the locked
    packages a fifth of a process's start.
    """
    assert is_local_module_file(evenpulse.__file__)
    assert not is_local_module_file(pytest.__file__)
