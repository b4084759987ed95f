"""`evenpulse monitor`: what it shows and writes, that it only ever asks, and that it lives
through silence, unplugging and restarts.
"""

import csv
import json
import os
import pty
import threading

import pytest
import serial
from fake_device import INFO, STATUS, FakeDevice, line_of

from evenpulse.monitor import watching

FULL = {
    **STATUS, "state": "RUNNING", "program": "Pain relief", "prescription": "rx-0001",
    "left_s": 754, "ua": [10_000, 4_500],
    "measured_ua": [9_870, None], "contact": [True, None], "supply_mv": 4_998, "temperature_c": 28,
    "usb_power": True,
    "time_s": 1_795_348_800, "journal": 14, "journal_lost": 0, "bad_lines": 2, "advice": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(watching, "ANSWER_S", 0.1)


def rows(outcome):
    return [json.loads(line) for line in outcome.out.splitlines()]


def watch(run, port, for_s, *more):
    return run("monitor", "--port", port, "--interval-ms", 50, "--for-s", for_s, *more)


def test_lines_for_people(run, fake):
    outcome = watch(run, fake(status=FULL).port, 0.2)
    assert outcome.code == 0, outcome.err
    for text in [
        "RUNNING",
        "Pain relief",
        "1: 10.0 mA asked, 9.9 measured, pads good",
        "2: 4.5 mA asked",
        "left 12:34",
        "5.00 V",
        "28 °C",
        "journal 14",
    ]:
        assert text in outcome.out.splitlines()[0]
    assert (
        "answers (RUNNING" in outcome.err
        and "channel 1 up to 9.9 mA" in outcome.err
        and "0 gaps" in outcome.err
    )


def test_a_fault_is_shown_with_what_to_do(run, fake):
    status = {**FULL, "state": "FAULT", "fault": "lead_off", "advice": "check both pads"}
    outcome = watch(run, fake(status=status).port, 0.2)
    assert outcome.code == 0
    assert "fault lead_off: check both pads" in outcome.out and "faults: lead_off" in outcome.err


def test_rows_in_a_file_are_the_rows_on_stdout(run, fake, tmp_path):
    """And a text that a spreadsheet would calculate is none in the CSV."""
    device = fake(status={**FULL, "program": "=1+1"})
    lines, table = tmp_path / "rows.jsonl", tmp_path / "rows.csv"
    told = watch(run, device.port, 0.3, "--json", "-o", lines)
    assert told.code == 0 and lines.read_text() == told.out
    one = rows(told)[0]
    assert one["host_time_utc"].endswith("Z") and one["device_time_utc"] == "2026-11-22T12:00:00Z"
    assert (
        one["uptime_ms"],
        one["left_s"],
        one["supply_mv"],
        one["temperature_c"],
        one["journal_sequence"],
    ) == (4200, 754, 4998, 28, 14)
    assert (one["ch1_asked_ma"], one["ch1_measured_ma"], one["ch1_electrode"]) == (
        10.0,
        9.87,
        "good",
    )
    assert (one["ch2_asked_ma"], one["ch2_measured_ma"], one["ch2_electrode"]) == (4.5, None, None)
    assert watch(run, device.port, 0.3, "-o", table).code == 0
    cells = list(csv.DictReader(table.open()))
    assert len(cells) >= 2 and list(cells[0]) == list(one)
    assert (
        cells[0]["program"],
        cells[0]["ch1_measured_ma"],
        cells[0]["ch2_electrode"],
        cells[0]["usb_power"],
    ) == ("'=1+1", "9.87", "", "true")


@pytest.mark.parametrize(
    ("name", "mention"),
    [
        ("rows.txt", ".jsonl or .csv"),
        ("rows", "no suffix"),
        ("there.csv", "already there"),
        ("no/rows.csv", "there is no folder"),
    ],
)
def test_a_file_it_cannot_write_is_told_first(run, fake, tmp_path, name, mention):
    (tmp_path / "there.csv").write_text("kept")
    outcome = watch(run, fake().port, 0.2, "-o", tmp_path / name)
    assert outcome.code in (1, 2) and mention in outcome.err and outcome.out == ""
    assert (tmp_path / "there.csv").read_text() == "kept"


def test_it_asks_and_nothing_else(run, fake):
    """The fake device takes no byte outside a sound line: a Ctrl-C would end it."""
    device = fake(status=FULL)
    assert watch(run, device.port, 0.4).code == 0
    assert set(device.methods()) == {"info", "status"} and device.methods().count("status") >= 3


def test_silence_is_a_state_and_not_an_error(run, fake):
    """An armed device does not answer."""
    outcome = watch(run, fake(faults=["ok", "ok", *["silent"] * 3]).port, 2, "--json")
    assert outcome.code == 0, outcome.err
    events = [one["event"] for one in rows(outcome)]
    assert events.count("silent") == 1 and events[-1] == "status"
    silent, back = rows(outcome)[events.index("silent") :][:2]
    assert "armed" in silent["why"] and silent["state"] is None and silent["uptime_ms"] is None
    assert back["gap_s"] > 0 and back["restarted"] is False
    assert [one["gap_s"] for one in rows(outcome)].count(None) == len(events) - 1


def test_it_waits_for_a_port_that_goes_and_comes(run, fake, tmp_path):
    device = fake(faults=["ok", "ok", "hang_up", "hang_up", "ok"])
    outcome = watch(run, device.port, 1, "-o", tmp_path / "rows.jsonl")
    assert outcome.code == 0, outcome.err
    kept = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [one["event"] for one in kept[:3]] == ["status", "disconnected", "status"] and kept[2][
        "gap_s"
    ] is not None
    assert "back after" in outcome.out and "1 gap" in outcome.err


def test_a_restart_is_known_by_the_uptime(run):
    class Restarting(FakeDevice):
        def _status(self, params):
            self.status["uptime_ms"] += 1_000
            if self.methods().count("status") == 3:
                self.status["uptime_ms"] = 700
            return super()._status(params)

    outcome = watch(run, Restarting().port, 0.5, "--json")
    assert [one["restarted"] for one in rows(outcome)][:4] == [False, False, True, False]
    assert "1 restart" in outcome.err


def test_another_device_on_the_port_ends_it(run):
    class Swapped(FakeDevice):
        def _info(self, params):
            return {
                "result": self.info
                if self.methods().count("info") == 1
                else {**INFO, "serial": "OTHER"}
            }

    outcome = watch(run, Swapped(faults=["ok", "ok", "hang_up"]).port, 5)
    assert outcome.code == 1
    for text in ["another device", "OTHER", INFO["serial"]]:
        assert text in outcome.err


def test_at_the_start_a_port_must_be_there(run):
    outcome = watch(run, "socket://127.0.0.1:1", 5)
    assert outcome.code == 3 and "nothing listens" in outcome.err


def test_a_serial_port_is_opened_without_resetting_the_board(run, monkeypatch):
    """DTR and RTS are asserted, as any terminal does it, never dropped while it is open; no
    break, no 1200 baud (a bootloader's sign).
    """
    ours, theirs = pty.openpty()
    lines, seen = [], []
    monkeypatch.setattr(
        serial.Serial,
        "_update_dtr_state",
        lambda port: lines.append(("dtr", port._dtr_state, port.baudrate)),
    )
    monkeypatch.setattr(
        serial.Serial,
        "_update_rts_state",
        lambda port: lines.append(("rts", port._rts_state, port.baudrate)),
    )
    monkeypatch.setattr(
        serial.Serial,
        "_update_break_state",
        lambda port: lines.append(("break", port._break_state, port.baudrate)),
    )

    def answer():
        pending = b""
        while True:
            try:
                pending += os.read(ours, 4096)
            except OSError:
                return
            while b"\n" in pending:
                line, pending = pending.split(b"\n", 1)
                seen.append(line)
                request = json.loads(line[:-9])
                result = INFO if request["method"] == "info" else FULL
                os.write(ours, line_of({"jsonrpc": "2.0", "id": request["id"], "result": result}))

    threading.Thread(target=answer, daemon=True).start()
    outcome = watch(run, os.ttyname(theirs), 0.3)
    os.close(theirs)
    assert outcome.code == 0, outcome.err
    assert len(seen) >= 3 and b"\x03" not in b"".join(seen)
    assert {name for name, *_ in lines} == {"dtr", "rts"} and all(state for _, state, _ in lines)
    assert all(baud != 1_200 for *_, baud in lines)


@pytest.mark.parametrize("for_s", ["inf", "nan", "1e9", "0", "-1"])
def test_a_time_that_never_ends_is_refused(run, fake, for_s):
    outcome = watch(run, fake().port, for_s)
    assert outcome.code == 2 and "--for-s" in outcome.err and not outcome.out
