"""A run that is spread over copies of its process says what one process says, and a copy that dies
takes nothing with it unseen.
"""

import re
import shlex
from pathlib import Path

import pytest
import spread

pytest_plugins = "pytester"

_CONFTEST = """
import os
import pytest
import spread
def pytest_addoption(parser):
    spread.add_options(parser)
def pytest_configure(config):
    config.pluginmanager.register(spread.Spread(config), "spread")
@pytest.fixture(scope="session")
def started(tmp_path_factory):
    folder = tmp_path_factory.mktemp("session")
    yield folder
    with open("ended", "a") as file:
        file.write(f"{os.getpid()}\\n")
@pytest.fixture(autouse=True)
def ran(request, started):
    with open("ran", "a") as file:
        file.write(f"{os.getpid()} {request.node.nodeid} {started}\\n")
"""
_EACH_KIND = """
import sys, time, warnings
import pytest
def test_passes(tmp_path):
    time.sleep(0.1)
def test_fails():
    print("said by", __name__)
    print("shouted by", __name__, file=sys.stderr)
    assert __name__ == "somebody else"
def test_skipped():
    pytest.skip("not today")
@pytest.mark.xfail(reason="known", strict=True)
def test_known():
    raise ValueError("known")
@pytest.fixture
def broken():
    raise OSError("no fixture")
def test_error(broken):
    pass
def test_warns():
    warnings.warn("old", DeprecationWarning)
"""
_KINDS = {"passed": 2, "failed": 1, "skipped": 1, "xfailed": 1, "errors": 1, "warnings": 1}
_FILES = 4


@pytest.fixture
def folder(pytester, monkeypatch):
    # To load every plugin is most of such a run
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini(f"[pytest]\npythonpath = {shlex.quote(str(Path(spread.__file__).parent))}")
    pytester.makeconftest(_CONFTEST)
    return pytester


def _spread(folder, *options):
    return folder.runpytest_subprocess("-p", "no:cacheprovider", "--spread", "2", *options)


def _rows(folder, name):
    return [line.split() for line in (folder.path / name).read_text().splitlines()]


@pytest.fixture
def of_each_kind(folder):
    for number in range(_FILES):
        (folder.path / f"test_{number}.py").write_text(_EACH_KIND)
    return folder


def test_every_outcome_is_told_with_what_the_test_said(of_each_kind):
    result = _spread(of_each_kind, "-rA")
    result.assert_outcomes(**{kind: _FILES * count for kind, count in _KINDS.items()})
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    for number in range(_FILES):
        for voice in ("said", "shouted"):
            assert result.outlines.count(f"{voice} by test_{number}") == 1
        result.stdout.fnmatch_lines([f"ERROR test_{number}.py::test_error - OSError: no fixture"])
        result.stdout.fnmatch_lines([f"SKIPPED * test_{number}.py:*: not today"])
        result.stdout.fnmatch_lines([f"XFAIL test_{number}.py::test_known - known"])


def test_a_file_stays_in_one_copy_and_a_session_is_begun_once_in_each(of_each_kind):
    _spread(of_each_kind)
    rows = _rows(of_each_kind, "ran")
    copies = {process for process, *_ in rows}
    assert len(copies) == 2 and len(rows) == _FILES * 6
    assert len({(process, test.partition("::")[0]) for process, test, _ in rows}) == _FILES
    assert len({folder for *_, folder in rows}) == 2
    assert sorted(copies) == sorted(process for (process,) in _rows(of_each_kind, "ended"))


def test_each_test_whose_copy_died_is_red_and_the_other_copy_goes_on(folder):
    tests = "import os, signal, time\ndef test_1():\n    time.sleep(0.3)\n"
    (folder.path / "test_a.py").write_text(
        f"{tests}def test_2():\n    os.kill(os.getpid(), signal.SIGKILL)\ndef test_3():\n    pass\n"
    )
    for name in "bcd":
        (folder.path / f"test_{name}.py").write_text(tests)
    result = _spread(folder, "-rA")
    red = re.findall(
        r"^FAILED (\S+) - The copy of the process", "\n".join(result.outlines), re.MULTILINE
    )
    assert {"test_a.py::test_2", "test_a.py::test_3"} <= set(red)
    assert {f"test_{name}.py::test_1" for name in "cd"} & set(red) == set()
    assert result.parseoutcomes()["failed"] == len(red)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_the_first_failure_ends_all_copies_when_asked(folder):
    waits = "import time\ndef test_2(started):\n    time.sleep(1_000)\n"
    (folder.path / "test_a.py").write_text("def test_1():\n    assert False\n" + waits)
    (folder.path / "test_b.py").write_text(waits)
    result = _spread(folder, "-x")
    result.assert_outcomes(failed=1)
    # The fixtures of what was running are put away
    assert len(_rows(folder, "ended")) == 2


def test_what_cannot_be_collected_is_told_and_nothing_runs(of_each_kind):
    (of_each_kind.path / "test_9.py").write_text("import nothing_of_this_name")
    result = _spread(of_each_kind)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert not (of_each_kind.path / "ran").exists()
