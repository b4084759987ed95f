"""The host commands on the twin: the real firmware behind the same link, its flash kept in a folder
between commands.
"""

import json

import pytest

from evenpulse.link import client
from evenpulse.prescription import file as prescription


@pytest.fixture
def twin(tmp_path, monkeypatch):
    """A port whose twin keeps its flash. Its time-outs count simulated seconds, so none is
    shortened.
    """
    monkeypatch.setattr(client, "TIMEOUT_S", 2.0)
    return f"twin:{tmp_path / 'flash'}"


def test_info(run, twin):
    outcome = run("info", "--port", twin, "--json")
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert (told["product"], told["protocol"], told["board"], told["state"]) == (
        "evenpulse",
        1,
        "nmes2",
        "READY",
    )
    assert told["programs"] == []


@pytest.fixture
def trusting(run, twin, clinic):
    """The same, and the device trusts the clinic."""
    outcome = run("keys", "install", clinic / "clinic.pub", "--port", twin, "--json")
    assert outcome.code == 0, outcome.err
    assert [row["name"] for row in json.loads(outcome.out)] == ["clinic"]
    return twin


def test_without_a_key_a_prescription_is_refused_with_what_to_do(run, twin, good_signed):
    outcome = run("configure", good_signed, "--port", twin)
    assert outcome.code == 1
    for mention in ["there is none", "hold SELECT while switching on", "evenpulse keys install"]:
        assert mention in outcome.err


def test_install_configure_then_log_in_other_commands(run, trusting, good_signed):
    configured = run("configure", good_signed, "--port", trusting, "--json")
    assert configured.code == 0, configured.err
    assert "SELECT is held" in configured.err
    told = run("info", "--port", trusting, "--json").json
    assert told["programs"] == ["Pain relief"]
    assert [row["name"] for row in told["keys"]] == ["clinic"]
    log = run("log", "--port", trusting, "--json")
    assert log.code == 0, log.err
    entries = json.loads(log.out)
    assert [entry["id"] for entry in entries if entry["e"] == "prescription"] == ["rx-0001"]
    assert [(entry["key"], entry["what"]) for entry in entries if entry["e"] == "key"] == [
        (told["keys"][0]["key"], "installed")
    ]
    assert sum(entry["e"] == "boot" for entry in entries) == 3, (
        "one for each command: each is a power-on of its own"
    )
    assert all(entry["linked"] for entry in entries)


def test_an_old_counter_is_refused_and_nothing_changes(run, trusting, good_toml, sign, tmp_path):
    text = good_toml.read_text()

    def signed(number, name):
        good_toml.write_text(
            text.replace("counter = 1", f"counter = {number}").replace("Pain relief", name)
        )
        return sign(prescription.load(good_toml), tmp_path / f"{number}.signed")

    assert run("configure", signed(5, "Pain relief"), "--port", trusting).code == 0
    outcome = run("configure", signed(4, "Older"), "--port", trusting)
    assert outcome.code == 1
    for mention in ["counter = 4", "limit 6 to", "an old prescription cannot come back"]:
        assert mention in outcome.err
    assert run("info", "--port", trusting, "--json").json["programs"] == ["Pain relief"]


def test_a_changed_file_is_refused_by_the_device_itself(run, trusting, good_signed):
    document = json.loads(good_signed.read_text())
    good_signed.write_text(json.dumps({**document, "rx": document["rx"].replace("P-017", "P-018")}))
    outcome = run("configure", good_signed, "--port", trusting)
    assert outcome.code == 1
    assert "signature" in outcome.err and "do not use it" in outcome.err
    entries = run("log", "--port", trusting, "--json").json
    assert [entry["why"] for entry in entries if entry["e"] == "refused"] == ["signature"]


def test_a_key_is_installed_once_and_can_be_removed(run, trusting, clinic, good_signed):
    again = run("keys", "install", clinic / "clinic.pub", "--port", trusting)
    assert again.code == 1
    assert "not there yet" in again.err
    assert run("configure", good_signed, "--port", trusting).code == 0
    key = run("info", "--port", trusting, "--json").json["keys"][0]["key"]
    unknown = run("keys", "remove", "0" * 16, "--port", trusting)
    assert unknown.code == 1 and key in unknown.err
    removed = run("keys", "remove", key, "--port", trusting, "--json")
    assert removed.code == 0, removed.err
    assert json.loads(removed.out) == []
    told = run("info", "--port", trusting, "--json").json
    assert (told["keys"], told["prescription"], told["programs"]) == ([], None, [])


def test_selftest_tells_each_check_with_its_window(run, twin):
    outcome = run("selftest", "--port", twin, "--json")
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert told["failed"] == [] and len(told["checks"]) >= 12
    assert all(
        row["ok"] and row["lowest"] <= row["value"] <= row["highest"] for row in told["checks"]
    )
    table = run("selftest", "--port", twin)
    assert all(row["says"] in table.out for row in told["checks"])
