"""Other firmware over the link: a person at the device allows it, at rest, for its own board;
nothing else does.
"""

import pytest
from whole_device import IDENTITY, Rig

from stimcore import link
from stimcore.acceptance import WAIT_MS
from stimcore.inputs import HOLD_MS
from stimcore.states import STATES

NEW = {"board": "sample", "version": "0.1.1", "sha256": "ab" * 32}


def ask(rig, number=1, **changes):
    return rig.ask("update", number, **dict(NEW, **changes))


def told(rig, number=99):
    return rig.ask("status", number)["result"]["update"]


def due(rig):
    return rig.device.update.due(rig.device.now_ms)


def updates(rig):
    return [event for event in rig.events() if event["e"] == "update"]


def test_before_any_offer_there_is_nothing_to_tell():
    rig = Rig()
    assert told(rig) is None and not due(rig) and not rig.round(held="SELECT")


def test_select_held_after_the_offer_allows_it_once_journaled_a_second_later():
    rig = Rig()
    assert ask(rig)["result"] == {
        "sha256": NEW["sha256"],
        "state": "pending",
        "why": None,
        "left_s": 60,
    }
    rig.hold_select()
    assert told(rig)["state"] == "accepted" and not due(rig)
    assert updates(rig) == [
        {"e": "update", "from": IDENTITY["version"], "to": "0.1.1", "sha256": "ab" * 8}
    ]
    assert rig.round(970, held="START"), "the buttons mean nothing else until the boot loader"
    assert not due(rig)
    rig.round(30)
    assert due(rig) and len(updates(rig)) == 1


def test_a_button_held_since_before_the_offer_allows_nothing():
    rig = Rig()
    rig.round(pressed="SELECT")
    ask(rig)
    rig.round(HOLD_MS, held="SELECT")
    assert told(rig)["state"] == "pending"


@pytest.mark.parametrize(
    "seen,why",
    [
        ({"pressed": "DOWN"}, "refused at the device"),
        ({"stop_down": True}, "refused at the device"),
    ],
)
def test_down_and_stop_refuse(seen, why):
    rig = Rig()
    ask(rig)
    rig.round(**seen)
    assert (told(rig)["state"], told(rig, 98)["why"]) == ("refused", why)
    rig.hold_select()
    assert not rig.round(2_000) and not due(rig) and updates(rig) == []


def test_after_a_minute_nobody_has_allowed_it():
    rig = Rig()
    ask(rig)
    rig.round(WAIT_MS - 1)
    assert told(rig)["state"] == "pending"
    rig.round(1)
    assert told(rig, 98)["why"] == "nobody accepted it" and not due(rig)


@pytest.mark.parametrize("state", STATES)
def test_only_at_rest_and_it_ends_when_the_rest_does(state):
    rig = Rig()
    rig.device.session.state = state
    answer = ask(rig)
    assert ("result" in answer) == (state in ("READY", "ENDED"))
    if "error" in answer:
        assert (
            answer["error"]["code"] == link.BUSY
            and state in answer["error"]["message"]
            and rig.device.update.told() is None
        )
    else:
        rig.device.session.state = "ARMED"
        rig.hold_select()
        assert told(rig)["why"] == "no longer at rest" and updates(rig) == []


def test_firmware_of_another_board_is_refused_with_both_names():
    rig = Rig()
    data = ask(rig, board="zero1")["error"]["data"]
    assert (data["field"], data["value"], data["limit"]) == (
        "board",
        "zero1",
        "sample",
    ) and "sample" in data["advice"]
    assert told(rig) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"board": ""},
        {"board": 7},
        {"version": None},
        {"version": "x" * 17},
        {"board": "x" * 17},
        {"sha256": "ab" * 31},
        {"sha256": "AB" * 32},
        {"sha256": "zz" * 32},
        {"sha256": 5},
    ],
)
def test_what_makes_no_sense_is_refused(changes):
    rig = Rig()
    assert ask(rig, **changes)["error"]["code"] == link.INVALID_PARAMS and told(rig) is None


def test_one_question_at_a_time():
    rig = Rig()
    ask(rig, 1)
    assert ask(rig, 2)["result"]["state"] == "pending", "the same again is the same question"
    assert "another one waits" in ask(rig, 3, sha256="cd" * 32)["error"]["message"]
    assert "firmware update waits" in rig.offer(number=4)["error"]["message"]
    rig.round(pressed="DOWN")
    assert "result" in rig.offer(number=5)
    assert "prescription waits" in ask(rig, 6)["error"]["message"]
    rig.hold_select()
    assert (
        rig.prescriptions.told()["state"] == "accepted"
        and told(rig)["state"] == "refused"
        and updates(rig) == []
    )


def test_after_the_yes_no_other_update_is_offered():
    """HZ8: the boot loader comes for what the person has seen."""
    rig = Rig()
    ask(rig, 1)
    rig.hold_select()
    for number, changes in ((2, {}), (3, {"sha256": "cd" * 32})):
        assert "boot loader" in ask(rig, number, **changes)["error"]["data"]["advice"]
    assert len(updates(rig)) == 1


def test_its_screen_names_both_versions_and_fits():
    rig = Rig()
    ask(rig)
    pages = []
    for _ in range(4):
        pages.append(" ".join([row[3] for row in rig.device.question()]))
        rig.round(3_000)
    assert pages == [
        "New software? Hold SELECT: yes",
        "now 0.1.0 DOWN: no    57 s",
        "then 0.1.1 Hold SELECT: yes",
        "Sum abababababab DOWN: no    51 s",
    ]
