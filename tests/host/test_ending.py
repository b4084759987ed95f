"""How a program of `python -m evenpulse.…` ends, whatever happens in it."""

import argparse
from pathlib import Path

import pytest

from evenpulse.base import counts, ending
from evenpulse.base.errors import BadUsage


def _raise(error):
    raise error


@pytest.mark.parametrize(
    ("main", "code", "wanted"),
    [
        (lambda: 0, 0, ""),
        (lambda: 1, 1, ""),
        (lambda: _raise(BadUsage("what", do_next="this")), 2, "tool: what\n  next: this\n"),
        (lambda: _raise(KeyboardInterrupt()), 130, ""),
        (lambda: _raise(KeyError("x")), 1, "tool: unexpected KeyError: 'x'\n  next: run it again"),
        (lambda: Path("/no/such/file").read_text(), 1, "tool: unexpected FileNotFoundError: "),
    ],
)
def test_it_ends_with_a_code_and_a_line_and_no_traceback(capsys, monkeypatch, main, code, wanted):
    monkeypatch.delenv("EVENPULSE_DEBUG", raising=False)
    with pytest.raises(SystemExit) as stop:
        ending.run("tool", main)
    told = capsys.readouterr().err
    assert stop.value.code == code and told.startswith(wanted) and "Traceback" not in told
    assert bool(told) == bool(wanted)


def test_who_looks_for_it_gets_the_place(capsys, monkeypatch):
    monkeypatch.setenv("EVENPULSE_DEBUG", "1")
    with pytest.raises(SystemExit):
        ending.run("tool", lambda: _raise(KeyError("x")))
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "", "x", "1.5", "1e3", "²", "٣", "11", "9" * 5_000])
def test_a_count_that_means_nothing_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a whole number from 1 to 10"):
        counts.whole(1, 10)(text)


def test_a_count_within_is_taken():
    assert [counts.whole(1, 10)(text) for text in ("1", "10", "007")] == [1, 10, 7]
