"""What a command says and returns when the other end of the cable is not as it should be."""

import pytest
from fake_device import INFO, STATUS

NOT_OURS = 3
FAILED = 1

BAD = [
    # Situation, the device, exit code, what the message must mention
    (
        "nothing answers",
        {"always": "silent"},
        NOT_OURS,
        ["nothing answers", "info, 3 times", "is this the right port"],
    ),
    ("a MicroPython prompt", {"always": "repl"}, NOT_OURS, ["MicroPython prompt", "make flash"]),
    ("a prompt that only echoes", {"always": "echo"}, NOT_OURS, ["MicroPython prompt"]),
    (
        "something else talks",
        {"always": "noise"},
        NOT_OURS,
        ["not Evenpulse", "modem ready", r"\x1b"],
    ),
    ("an endless line", {"always": "endless"}, NOT_OURS, ["not Evenpulse", "UUUU"]),
    ("every answer torn", {"always": "torn"}, FAILED, ["damaged", "another cable"]),
    ("every answer unfinished", {"always": "unfinished"}, NOT_OURS, ["not Evenpulse"]),
    ("every CRC wrong", {"always": "bad_crc"}, FAILED, ["damaged"]),
    ("every answer with one bit flipped", {"always": "flipped"}, FAILED, ["damaged"]),
    ("a CRC over something not JSON", {"always": "not_json"}, FAILED, ["damaged"]),
    (
        "the device never understands",
        {"always": "not_understood"},
        FAILED,
        ["damaged", "CRC-32 does not match"],
    ),
    (
        "neither result nor error",
        {"always": "empty_answer"},
        FAILED,
        ["neither a result nor an error"],
    ),
    ("the line breaks at once", {"always": "hang_up"}, FAILED, ["broke", "check the cable"]),
    (
        "silent after a good start",
        {"faults": ["ok"], "always": "silent"},
        FAILED,
        ["stopped answering", "status, 3 times"],
    ),
    (
        "prompt after a good start",
        {"faults": ["ok"], "always": "repl"},
        FAILED,
        ["stopped answering", ">>>"],
    ),
    ("broken after a good start", {"faults": ["ok"], "always": "hang_up"}, FAILED, ["broke"]),
    (
        "another product",
        {"info": {**INFO, "product": "toaster"}},
        NOT_OURS,
        ["not an Evenpulse", "toaster"],
    ),
    (
        "another protocol",
        {"info": {**INFO, "protocol": 2}},
        FAILED,
        ["protocol 2", "speaks 1", "one release"],
    ),
    (
        "a latched fault",
        {
            "status": {
                **STATUS,
                "state": "FAULT",
                "fault": "interlock_open",
                "advice": "check the loop",
            }
        },
        6,
        ["safety fault", "interlock_open", "check the loop"],
    ),
]


@pytest.mark.parametrize(
    ("device", "code", "mentions"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_bad_device_gives_one_clear_error(run, fake, device, code, mentions):
    outcome = run("info", "--port", fake(**device).port)
    assert outcome.code == code
    for text in mentions:
        assert text in outcome.err
    assert outcome.err.count("error:") == 1
    assert "\nTraceback" not in "\n" + outcome.err
    assert "\x1b" not in outcome.err, "noise from a device may not drive the terminal"


@pytest.mark.parametrize(
    "fault",
    [
        "silent",
        "torn",
        "unfinished",
        "bad_crc",
        "flipped",
        "not_json",
        "not_understood",
        "noise",
        "noise_first",
        "other_first",
        "in_pieces",
        "crlf",
    ],
)
def test_one_fault_is_survived(run, fake, fault):
    device = fake(faults=["ok", fault])
    outcome = run("info", "--port", device.port, "--json")
    assert outcome.code == 0, outcome.err
    assert '"serial": "E661640843"' in outcome.out
    assert "late answer" not in outcome.out


@pytest.mark.parametrize("fault", ["silent", "torn", "not_understood"])
def test_a_retry_is_the_same_request_again(run, fake, fault):
    device = fake(faults=[fault, fault])
    assert run("info", "--port", device.port).code == 0
    first, second, third, status = device.requests
    assert first == second == third
    assert status["id"] != first["id"]


def test_two_commands_do_not_share_ids(run, fake):
    device = fake()
    run("info", "--port", device.port)
    run("info", "--port", device.port)
    ids = [request["id"] for request in device.requests]
    assert len(set(ids)) == len(ids) == 4, "a device answers a repeated id from memory"


def test_a_line_that_is_not_understood_is_repeated_without_waiting(run, fake, monkeypatch):
    monkeypatch.setattr("evenpulse.link.client.TIMEOUT_S", 30.0)
    assert run("info", "--port", fake(faults=["not_understood"]).port).code == 0


def test_port_comes_from_the_environment(run, fake, monkeypatch):
    monkeypatch.setenv("EVENPULSE_PORT", fake().port)
    assert run("info").code == 0


def test_info_prints_data_before_it_reports_a_fault(run, fake):
    outcome = run(
        "info",
        "--json",
        "--port",
        fake(status={**STATUS, "state": "FAULT", "fault": "deadman"}).port,
    )
    assert outcome.code == 6
    assert '"fault": "deadman"' in outcome.out
