"""`evenpulse monitor` in a process of its own: signals, a twin that goes and comes, a terminal."""

import re
import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from hang import HANG_S
from test_cli_monitor import FULL


def monitor_process(port, interval_ms, path):
    """The command in a process of its own, which Ctrl-C reaches though ours ignores it."""
    words = ["--port", port, "--interval-ms", str(interval_ms), "-o", path]
    return subprocess.Popen(
        [sys.executable, "-m", "evenpulse", "monitor", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # It does nothing that a thread could hold
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_sums_up(fake, tmp_path, number):
    path = tmp_path / "rows.jsonl"
    process = monitor_process(fake(status=FULL).port, 50, path)
    assert "RUNNING" in process.stdout.readline()
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == 130
    assert "watched" in err and "Traceback" not in err
    told = int(re.search(r"(\d+) rows? in ", err)[1])
    assert len(path.read_text().splitlines()) == told >= 1 + len(out.splitlines()) > 0


@contextmanager
def served(port=0):
    """`evenpulse twin serve` in a process of its own; the TCP port it has."""
    process = subprocess.Popen(
        [sys.executable, "-m", "evenpulse", "twin", "serve", "--tcp", str(port)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield int(process.stderr.readline().split(";")[0].rsplit(":", 1)[1])
    finally:
        process.kill()
        process.communicate()


def test_a_twin_that_is_switched_off_and_on_again(tmp_path):
    """The real firmware over TCP: one file, a marked gap, and a restart that is known."""
    path = tmp_path / "rows.jsonl"

    def last(event, count):
        deadline_s = time.monotonic() + HANG_S
        while time.monotonic() < deadline_s:
            found = (
                [json.loads(line) for line in path.read_text().splitlines()]
                if path.exists()
                else []
            )
            if len(found) >= count and found[-1]["event"] == event:
                return found
            time.sleep(0.1)
        raise AssertionError(f"no {event} in time: {found[-3:]}")

    with served() as port:
        watcher = monitor_process(f"socket://127.0.0.1:{port}", 200, path)
        before = last("status", 8)
    try:
        gone = last("disconnected", len(before) + 1)
        with served(port):
            after = last("status", len(gone) + 2)
    finally:
        watcher.send_signal(signal.SIGINT)
        out, err = watcher.communicate()
    assert watcher.returncode == 130, err
    # It may be slow to boot: silent in between
    back = next(one for one in after[len(gone) :] if one["event"] == "status")
    assert back["gap_s"] > 0 and back["restarted"] and back["uptime_ms"] < before[-1]["uptime_ms"]
    assert "1 gap" in err and "1 restart" in err and "disconnected" in out


def test_a_view_for_a_terminal(person, fake):
    """State, numbers, plots of what is measured, what happened; Ctrl-C leaves the terminal as it
    was, with the summary.
    """
    one = person(
        "-m",
        "evenpulse",
        "monitor",
        "--interval-ms",
        "100",
        "--port",
        fake(status=FULL, faults=["ok"] * 9 + ["hang_up"]).port,
    )
    text = one.reads("back after")
    for wanted in [
        "RUNNING   Pain relief   12:34 left",
        "10.0 mA asked, 9.9 measured, pads good",
        "channel 1 9.87 mA",
        "█",
        "supply 5.00 V",
        "disconnected: ",
    ]:
        assert wanted in text
    one.type("\x03")
    assert one.ends() == 130
    assert (
        one.attributes() == one.before
        and "\x1b[?25h" in one.text
        and "watched" in one.text
        and "1 gap" in one.text
    )
