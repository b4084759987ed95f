"""Link codec and server: torn, corrupt, foreign and hostile lines are answered and change
nothing.
"""

import json

import pytest
from samples import board
from whole_device import Rig, signed, text

from app.slot_store import SlotStore
from stimcore import journal, link
from stimcore.errors import Refused


def test_the_line_is_the_documented_one():
    # CRC-32 of the JSON bytes by zlib: 43d11dd9
    line = link.encode(link.request(1, "info", {}))
    body, _, crc = line[:-1].rpartition(b" ")
    assert crc == b"43d11dd9" and json.loads(body) == {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "info",
        "params": {},
    }


@pytest.mark.parametrize("number", [7, 'a "quoted" id'])
def test_a_result_that_is_json_already_is_the_answer_it_would_be(number):
    line = link.encode_result(number, [b'{"records":[[1,"e7', b'01"]],', b'"next":null}'])
    assert link.decode(line) == {
        "jsonrpc": "2.0",
        "id": number,
        "result": {"records": [[1, "e701"]], "next": None},
    }


def test_a_log_answer_has_each_record_once_and_says_where_the_next_begins():
    rig = Rig()
    sent = [rig.device.record("wait", {"wait_s": n + 1}) for n in range(30)]
    got, after = [], 1
    while after:
        answer = rig.ask("log", **{"from": after})["result"]
        got += answer["records"]
        assert answer["next"] in (None, got[-1][0] + 1)
        after = answer["next"]
    assert all(sent) and [number for number, _ in got] == list(range(1, 31))
    assert [journal.parse(bytes.fromhex(text))[2]["wait_s"] for _, text in got] == list(
        range(1, 31)
    )


def test_info_status_and_log_answer():
    rig = Rig()
    assert rig.ask("info")["result"]["board"] == "sample"
    status = rig.ask("status")["result"]
    assert status["state"] == "READY" and status["ua"] == [0, 0] and status["fault"] is None
    assert status["measured_ua"] == [None, 4_000] and status["temperature_c"] == 0
    assert rig.ask("log", **{"from": 1})["result"] == {"records": [], "next": None}


def test_status_tells_of_electrodes_only_while_pulses_run():
    """What the last session found is nothing about now."""
    rig = Rig()
    rig.device.session.contact = [True, False]
    assert rig.ask("status")["result"]["contact"] == [None, None]
    rig.device.session.pulsing = True
    assert rig.ask("status", 2)["result"]["contact"] == [True, False]


def test_a_line_has_8192_bytes_at_the_most_though_all_else_is_right():
    """HZ2: what is longer is refused before it is looked at."""
    empty = link.encode(link.request(1, "configure", {"rx": ""}))
    room = 8_192 - len(empty.rstrip())
    longest = link.encode(link.request(1, "configure", {"rx": "m" * room}))
    assert len(longest.rstrip()) == 8_192 and link.decode(longest)["params"]["rx"] == "m" * room
    with pytest.raises(link.LinkError) as caught:
        link.decode(link.encode(link.request(1, "configure", {"rx": "m" * (room + 1)})))
    assert "8193" in str(caught.value)


@pytest.mark.parametrize("spoil", ["cut", "flip", "nocrc", "notjson", "long", "binary"])
def test_a_bad_line_is_counted_answered_and_dropped(spoil):
    rig = Rig()
    line = link.encode(link.request(1, "info", {}))
    bad = {
        "cut": line[:20] + b"\n",
        "flip": line[:5] + b"X" + line[6:],
        "nocrc": line[:-10] + b"\n",
        "notjson": b"hello 3610a686\n",
        "long": b"x" * 10_000 + b"\n",
        "binary": bytes(range(128, 256)) + b"\n",
    }[spoil]
    (answer,) = rig.raw(bad)
    assert (
        answer["id"] is None
        and answer["error"]["code"] == link.PARSE_ERROR
        and rig.server.bad_lines == 1
    )
    assert rig.ask("info")["result"]["product"] == "evenpulse"


@pytest.mark.parametrize(
    "message",
    [
        [],
        5,
        {"id": 1},
        {"jsonrpc": "1.0", "id": 1, "method": "info"},
        {"jsonrpc": "2.0", "method": "info"},
        {"jsonrpc": "2.0", "id": True, "method": "info"},
        {"jsonrpc": "2.0", "id": 1, "method": 5},
        {"jsonrpc": "2.0", "id": 1, "method": "info", "params": []},
    ],
)
def test_what_is_no_request_is_answered_as_such(message):
    (answer,) = Rig().raw(link.encode(message))
    assert answer["error"]["code"] == link.INVALID_REQUEST


def test_an_unknown_method_names_the_known_ones():
    answer = Rig().ask("start")
    assert answer["error"]["code"] == link.METHOD_NOT_FOUND
    assert answer["error"]["data"]["methods"] == [
        "calibrate",
        "configure",
        "info",
        "keep_alive",
        "log",
        "run",
        "self_test",
        "status",
        "stop",
        "update",
    ]


BOARDS_OWN = [
    {"channel": 1, "gain_permyriad": 5, "offset_ua": -6},
    {"channel": 2, "gain_permyriad": 0, "offset_ua": 7},
]
CALIBRATED = [
    {"channel": 1, "gain_permyriad": 5, "offset_ua": -6},
    {"channel": 2, "gain_permyriad": -250, "offset_ua": 40},
]
WANTED = CALIBRATED[1]


def calibrated(rig, **change):
    """Offered by a host and taken by a person."""
    assert (
        rig.ask("calibrate", rig.device.now_ms + 1, **dict(WANTED, **change))["result"]["state"]
        == "pending"
    )
    rig.hold_select()


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
    lines = [
        {"method": method, "params": params}
        for method in sorted(rig.server._methods)
        for params in (
            {},
            WANTED,
            dict(WANTED, offset_ua=9_999),
            {"board": "sample", "version": "2", "sha256": "ab" * 32},
            {"board": "x", "version": "2", "sha256": "ab" * 32},
            signed(),
            signed(text(counter=9)),
            dict(signed(), rx="{}"),
            {"from": 1},
            {"from": -1},
        )
    ]
    for number in range(150):
        rig.raw(link.encode(link.request(number, **lines[number % len(lines)])))
        rig.round(1_200, pressed=("DOWN", "")[number % 2])
        rig.device.journal.erase_ahead()
    assert rig.device.journal.sequence <= 10 + 3
    more = [event.get("more", 0) for event in rig.events() if event["e"] in ("refused", "denied")]
    assert len(more) > 3


def denied(rig):
    return [(event["method"], event["why"]) for event in rig.events() if event["e"] == "denied"]


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


# Lines that a stranger may send, made when they are needed: {name: (before, repeated, times,
# after)}. Thousands of digits cost the watchdog's time, 900 keys too; deep ones the stack.
_ASK = '{"jsonrpc":"2.0","id":1,"method":"calibrate","params":{"channel":'
BOMBS = {
    "a number": ("", "9", 4_000, ""),
    "a number as id": ('{"jsonrpc":"2.0","id":', "9", 3_000, ',"method":"info","params":{}}'),
    "a number in params": (_ASK, "9", 4_000, "}}"),
    "a fraction": (_ASK + "0.", "9", 4_000, "}}"),
    "900 keys": ('{"jsonrpc":"2.0","id":1,"method":"info","params":{', '"k":0,', 900, '"l":0}}'),
    "deep list": (_ASK, "[", 2_000, "]" * 10 + "}}"),
    "deep table": (_ASK, '{"a":', 600, "1}}"),
    "quotes": ("", '"', 4_000, ""),
}


class NoParser:
    """json that cannot parse."""

    dumps = json.dumps


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_what_is_out_of_bounds_is_answered_and_never_parsed(name):
    rig, (before, repeated, times, after) = Rig(), BOMBS[name]
    body = (before + repeated * times + after).encode()
    kept, link.json = link.json, NoParser
    try:
        rig.stream.incoming.extend(link._line(body))
        while rig.server.round() or rig.stream.incoming:
            pass
    finally:
        link.json = kept
    (answer,) = [link.decode(line) for line in rig.stream.sent]
    assert (
        answer["error"]["code"] == link.PARSE_ERROR
        and answer["id"] is None
        and any(word in answer["error"]["message"] for word in ("more than", "deeper"))
    )
    assert (
        len(rig.stream.sent[0]) < 200
        and rig.server.bad_lines == 1
        and "result" in rig.ask("status", 5)
    )


@pytest.mark.parametrize("text", [b"offs\xed\xa0\x80et", b"\\ud800", b"\\uD83E\\uDDB5"])
def test_half_a_character_is_refused_and_every_answer_can_be_read(text):
    """Seen on the emulated chip: its answer named the field, and was no UTF-8."""
    rig = Rig()
    body = b'{"jsonrpc":"2.0","id":1,"method":"calibrate","params":{"' + text + b'":1}}'
    (answer,) = rig.raw(link._line(body))
    assert answer["error"]["code"] == link.PARSE_ERROR and rig.server.bad_lines == 1
    assert "half a character" in answer["error"]["message"]


@pytest.mark.parametrize(
    "method,key",
    [
        ("", ""),
        ("calibrate", ""),
        ("calibrate", "channel"),
        ("configure", "rx"),
        ("configure", "key"),
        ("update", "board"),
    ],
)
def test_a_refusal_tells_only_the_beginning_of_what_is_long(method, key):
    rig, long = Rig(), "m" * 2_000
    sound = {
        "configure": signed(),
        "update": {"board": "sample", "version": "1", "sha256": "0" * 64},
        "calibrate": WANTED,
    }.get(method, {})
    params = dict(sound)
    params[key or long] = long
    answer = rig.raw(link.encode(link.request(1, method or long, params)))[0]
    assert "error" in answer and len(rig.stream.sent[0]) < 800


@pytest.mark.parametrize("start", [0, -1, "1", None, True, 1.5, 1_000_000_001])
def test_log_wants_a_sequence_number(start):
    assert Rig().ask("log", **{"from": start})["error"]["code"] == link.INVALID_PARAMS
