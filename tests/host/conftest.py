"""Fixtures of the host ring: run the command line in this process, and devices that answer or
fail to.
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from clinic_files import write_keys
from fake_device import FakeDevice
from sample_prescription import GOOD_TOML, NOW


from evenpulse import cli
from evenpulse.base import today
from evenpulse.link import client
from evenpulse.prescription import keys, file as prescription, signed


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What a command that went well said with --json; of one that failed, its own error."""
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture(autouse=True, scope="module")
def _no_day_of_the_machine():
    """Nor in what a module makes once, before its first test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(today, "now", lambda: NOW)
        yield


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch):
    """No port, debug switch or slow time-out comes in from the machine."""
    for name in ("EVENPULSE_PORT", "EVENPULSE_DEBUG", "EVENPULSE_BOARDS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("EVENPULSE_KEY_PASSPHRASE", raising=False)
    monkeypatch.setattr(client, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(client, "_POLL_S", 0.01)


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


@pytest.fixture(scope="session")
def clinic(tmp_path_factory) -> Path:
    """A folder with clinic.key and clinic.pub: the tests' own key."""
    folder = tmp_path_factory.mktemp("clinic")
    write_keys(folder)
    return folder


@pytest.fixture
def sign(clinic):
    """Sign a device form, however wrong it is, into a file."""

    def _sign(rx: dict, path: Path) -> Path:
        path.write_text(signed.as_text(signed.sign(rx, keys.load_private(clinic / "clinic.key"))))
        return path

    return _sign


@pytest.fixture
def good_signed(good_toml, sign) -> Path:
    """The same, signed by the clinic."""
    return sign(prescription.load(good_toml), good_toml.with_suffix(".signed"))


@pytest.fixture
def report(run, tmp_path, good_toml):
    """Write a played device's journal and report; gives (its JSON, its HTML)."""

    def _report(device, *more, prescription=True, frames=None, code=0):
        file = tmp_path / "E66.journal"
        file.write_bytes(b"".join(frames or device.frames()))
        page = tmp_path / "report.html"
        rx = ("--prescription", good_toml) if prescription else ()
        zone = () if "--tz" in more else ("--tz", "UTC")
        outcome = run(
            "report", "--archive", file, "-o", page, "--force", "--json", *rx, *zone, *more
        )
        assert outcome.code == code, outcome.err
        return json.loads(outcome.out), page.read_text()

    return _report


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EVENPULSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
