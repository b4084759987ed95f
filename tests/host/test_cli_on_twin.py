"""The host commands on the twin: the real firmware behind the same link, its flash kept in a folder
between commands.
"""

import json

import pytest

from evenpulse import device


@pytest.fixture
def twin(tmp_path, monkeypatch):
    """A port whose twin keeps its flash. Its time-outs count simulated seconds, so none is shortened."""
    monkeypatch.setattr(device, "TIMEOUT_S", 2.0)
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


def test_configure_then_log_in_another_command(run, twin, good_toml):
    configured = run("configure", good_toml, "--port", twin, "--json")
    assert configured.code == 0, configured.err
    told = json.loads(run("info", "--port", twin, "--json").out)
    assert told["programs"] == ["Pain relief"]
    log = run("log", "--port", twin, "--json")
    assert log.code == 0, log.err
    entries = json.loads(log.out)
    assert [entry["id"] for entry in entries if entry["e"] == "prescription"] == ["rx-0001"]
    assert sum(entry["e"] == "boot" for entry in entries) == 3, (
        "one for each command: each is a power-on of its own"
    )
    assert all(entry["linked"] for entry in entries)


def test_an_old_counter_is_refused_and_nothing_changes(run, twin, good_toml):
    text = good_toml.read_text()
    good_toml.write_text(text.replace("counter = 1", "counter = 5"))
    assert run("configure", good_toml, "--port", twin).code == 0
    good_toml.write_text(text.replace("counter = 1", "counter = 4").replace("Pain relief", "Older"))
    outcome = run("configure", good_toml, "--port", twin)
    assert outcome.code == 1
    for mention in ["counter = 4", "above 5", "raise the counter"]:
        assert mention in outcome.err
    assert json.loads(run("info", "--port", twin, "--json").out)["programs"] == ["Pain relief"]
