"""Flashing end to end: the real command, the real firmware, the boot loader's drive of a served
twin.
"""

import json
import threading

import pytest
from other_build import with_version
from served_twin import ServedTwin

from evenpulse.link import client
from toolchain import firmware_dir

OTHER = "0.1.9"


@pytest.fixture
def other(tmp_path, monkeypatch):
    """Firmware of another version."""
    monkeypatch.setattr(client, "TIMEOUT_S", 2.0)
    monkeypatch.setattr(client, "_POLL_S", 0.25)
    return with_version(firmware_dir("nmes2"), OTHER, tmp_path / "other.uf2")


def info(run, port):
    return run("info", "--port", port, "--json").json


def pressed_when_asked(monkeypatch, twin, button, for_ms):
    """Somebody at the device who does as the host says."""
    from evenpulse.cli import flash

    plain = flash.note

    def note(text):
        plain(text)
        if "hold SELECT there" in text:
            threading.Timer(0.3, lambda: twin.press(button, for_ms)).start()

    monkeypatch.setattr(flash, "note", note)


def test_running_firmware_asks_is_flashed_and_read_back(run, tmp_path, other, monkeypatch):
    drive = tmp_path / "rpi-rp2"
    arguments = ["--drive", drive, "--uf2", other, "--json"]
    with ServedTwin("--drive", drive) as twin:
        pressed_when_asked(monkeypatch, twin, "DOWN", 100)
        outcome = run("flash", "--port", twin.port, *arguments)
        assert outcome.code == 1 and "refused at the device" in outcome.err and not drive.exists()
        before = info(run, twin.port)
        monkeypatch.undo()
        monkeypatch.setattr(client, "TIMEOUT_S", 2.0)
        pressed_when_asked(monkeypatch, twin, "SELECT", 1_500)
        outcome = run("flash", "--port", twin.port, *arguments)
        assert outcome.code == 0, outcome.err
        told = json.loads(outcome.out)
        assert (told["written"], told["version"], told["board"], told["state"]) == (
            True,
            OTHER,
            "nmes2",
            "READY",
        )
        assert told["self_test"]["failed"] == [] and told["self_test"]["checks"] >= 12
        assert not drive.exists()
        after = info(run, twin.port)
        assert (after["version"], after["firmware"]) == (OTHER, told["firmware"]) and after[
            "firmware"
        ] != before["firmware"]
        again = run("flash", "--port", twin.port, *arguments)
        assert (
            again.code == 0
            and json.loads(again.out)["written"] is False
            and "nothing to do" in again.err
        )
        log = run("log", "--port", twin.port, "--json").json
        told = [
            (entry["e"], entry.get("version") or entry.get("to") or entry.get("why"))
            for entry in log
        ]
        assert told == [
            ("boot", before["version"]),
            ("denied", "refused at the device"),
            ("update", OTHER),
            ("boot", OTHER),
        ]
    lines = outcome.err.splitlines()
    gone = [k for k, line in enumerate(lines) if "disappears" in line]
    assert lines[0].startswith("Found ") and gone[0] < gone[1] < next(
        k for k, line in enumerate(lines) if "restarts" in line
    )


def test_service_mode_needs_no_second_question(run, tmp_path, other):
    drive = tmp_path / "rpi-rp2"
    with ServedTwin("--drive", drive, "--service") as twin:
        outcome = run("flash", "--port", twin.port, "--drive", drive, "--uf2", other, "--json")
        assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["version"] == OTHER
    assert "in service mode" in outcome.err and outcome.err.index(
        "disappears now"
    ) < outcome.err.index("restarts")


def test_a_board_with_bootsel_held_is_flashed_as_what_one_says_it_is(run, tmp_path, other):
    drive = tmp_path / "rpi-rp2"
    with ServedTwin("--drive", drive, "--bootsel") as twin:
        for _ in range(200):
            if drive.exists():
                break
            threading.Event().wait(0.05)
        outcome = run("flash", "--board", "nmes2", "--drive", drive, "--port", twin.port, "--json")
        assert outcome.code == 0, outcome.err
        assert "cannot say what board it is; you say nmes2" in outcome.err
        assert json.loads(outcome.out)["firmware"] == info(run, twin.port)["firmware"]
