"""Calibration over the link: what a person takes, what is refused, and what flash makes of it."""

import pytest
from over_the_link import BOARDS_OWN, CALIBRATED, WANTED, calibrated, denied
from samples import board
from whole_device import Rig

from app.slot_store import SlotStore
from stimcore import link
from stimcore.errors import Refused


@pytest.mark.parametrize(
    "seen,why",
    [
        ({"pressed": "DOWN"}, "refused at the device"),
        ({"stop_down": True}, "refused at the device"),
        ({"ms": 60_001}, "nobody accepted it"),
    ],
)
def test_a_calibration_that_no_person_takes_changes_nothing(seen, why):
    rig = Rig()
    rig.round(pressed="SELECT")
    rig.ask("calibrate", **WANTED)
    # Down since before the offer
    rig.round(1_000, held="SELECT")
    assert rig.device.calibrations.told()["state"] == "pending"
    rig.round(**seen)
    assert rig.device.calibrations.told() == {
        "sha256": rig.device.calibrations.told()["sha256"],
        "state": "refused",
        "why": why,
        "left_s": 0,
    }
    rig.hold_select()
    assert (
        rig.device.calibration == BOARDS_OWN
        and rig.driver == {0: (5, -6), 1: (0, 7)}
        and rig.calibration_flash.image() == {}
    )


def test_calibration_is_the_boards_own_until_a_host_sets_another():
    rig = Rig()
    assert rig.ask("info")["result"]["calibration"] == BOARDS_OWN
    assert rig.driver == {0: (5, -6), 1: (0, 7)}
    answer = rig.ask("calibrate", **WANTED)["result"]
    assert (
        answer["state"] == "pending"
        and rig.device.calibration == BOARDS_OWN
        and rig.calibration_flash.image() == {}
        and rig.events() == []
    )
    assert rig.ask("status", 2)["result"]["calibration"] == answer
    rig.hold_select()
    assert rig.ask("status", 3)["result"]["calibration"] == {
        "sha256": answer["sha256"],
        "state": "accepted",
        "why": None,
        "left_s": 0,
    }
    assert rig.ask("info", 4)["result"]["calibration"] == CALIBRATED
    assert rig.driver == {0: (5, -6), 1: (-250, 40)}
    assert rig.events() == [dict(WANTED, e="calibration")]


def test_calibration_is_kept_through_a_power_cycle():
    rig = Rig()
    calibrated(rig)
    rig.start()
    assert rig.ask("info")["result"]["calibration"] == CALIBRATED
    assert rig.driver == {0: (5, -6), 1: (-250, 40)}
    assert [event["e"] for event in rig.events()] == ["calibration"]


BAD_CALIBRATIONS = [
    ({"channel": 3}, "channel", "3", "1 to 2"),
    ({"channel": "1"}, "channel", "1", "1 to 2"),
    ({"gain_permyriad": 1_001}, "gain_permyriad", "1001", "-1000 to 1000 of 0.01 %"),
    ({"offset_ua": 2.5}, "offset_ua", "2.5", "-1000 to 1000 uA"),
    ({"gain": 5}, "gain", "unknown key", "one of channel, gain_permyriad, offset_ua"),
]


@pytest.mark.parametrize("row", BAD_CALIBRATIONS)
def test_a_calibration_out_of_range_is_refused_and_changes_nothing(row):
    change, field, value, limit = row
    rig = Rig()
    data = rig.ask("calibrate", **dict(WANTED, **change))["error"]["data"]
    assert (
        (data["field"], data["value"], data["limit"]) == (field, value, limit)
        and data["source"]
        and data["advice"]
    )
    assert (
        rig.calibration_flash.image() == {}
        and rig.events() == []
        and rig.driver == {0: (5, -6), 1: (0, 7)}
    )


@pytest.mark.parametrize("state", ["BOOT", "READY", "ARMED", "RUNNING", "PAUSED", "ENDED", "FAULT"])
def test_calibration_only_at_rest(state):
    rig = Rig()
    rig.device.session.state = state
    answer = rig.ask("calibrate", **WANTED)
    if state in ("READY", "ENDED"):
        assert "result" in answer
    else:
        assert answer["error"]["code"] == link.BUSY and state in answer["error"]["message"]
        assert rig.calibration_flash.image() == {} and rig.device.calibration == BOARDS_OWN


def test_flash_that_does_not_hold_keeps_the_old_calibration():
    rig = Rig()
    rig.calibration_flash.program = lambda offset, data: None
    calibrated(rig)
    told = rig.device.calibrations.told()
    assert told["state"] == "refused" and "flash" in told["why"]
    assert (
        rig.ask("info")["result"]["calibration"] == BOARDS_OWN
        and rig.driver[1] == (0, 7)
        and denied(rig) == [("calibration", told["why"][:48])]
        and len(rig.events()) == 1
    )


def rot(rig):
    """Flip one bit of the text in the slot written first."""
    rig.calibration_flash.poke(20, rig.calibration_flash.read(20, 1)[0] ^ 1)
    rig.start()


def test_a_calibration_that_rotted_counts_as_the_boards_own_and_is_journaled():
    rig = Rig()
    calibrated(rig)
    rot(rig)
    assert rig.device.calibration == BOARDS_OWN and rig.driver == {0: (5, -6), 1: (0, 7)}
    assert (
        rig.events()[-1]["e"] == "calibration_bad" and rig.events()[-1]["calibration"] == BOARDS_OWN
    )


def test_beside_a_rotted_slot_the_whole_one_counts_and_calibrating_again_mends_it():
    rig = Rig()
    calibrated(rig)
    calibrated(rig, offset_ua=41)
    # This goes into the first slot again
    calibrated(rig, offset_ua=42)
    rot(rig)
    assert rig.driver[1] == (-250, 41) and rig.events()[-1]["e"] == "calibration_bad"
    calibrated(rig, offset_ua=42)
    rig.start()
    assert rig.driver[1] == (-250, 42) and rig.events()[-1]["e"] == "calibration"


@pytest.mark.parametrize(
    "text",
    [
        b"[[1001,0],[0,0]]",
        b"[[0,0]]",
        b"[[0,0],[0,0],[0,0]]",
        b"[[0,0],[0]]",
        b"[0,0]",
        b"5",
        b"null",
        b"{",
        b"[[0,0],[0,0.5]]",
        b"[[0,0],[0,-1001]]",
        b"[[0,0],[true,0]]",
    ],
)
def test_a_stored_calibration_out_of_range_counts_as_the_boards_own(text):
    rig = Rig()
    SlotStore(rig.calibration_flash, b"EVCA").save(text)
    rig.start()
    assert rig.device.calibration == BOARDS_OWN and [event["e"] for event in rig.events()] == [
        "calibration_bad"
    ]


def test_a_board_whose_own_calibration_is_out_of_range_does_not_start():
    rig = Rig()
    rig.board = board(CALIBRATION=((0, 0), (0, 1_001)))
    with pytest.raises(Refused):
        rig.start()
