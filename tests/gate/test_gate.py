"""The gate itself: samples that must fail, on one side or on both, do fail there, and nothing
else does.
"""

import shlex
from pathlib import Path

import pytest
from toolchain import cache

pytest_plugins = "pytester"

_HERE = Path(__file__).resolve().parent
# Read now: pytester gives its tests a home folder of their own
_CACHE = cache.root()
_SAMPLE = (_HERE / "samples" / "test_sample.py.txt").read_text()


@pytest.fixture
def outcome(pytester, monkeypatch):
    """outcome(text, name) runs a sample as a test file behind the gate: the inner pytest's
    result.
    """
    monkeypatch.setenv("EVENPULSE_CACHE", str(_CACHE))
    # The gate alone: to load the others is most of such a run
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini(
        f"[pytest]\npythonpath = {shlex.quote(str(_HERE.parent))}\nmarkers =\n    micropython: x"
    )
    pytester.makeconftest("from gate.plugin import *")

    def run(text, name="test_sample.py", *options):
        pytester.path.joinpath(name).write_text(text)
        return pytester.runpytest_subprocess("-rA", "-p", "no:cacheprovider", *options)

    return run


def failed_names(result):
    lines = [
        line.split(" - ")[0] for line in result.outlines if line.startswith(("FAILED ", "ERROR "))
    ]
    return {line.split("::")[1] for line in lines}


@pytest.mark.parametrize("way", [(), ("--isolated",)], ids=["copies", "isolated"])
def test_each_sample_fails_just_where_it_must(outcome, way):
    result = outcome(_SAMPLE, "test_sample.py", *way)
    assert failed_names(result) == {
        "test_needs_more_heap_than_the_device_has[micropython]",
        "test_takes_a_wide_pointer_for_granted[micropython]",
        "test_fails_under_cpython_only",
        "test_exit_is_no_pass[micropython]",
        "test_parameters_come_in_the_same_order[10-0-two-micropython]",
        "test_raises_nothing",
        "test_raises_nothing[micropython]",
        "test_raises_something_else",
        "test_raises_something_else[micropython]",
        "test_raises_with_other_words",
        "test_raises_with_other_words[micropython]",
    }
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=11, passed=32 - 11)


_LEAKS = """
import sys
from stimcore import limits
seen = []
def look():
    assert not seen and not hasattr(limits, "seen") and "stimcore.link" not in sys.modules
    seen.append(1)
    limits.seen = 1
    from stimcore import link
def test_first():
    look()
def test_second():
    look()
"""


@pytest.mark.parametrize("way", [(), ("--isolated",)], ids=["copies", "isolated"])
def test_what_a_test_leaves_behind_does_not_reach_the_next_on_micropython(outcome, way):
    """Under CPython it does: there it is one process."""
    assert failed_names(outcome(_LEAKS, "test_leaks.py", *way)) == {"test_second"}


_TWO_FACED = """
import os, sys
if sys.implementation.name == "micropython":
    try:
        os.mkdir("imported")
        first = True
    except OSError:
        first = False
def test_x():
    assert sys.implementation.name != "micropython" or first
"""


def test_verdicts_that_differ_are_a_failure_when_isolated(outcome):
    """The sample passes in the first MicroPython process that imports it."""
    result = outcome(_TWO_FACED, "test_sample.py", "--isolated")
    assert failed_names(result) == {"test_x[micropython]"}
    result.stdout.fnmatch_lines(["*: fails in a process of its own and passes in a copy of one:*"])


@pytest.mark.parametrize(
    "line, told",
    [
        ("import sys; sys.exit(3)", "exit code 3"),
        ("raise ValueError('in the file')", "*ValueError: in the file*"),
    ],
)
def test_a_file_that_does_not_import_on_micropython_fails_each_of_its_tests(outcome, line, told):
    text = f"import sys\nif sys.implementation.name == 'micropython':\n    {line}\n"
    result = outcome(text + "def test_x():\n    pass\ndef test_y():\n    pass\n")
    assert failed_names(result) == {"test_x[micropython]", "test_y[micropython]"}
    result.stdout.fnmatch_lines([told])


def test_a_test_that_runs_in_circles_is_ended_and_the_next_one_runs(outcome, pytester):
    with open(pytester.path / "conftest.py", "a") as conftest:
        conftest.write("\nimport gate.on_micropython\ngate.on_micropython._LIMIT_S = 2\n")
    hangs = (
        "import sys\ndef test_x():\n    while sys.implementation.name == 'micropython':\n"
        "        pass\n"
    )
    assert failed_names(outcome(hangs + "def test_y():\n    pass\n")) == {"test_x[micropython]"}


def test_a_failure_on_micropython_shows_its_traceback_and_line(outcome):
    result = outcome(_SAMPLE)
    result.stdout.fnmatch_lines(
        [
            "*in test_takes_a_wide_pointer_for_granted",
            "    assert sys.maxsize > 1 << 32",
            "AssertionError:*",
        ]
    )


def test_a_test_that_needs_a_fixture_fails_with_the_reason(outcome):
    result = outcome("def test_x(tmp_path):\n    pass\n")
    assert failed_names(result) == {"test_x[micropython]"}
    result.stdout.fnmatch_lines(["*needs fixture tmp_path*"])


def test_a_class_is_refused(outcome):
    result = outcome("class TestX:\n    def test_x(self):\n        pass\n")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*plain functions only*"])


def test_hypothesis_outside_a_properties_file_stops_the_run(outcome):
    result = outcome("from hypothesis import given\ndef test_x():\n    pass\n")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*imports hypothesis*test_sample_properties.py*"])


def test_a_properties_file_runs_under_cpython_only(outcome):
    text = (
        "from hypothesis import given, strategies as s\n@given(s.none())\ndef test_x(n):\n    "
        "pass\n"
    )
    outcome(text, "test_sample_properties.py").assert_outcomes(passed=1)


def test_a_missing_port_is_a_failure_that_names_the_command(outcome, tmp_path, monkeypatch):
    monkeypatch.setenv("EVENPULSE_CACHE", str(tmp_path))
    result = outcome("def test_x():\n    pass\n")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Run: make toolchain"])
