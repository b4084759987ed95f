"""Link codec and server: torn, corrupt, foreign and hostile lines are answered and change
nothing.
"""

import json

import pytest
from over_the_link import WANTED
from whole_device import Rig, signed

from stimcore import journal, link


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
