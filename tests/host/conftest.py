"""Fixtures of the host ring: run the command line in this process, and devices that answer or fail to."""

import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from fake_device import FakeDevice
from sample_prescription import GOOD_TOML

from evenpulse import cli, device


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch):
    """No port, debug switch or slow time-out comes in from the machine."""
    for name in ("EVENPULSE_PORT", "EVENPULSE_DEBUG", "EVENPULSE_BOARDS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(device, "TIMEOUT_S", 0.2)


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `evenpulse ARGUMENTS…` here; gives exit code, stdout and stderr."""

    def _run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["evenpulse", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return Outcome(stop.value.code or 0, captured.out, captured.err)

    return _run


@pytest.fixture
def fake():
    """Make fake devices; they are closed afterwards."""
    made: list[FakeDevice] = []

    def _fake(**wishes: object) -> FakeDevice:
        made.append(FakeDevice(**wishes))
        return made[-1]

    yield _fake
    for one in made:
        one.close()


@pytest.fixture
def good_toml(tmp_path) -> Path:
    """A prescription that every limit allows."""
    path = tmp_path / "good.toml"
    path.write_text(GOOD_TOML)
    return path
