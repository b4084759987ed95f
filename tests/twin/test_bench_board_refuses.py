"""What board bench refuses, of a run and as a board: another board's methods, what is wrong with a
run, a self-test of what is not fitted.
"""

import json

import pytest
from bench_runs import begin, form, keep, plugged
import rig
from evenpulse.base import boards
from evenpulse.base.errors import Refused
from evenpulse.link.client import Device
from evenpulse.twin import clinic
from evenpulse.twin.port import TwinPort
from evenpulse.twin.twin import Twin
from stimcore import prescription

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
