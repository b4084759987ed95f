"""Board bench on the emulated chip: a host runs a program and keeps it alive; a silent host is a
gone one.
"""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from bench_runs import KEEP_ALIVE_MS, ROUND_MS, WANTED, begin, events, form, keep, plugged, trains
import rig
from evenpulse.base.errors import Problem, SafetyFault
from evenpulse.link import host_run
from evenpulse.link.client import Device
from evenpulse.scenario.player import run as play
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin
from evenpulse.twin.waveform import rows, worst_clocks
from sample_scenarios import PRESCRIPTION, START


def test_a_run_over_the_link_is_what_was_asked_for_to_its_end():
    twin, device = plugged()
    rx = form(minutes=0.05)
    told = host_run.run(device, rx, 1, [5_000, 3_000], lambda told: None)
    assert told["why"] == "end" and twin.usb.plugged
    table = rows(WANTED, trains(twin))
    assert worst_clocks(table) == 0, table
    start = trains(twin)[0][0].a_start
    assert [p.a_start - start for p in trains(twin)[0]] == [
        k * 12_937 * 125 for k in range(len(trains(twin)[0]))
    ]
    # 3 s
    assert len(trains(twin)[0]) in (231, 232, 233)
    peaks = [
        max(duty for _, gpio, duty in twin.world.duties if gpio == rig.gpio(twin, f"CH{n}_AMP"))
        for n in (1, 2)
    ]
    # 5 and 3 of 100 mA, rounded down
    assert peaks == [204 / 4096, 122 / 4096]
    assert [record["id"] for record in events(twin, "host_run")] == ["rx-test"]
    end = events(twin, "end")[-1]
    assert "why" not in end and "pulses" not in end and "muc" not in end, "no meter saw any"


def test_a_host_that_keeps_it_alive_is_not_cut_off():
    twin, device = plugged()
    begin(device)
    told = keep(twin, device, 3_000, every_ms=60)
    assert told["active"] and told["state"] == "RUNNING" and twin.now > 3_000 * CLOCKS_PER_MS
    for method in ("status", "log", "info"):
        device.call(method)
        assert device.call("keep_alive")["state"] == "RUNNING", "asking takes no longer than it may"


@pytest.mark.parametrize("alive_ms", [230, 777, 1_303])
def test_a_silent_host_is_cut_off_within_100_ms_and_two_rounds(alive_ms):
    """One round finds it and stops the trains, the next takes HV_EN away; with what it does itself
    a round takes up to 14 ms.
    """
    twin, device = plugged()
    begin(device, (4_000, 4_000))
    keep(twin, device, alive_ms)
    # The answer has come: the device heard it before now
    asked = twin.now
    twin.run_ms(KEEP_ALIVE_MS - 2 * ROUND_MS - 15)
    assert rig.levels(twin, ["HV_EN"]) == [1], "not too early either"
    twin.run_ms(200)
    assert rig.levels(twin) == [0] * 5
    assert (rig.last_fall(twin) - asked) / CLOCKS_PER_MS <= KEEP_ALIVE_MS + 2 * 14
    assert not any(twin.chip.pads.drives(rig.gpio(twin, role)) for role in rig.GUARDED)
    assert worst_clocks(rows(WANTED, trains(twin))) == 0, "the last pulse is whole"
    assert events(twin, "end")[-1]["why"] == "keep_alive" and events(twin, "fault") == []
    told = device.call("keep_alive")
    assert (told["active"], told["why"]) == (False, "keep_alive")
    twin.run_ms(500)
    assert twin.state == rig.READY, "a late keep-alive starts nothing"
    begin(device)
    assert keep(twin, device, 300)["state"] == "RUNNING", "the next run is a new one"


def test_an_unplugged_cable_is_a_silent_host():
    twin, device = plugged()
    begin(device)
    keep(twin, device, 400)
    at = twin.now
    twin.plug(False)
    twin.run_ms(300)
    # The round that notices, what that has to do before, and a pulse that has begun: seen 110.96
    assert (rig.last_fall(twin) - at) / CLOCKS_PER_MS <= KEEP_ALIVE_MS + 2 * ROUND_MS
    assert events(twin, "end")[-1]["why"] == "keep_alive"


def test_stop_ends_it_at_once():
    twin, device = plugged()
    begin(device, (2_000, 2_000), form(ramp_down_s=1.0))
    keep(twin, device, 600)
    device.call("stop")
    at = twin.now
    twin.run_ms(100)
    assert (rig.last_fall(twin) - at) / CLOCKS_PER_MS <= 3 * ROUND_MS and events(twin, "end")[-1][
        "why"
    ] == "host"


def test_interlock_and_frozen_cpu_stop_it_as_on_any_board_and_the_next_run_clears_the_fault():
    twin, device = plugged()
    begin(device)
    keep(twin, device, 300)
    at = twin.now
    twin.world.pull_interlock("a wire", True)
    twin.run_ms(50)
    assert (rig.last_fall(twin) - at) <= 8 and twin.state == rig.FAULT
    assert device.call("keep_alive")["why"] == "fault"
    begin(device)
    assert "still_open" in keep(twin, device, 100)["why"], "the wire is still there"
    twin.world.pull_interlock("a wire", False)
    begin(device)
    assert keep(twin, device, 300)["state"] == "RUNNING"
    at = twin.now
    twin.freeze(90)
    twin.run_ms(100)
    assert (rig.last_fall(twin) - at) / CLOCKS_PER_MS <= 70, "the dead-man"


def test_a_fault_in_a_run_is_a_safety_fault_on_the_host():
    twin, device = plugged()
    twin.at(twin.now + 900 * CLOCKS_PER_MS, lambda: twin.world.pull_interlock("a wire", True))
    with pytest.raises(SafetyFault, match="interlock_open"):
        host_run.run(device, form(), 1, [0, 0], lambda told: None)


def test_a_host_that_slept_is_told_so():
    twin, device = plugged()
    slept = []

    def sleep(told):
        if told["state"] == "RUNNING" and not slept:
            slept.append(twin.run_ms(150))

    with pytest.raises(Problem, match="had not heard from this computer for 100 ms"):
        host_run.run(device, form(), 1, [0, 0], sleep)


def test_a_scenario_runs_on_it_by_its_buttons(tmp_path):
    (tmp_path / "pain.toml").write_text(PRESCRIPTION)
    file = tmp_path / "scenario.toml"
    file.write_text('board = "bench"\nprescription = "pain.toml"\nuntil_ms = 2500\n' + START)
    summary = play(file, tmp_path / "out")
    assert (summary["board"], summary["exit_state"], summary["trips"]) == ("bench", "RUNNING", [])
    assert (
        summary["1"]["pulses"] == summary["2"]["pulses"] > 40 and summary["1"]["delivered_uc"] == 0
    )


def _command(*words):
    return [sys.executable, "-m", "evenpulse", "bench", "run", *words]


def test_the_command_runs_it_to_the_end_and_prints_how_it_ended(tmp_path):
    file = tmp_path / "pain.toml"
    file.write_text(PRESCRIPTION)
    done = subprocess.run(
        _command(str(file), "--port", "twin@bench:", "--seconds", "1", "--ch1-ma", "2", "--json"),
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["why"], told["port"]) == (0, "end", "twin@bench:"), done.stderr
    for words, code, says in (
        (("--port", "twin:"), 1, "board nmes2 has an output stage"),
        (("--port", "twin@bench:", "--program", "2"), 2, "--program 2"),
        (("--port", "twin@bench:", "--seconds", "0"), 2, "--seconds 0"),
        (("--port", "twin@bench:", "--ch1-ma", "0.0001"), 2, "--ch1-ma"),
        (("--port", "twin@bench:", "--ch1-ma", "1e308"), 2, "beyond 1000 mA"),
        (("--port", "twin@bench:", "--ch2-ma", "nan"), 2, "--ch2-ma nan"),
        (("--port", "twin@bench:", "--ch2-ma", "31"), 1, "ch2_ua = 31000"),
        (("--port", "twin@nosuch:"), 2, "no board 'nosuch'"),
    ):
        wrong = subprocess.run(
            _command(str(file), *words), capture_output=True, text=True, check=False
        )
        assert (
            wrong.returncode == code and says in wrong.stderr and "Traceback" not in wrong.stderr
        ), wrong.stderr


def test_ctrl_c_stops_the_board_and_exits_130(tmp_path):
    """The twin is behind TCP, so that it lives on and can be asked what it did."""
    from evenpulse.connect.ports import open_port
    from evenpulse.live.serve import serve

    file = tmp_path / "pain.toml"
    file.write_text(PRESCRIPTION)
    twin, where, up = Twin("bench"), [], threading.Event()
    ended = threading.Event()

    def ready(host, port):
        where.append(f"socket://{host}:{port}")
        up.set()

    def go():
        try:
            serve(twin=twin, ready=ready)
        except _Ended:
            pass

    real, twin.run_ms = twin.run_ms, None

    def run_ms(milliseconds):
        if ended.is_set():
            raise _Ended
        real(milliseconds)

    twin.run_ms = run_ms
    server = threading.Thread(target=go)
    server.start()
    try:
        assert up.wait(60)
        command = subprocess.Popen(
            _command(str(file), "--port", where[0], "--seconds", "60"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # It does nothing that a thread could hold.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
        )
        while twin.state != rig.RUNNING and command.poll() is None:
            pass
        os.kill(command.pid, signal.SIGINT)
        out, err = command.communicate()
        assert command.returncode == 130 and out == "" and "Traceback" not in err, err
        device = Device(open_port(where[0]))
        assert device.call("keep_alive")["why"] == "host"
        device.transport.close()
    finally:
        ended.set()
        server.join(60)


class _Ended(Exception):
    """The test is over."""
