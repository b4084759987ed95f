"""The gate itself: samples that must fail, on one side or on both, do fail there, and nothing else does."""

from pathlib import Path

import pytest
from toolchain import cache

pytest_plugins = "pytester"

_HERE = Path(__file__).resolve().parent
_CACHE = cache.root()  # read now: pytester gives its tests a home folder of their own
_SAMPLE = (_HERE / "samples" / "test_sample.py.txt").read_text()


@pytest.fixture
def outcome(pytester, monkeypatch):
    """outcome(text, name) runs a sample as a test file behind the gate: the inner pytest's result."""
    monkeypatch.setenv("EVENPULSE_CACHE", str(_CACHE))
    pytester.makeini(f"[pytest]\npythonpath = {_HERE.parent}\nmarkers =\n    micropython: x")
    pytester.makeconftest("from gate.plugin import pytest_collect_file, pytest_pycollect_makeitem")

    def run(text, name="test_sample.py"):
        pytester.path.joinpath(name).write_text(text)
        return pytester.runpytest_subprocess("-rA", "-p", "no:cacheprovider")

    return run


def failed_names(result):
    lines = [line.split(" - ")[0] for line in result.outlines if line.startswith(("FAILED ", "ERROR "))]
    return {line.split("::")[1] for line in lines}


def test_each_sample_fails_just_where_it_must(outcome):
    result = outcome(_SAMPLE)
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


def test_a_failure_on_micropython_shows_its_traceback_and_line(outcome):
    result = outcome(_SAMPLE)
    result.stdout.fnmatch_lines(
        ["*in test_takes_a_wide_pointer_for_granted", "    assert sys.maxsize > 1 << 32", "AssertionError:*"]
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
    text = "from hypothesis import given, strategies as s\n@given(s.none())\ndef test_x(n):\n    pass\n"
    outcome(text, "test_sample_properties.py").assert_outcomes(passed=1)


def test_a_missing_port_is_a_failure_that_names_the_command(outcome, tmp_path, monkeypatch):
    monkeypatch.setenv("EVENPULSE_CACHE", str(tmp_path))
    result = outcome("def test_x():\n    pass\n")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Run: make toolchain"])
