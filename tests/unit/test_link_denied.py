"""What a host is denied: journaled by whoever refuses it, and never so often that the journal is
washed out.
"""

import pytest
from over_the_link import WANTED, denied
from whole_device import Rig, signed, text

from stimcore import link


def test_one_thing_waits_at_a_time():
    """Of prescription, update and calibration: what waits first bars the other two, and another
    one of its own kind.
    """
    offers = (
        lambda rig, n: rig.ask("configure", n, **signed()),
        lambda rig, n: rig.ask("update", n, board="sample", version="2", sha256="ab" * 32),
        lambda rig, n: rig.ask("calibrate", n, **WANTED),
    )
    for first in range(3):
        rig = Rig()
        assert "result" in offers[first](rig, 1)
        for other in range(3):
            assert ("result" in offers[other](rig, 2 + other)) == (other == first)
        assert (
            rig.ask("calibrate", 9, **dict(WANTED, offset_ua=1))["error"]["data"]["limit"]
            == "one at a time"
        )


def test_nothing_that_a_host_sends_washes_the_journal_out():
    """Every method, with sense and without, 150 times in three minutes: no more than a few
    records a minute.
    """
    rig = Rig()
    methods = sorted(rig.server._methods)
    # Made when they are sent: all of them would take the memory that the device has
    made = (
        dict,
        lambda: WANTED,
        lambda: dict(WANTED, offset_ua=9_999),
        lambda: {"board": "sample", "version": "2", "sha256": "ab" * 32},
        lambda: {"board": "x", "version": "2", "sha256": "ab" * 32},
        signed,
        lambda: signed(text(counter=9)),
        lambda: dict(signed(), rx="{}"),
        lambda: {"from": 1},
        lambda: {"from": -1},
    )
    for number in range(150):
        method, params = methods[number // len(made) % len(methods)], made[number % len(made)]()
        rig.raw(link.encode(link.request(number, method=method, params=params)))
        rig.round(1_200, pressed=("DOWN", "")[number % 2])
        rig.device.journal.erase_ahead()
    assert rig.device.journal.sequence <= 10 + 3
    more = [event.get("more", 0) for event in rig.events() if event["e"] in ("refused", "denied")]
    assert len(more) > 3


@pytest.mark.parametrize("method", ["configure", "calibrate", "update"])
def test_found_what_the_role_table_denies_is_journaled(method):
    rig = Rig()
    rig.device.session.state = "RUNNING"
    assert rig.ask(method)["error"]["code"] == link.BUSY
    assert denied(rig) == [(method, "in RUNNING")]


def test_found_a_hosts_run_where_a_person_could_be_connected_is_journaled():
    rig = Rig()
    for number, method in enumerate(("run", "keep_alive", "stop"), 1):
        assert rig.ask(method, number)["error"]["code"] == link.REFUSED
    assert denied(rig) == [
        (method, "asked for by a host") for method in ("run", "keep_alive", "stop")
    ]


def test_found_an_update_that_is_refused_is_journaled_by_whoever_refuses_it():
    rig, wanted = Rig(), {"board": "sample", "version": "9", "sha256": "0" * 64}
    assert rig.ask("update", **dict(wanted, board="other"))["error"]["code"] == link.REFUSED
    assert denied(rig) == [("update", "for board other")]
    rig.ask("update", 2, **wanted)
    rig.round(pressed="DOWN")
    assert denied(rig)[1:] == [("update", "refused at the device")]
    rig.ask("update", 3, **wanted)
    rig.round(61_000)
    assert denied(rig)[2:] == [("update", "nobody accepted it")]


def test_what_is_answered_is_not_journaled_as_denied():
    rig = Rig()
    for number, method in enumerate(("info", "status", "log", "self_test"), 1):
        assert "result" in rig.ask(method, number)
    rig.ask("update", 9, board="sample", version="9", sha256="0" * 64)
    rig.hold_select()
    assert denied(rig) == []


def test_denied_requests_cannot_fill_the_journal():
    rig = Rig()
    rig.device.session.state = "RUNNING"
    for number in range(150):
        rig.ask("calibrate", number)
        rig.device.now_ms += 100
    assert len(denied(rig)) <= 10 + 1
