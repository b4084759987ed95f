"""Archives, signed files and keys of before the rooms moved: today's tool says of them what the
tool of that day said. See old/README.md.
"""

import csv
import datetime
import importlib.util
import io
import json
import shutil
from pathlib import Path

import pytest
from played import Played

from evenpulse.base import today
from evenpulse.prescription import keys

OLD = Path(__file__).with_name("old")
COMMANDS = json.loads((OLD / "commands.json").read_text())
_spec = importlib.util.spec_from_file_location("make_old", OLD / "make.py")
make = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make)


@pytest.fixture
def clinic_disk(tmp_path, monkeypatch):
    """Old files where nothing is lost, on the day on which they were read."""
    folder = tmp_path / "disk"
    shutil.copytree(OLD, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EVENPULSE_KEY_PASSPHRASE", make.PASSPHRASE)
    then = datetime.datetime.fromisoformat(make.TODAY).replace(tzinfo=datetime.UTC)
    monkeypatch.setattr(today, "now", lambda: then)
    return folder


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_of_old_files_what_it_said_then(run, clinic_disk, name):
    outcome = run(*COMMANDS[name])
    page = clinic_disk / "report.html"
    now = outcome.out + (make.words_of(page.read_text()) if page.exists() else "")
    code, then = (OLD / "told" / name).read_text().split("\n", 1)
    assert f"exit code {outcome.code}" == code, outcome.err
    told = _TOLD[Path(name).suffix]
    assert _lost(told(then), told(now)) == []


def test_a_prescription_is_signed_with_the_old_key_to_the_same_bytes(run, clinic_disk):
    signing = run("prescribe", "sign", "rx.toml", "--key", "clinic.key", "-o", "again.signed")
    assert signing.code == 0, signing.err
    assert (clinic_disk / "again.signed").read_bytes() == (OLD / "rx.signed").read_bytes()


def test_a_device_takes_what_was_signed_then():
    trusted = keys.load_public(OLD / "clinic.pub")
    device = Played(trusted=((trusted.name, trusted.modulus),))
    sent = json.loads((OLD / "rx.signed").read_text())
    del sent["evenpulse"]
    answer = device.ask("configure", **sent, now_s=device.wall_s)
    assert "result" in answer, answer
    device.run(100).hold("SELECT")
    assert device.device.prescriptions.told()["state"] == "accepted"


def test_a_changed_byte_of_what_was_signed_then_is_refused(run, clinic_disk):
    text = (OLD / "rx.signed").read_text()
    (clinic_disk / "rx.signed").write_text(text.replace("P-042", "P-043"))
    outcome = run(*COMMANDS["prescribe-show.txt"])
    assert outcome.code == 1 and "its signature is wrong" in outcome.err


@pytest.mark.parametrize(
    "then, now, lost",
    [
        ({"a": 1}, {"a": 1, "new": 2}, []),
        ({"a": 1}, {"a": 2}, ["it.a: 1 became 2"]),
        ({"a": 1}, {"b": 1}, ["it.a is gone"]),
        ([{"a": 1}], [{"a": 1}, {"a": 1}], ["it: 1 became 2 long"]),
        ([1, [2, 3]], [1, [2, 4]], ["it.1.1: 3 became 4"]),
        (1, True, ["it: 1 became True"]),
    ],
)
def test_what_was_lost_is_named(then, now, lost):
    assert _lost(then, now) == lost


def _lost(then, now, where="it"):
    """What was said then and is not said now; a new key or column may have come."""
    if type(then) is not type(now) or not isinstance(then, dict | list):
        same = type(then) is type(now) and then == now
        return [] if same else [f"{where}: {then} became {now}"]
    if isinstance(then, list):
        if len(then) != len(now):
            return [f"{where}: {len(then)} became {len(now)} long"]
        then, now = dict(enumerate(then)), dict(enumerate(now))
    found = []
    for key in then:
        at = f"{where}.{key}"
        found += _lost(then[key], now[key], at) if key in now else [f"{at} is gone"]
    return found


# How what a command prints is read, by the name under which it is kept.
_TOLD = {
    ".txt": str.splitlines,
    ".json": json.loads,
    ".jsonl": lambda text: [json.loads(line) for line in text.splitlines()],
    ".csv": lambda text: list(csv.DictReader(io.StringIO(text))),
}
