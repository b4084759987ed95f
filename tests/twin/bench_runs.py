"""Board bench on the emulated chip: a host runs a program and keeps it alive; a silent host is a
gone one; other boards refuse.
"""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
import rig
from evenpulse.base import boards
from evenpulse.base.errors import Problem, Refused, SafetyFault
from evenpulse.link import host_run
from evenpulse.link.client import Device
from evenpulse.scenario.player import run as play
from evenpulse.twin import clinic
from evenpulse.twin.port import TwinPort
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin
from evenpulse.twin.waveform import Prescribed, pulses, rows, worst_clocks
from sample_scenarios import PRESCRIPTION, START
from stimcore import prescription
from test_interlock import journal_events

PROGRAM = rig.program(phase_us=187, gap_us=53, rate_pps=77.3, offset_us=3_001)
# The whole number of us nearest to 1 000 000 / 77.3
WANTED = Prescribed(187, 53, 12_937, 3_001)
KEEP_ALIVE_MS, ROUND_MS = 100, 10
NOT_FITTED = {
    "board_resistors",
    "current_zero_ch1",
    "current_zero_ch2",
    "samples_ch1",
    "samples_ch2",
    "sense_lead_ch1",
    "sense_lead_ch2",
    "short_line",
    "short_pulls",
    "supply",
}


def plugged(board="bench"):
    """A twin at READY with USB in, and its link."""
    twin = Twin(board)
    twin.power_on(usb=True)
    assert twin.run_until_state(rig.READY, 3_000)
    return twin, Device(TwinPort(twin))


def form(**changes):
    return prescription.from_toml_dict(rig.document({**PROGRAM, **changes}))


def begin(device, ua=(0, 0), rx=None):
    return device.call("run", {"rx": json.dumps(rx or form()), "program": 1, "ua": list(ua)})


def keep(twin, device, ms, every_ms=50):
    """Keep it alive for so long; the last answer."""
    end = twin.now + round(ms * CLOCKS_PER_MS)
    while twin.now < end:
        twin.run_ms(every_ms)
        told = device.call("keep_alive")
    return told


def trains(twin):
    return [
        pulses(twin.edges, rig.gpio(twin, f"CH{n}_A"), rig.gpio(twin, f"CH{n}_B")) for n in (1, 2)
    ]


def events(twin, name):
    return [record for record in journal_events(twin) if record["e"] == name]


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
    assert (rig.last_fall(twin) - at) / CLOCKS_PER_MS <= KEEP_ALIVE_MS + ROUND_MS
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


@pytest.mark.parametrize("board", ["nmes2", "zero1"])
def test_a_board_with_an_output_stage_refuses_every_one_of_these_methods(board):
    twin = Twin(board, clinic.flash(boards.load(board)))
    twin.power_on(usb=True)
    assert twin.run_until_state(rig.READY, 3_000)
    device = Device(TwinPort(twin))
    rx = (
        form()
        if board == "nmes2"
        else prescription.from_toml_dict(rig.document(rig.program(channels=[1])))
    )
    for call in (
        lambda: begin(device, rx=rx),
        lambda: device.call("keep_alive"),
        lambda: device.call("stop"),
    ):
        with pytest.raises(Refused, match=f"board {board} has an output stage"):
            call()
    twin.run_ms(500)
    hv = rig.gpio(twin, "HV_EN")
    assert twin.state == rig.READY and not [
        edge for edge in twin.edges if edge[1] == hv and edge[2]
    ]


WRONG = [
    ({"rx": "no JSON"}, "rx"),
    ({"rx": "[]"}, "prescription"),
    ({"rx": "{}"}, "v"),
    ({"program": 0}, "program"),
    ({"program": 2}, "program"),
    ({"program": True}, "program"),
    ({"ua": [1_000]}, "ua"),
    ({"ua": [31_000, 0]}, "ch1_ua"),
    ({"ua": [0, 500]}, "ch2_ua"),
    ({"ua": [-1_000, 0]}, "ch1_ua"),
    ({"rx": json.dumps({**form(), "checks": {}})}, "checks.contraindications_excluded"),
]


def test_what_is_wrong_with_a_run_is_named_and_starts_nothing():
    twin, device = plugged()
    for changes, field in WRONG:
        with pytest.raises(Refused) as caught:
            device.call("run", {"rx": json.dumps(form()), "program": 1, "ua": [0, 0], **changes})
        assert caught.value.data["field"] == field
    twin.run_ms(300)
    assert twin.state == rig.READY and not rig.levels(twin, ["HV_EN"])[0]


@pytest.mark.parametrize("rx", [None, 7, True, [], {}, ["{}"], ""])
def test_a_run_without_a_text_is_refused(rx):
    twin, device = plugged()
    with pytest.raises(Refused) as caught:
        device.call("run", {"rx": rx, "program": 1, "ua": [0, 0]})
    assert caught.value.data["field"] == "rx" and device.call("keep_alive")["active"] is False


def test_a_run_that_is_under_way_is_not_begun_again():
    twin, device = plugged()
    begin(device)
    keep(twin, device, 300)
    with pytest.raises(Refused, match="state is RUNNING"):
        begin(device)
    # The line takes longer to look at than the host may be silent: the run that was under way may
    # have ended by that.
    told = keep(twin, device, 100, every_ms=10)
    assert told["state"] == "RUNNING" or told["why"] == "keep_alive"


def test_the_self_test_says_what_is_not_fitted_and_passes_none_of_it():
    _, device = plugged()
    failed, rows = device.self_test()
    checks = {row.id: row for row in rows}
    assert failed == []
    assert {name for name, row in checks.items() if row.ok is None} == NOT_FITTED
    assert all(checks[name].value is None for name in NOT_FITTED)
    measured = {
        "outputs_low",
        "stop_loop",
        "guard_cuts",
        "deadman_cuts",
        "monitor_ch2_b",
        "firmware_intact",
    }
    assert all(checks[name].ok is True for name in measured)
    _, sold = plugged("nmes2")
    assert all(row.ok is True for row in sold.self_test()[1])


def test_what_is_fitted_still_fails():
    twin = Twin("bench")
    twin.power_on(usb=False)
    twin.world.pull_interlock("a wire", True)
    twin.run_ms(600)
    assert twin.state == rig.FAULT


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
