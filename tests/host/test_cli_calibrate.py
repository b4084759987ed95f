"""`evenpulse calibrate`: shows what is in force, sends only what the device's own code allows, and
reads it back.
"""

import json

import pytest
from fake_device import INFO

FIRST, SECOND = INFO["calibration"]


def calibrate(run, device, *arguments):
    return run("calibrate", "--port", device.port, *arguments)


def test_without_values_it_shows_what_is_in_force(run, fake):
    device = fake()
    outcome = calibrate(run, device)
    assert outcome.code == 0, outcome.err
    assert device.methods() == ["info"]
    assert [line.split() for line in outcome.out.splitlines()] == [
        ["channel", "gain_percent", "offset_ua"],
        ["1", "+0.00", "+0"],
        ["2", "-1.20", "+7"],
    ]


@pytest.mark.parametrize(
    ("arguments", "rows"), [((), [FIRST, SECOND]), (("--channel", 2), [SECOND])]
)
def test_what_is_in_force_as_json(run, fake, arguments, rows):
    told = json.loads(calibrate(run, fake(), "--json", *arguments).out)
    assert told["calibration"] == rows
    assert told["serial"] == INFO["serial"]


def test_sets_and_shows_before_and_after(run, fake):
    device = fake()
    outcome = calibrate(run, device, "--channel", 1, "--gain-percent", "0.25", "--offset-ua", 40)
    assert outcome.code == 0, outcome.err
    assert device.methods() == ["info", "calibrate", "status", "status", "status", "info"]
    assert device.requests[1]["params"] == {"channel": 1, "gain_permyriad": 25, "offset_ua": 40}
    assert [line.split() for line in outcome.out.splitlines()[1:]] == [
        ["1", "before", "+0.00", "+0"],
        ["1", "after", "+0.25", "+40"],
    ]


@pytest.mark.parametrize(
    ("arguments", "after"),
    [
        (("--gain-percent", "-3.33"), {**SECOND, "gain_permyriad": -333}),
        (("--offset-ua", "-5"), {**SECOND, "offset_ua": -5}),
        (
            ("--gain-percent", "0", "--offset-ua", "0"),
            {"channel": 2, "gain_permyriad": 0, "offset_ua": 0},
        ),
        (
            ("--gain-percent", "10", "--offset-ua", "1000"),
            {"channel": 2, "gain_permyriad": 1000, "offset_ua": 1000},
        ),
    ],
)
def test_a_value_that_is_left_out_stays(run, fake, arguments, after):
    told = json.loads(calibrate(run, fake(), "--channel", 2, *arguments, "--json").out)
    assert (told["channel"], told["before"], told["after"]) == (2, SECOND, after)


@pytest.mark.parametrize("permyriad", [1, 7, 29, 57, 58, 115, 333, 999])
def test_a_hundredth_is_a_hundredth(run, fake, permyriad):
    text = f"{permyriad // 100}.{permyriad % 100:02d}"
    told = json.loads(calibrate(run, fake(), "--channel", 1, "--gain-percent", text, "--json").out)
    assert told["after"]["gain_permyriad"] == permyriad


@pytest.mark.parametrize(
    ("arguments", "mention"),
    [
        (("--gain-percent", "0.25"), "--channel 1"),
        (("--offset-ua", "40"), "--channel 1"),
        (("--channel", "1", "--gain-percent", "0.255"), "0.01"),
        (("--channel", "1", "--gain-percent", "nan"), "0.01"),
        (("--channel", "1", "--gain-percent", "inf"), "0.01"),
        (("--channel", "1", "--gain-percent", "much"), "--gain-percent"),
        (("--channel", "1", "--offset-ua", "1.5"), "--offset-ua"),
        (("--channel", "one"), "--channel"),
    ],
)
def test_wrong_usage_is_2_and_opens_nothing(run, fake, arguments, mention):
    device = fake()
    outcome = calibrate(run, device, *arguments)
    assert outcome.code == 2
    assert mention in outcome.err
    assert device.methods() == []


@pytest.mark.parametrize(
    ("arguments", "mentions"),
    [
        (("--channel", "3", "--offset-ua", "1"), ["channel = 3", "1 to 2", "board nmes2"]),
        (("--channel", "0"), ["channel = 0", "1 to 2"]),
        (
            ("--channel", "1", "--gain-percent", "10.01"),
            ["gain_permyriad = 1001", "-1000 to 1000 of 0.01 %"],
        ),
        (("--channel", "1", "--gain-percent", "-1e30"), ["gain_permyriad", "-1000 to 1000"]),
        (
            ("--channel", "1", "--offset-ua", "-1001"),
            ["offset_ua = -1001", "-1000 to 1000 uA", "output stage"],
        ),
    ],
)
def test_out_of_range_is_refused_before_anything_is_sent(run, fake, arguments, mentions):
    device = fake()
    outcome = calibrate(run, device, *arguments)
    assert outcome.code == 1
    assert device.methods() == ["info"]
    for text in mentions:
        assert text in outcome.err
    assert outcome.out == ""


def test_the_devices_refusal_is_passed_on(run, fake):
    busy = {
        "error": {"code": -32011, "message": "state is FAULT: calibrate only in READY or ENDED"}
    }
    outcome = calibrate(run, fake(calibrate=busy), "--channel", 1, "--offset-ua", 5)
    assert outcome.code == 1
    assert "refused calibrate: state is FAULT" in outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize(
    "accepted", [[FIRST, SECOND], [{**FIRST, "offset_ua": 5}, FIRST | {"channel": 2}]]
)
def test_another_calibration_read_back_is_an_alarm(run, fake, accepted):
    device = fake(keeps=accepted)
    outcome = calibrate(run, device, "--channel", 1, "--offset-ua", 5)
    assert outcome.code == 1
    assert "another calibration than the one sent" in outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize("why", ["refused at the device", "nobody accepted it"])
def test_what_no_person_allows_is_not_set(run, fake, why):
    device = fake(person=why)
    outcome = calibrate(run, device, "--channel", 1, "--offset-ua", 5)
    assert outcome.code == 1
    assert "was not allowed at the device" in outcome.err
    assert why in outcome.err
    assert outcome.out == ""


def test_a_device_that_shows_another_calibration_is_an_alarm(run, fake):
    device = fake(
        calibrate={"result": {"sha256": "0" * 64, "state": "pending", "why": None, "left_s": 60}}
    )
    outcome = calibrate(run, device, "--channel", 1, "--offset-ua", 5)
    assert outcome.code == 1
    assert "another calibration" in outcome.err


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        [[0, 0]],
        [{"channel": 2, "gain_permyriad": 0, "offset_ua": 0}],
        [{**FIRST, "gain_permyriad": 0.5}],
        [{**FIRST, "offset_ua": True}],
    ],
)
def test_a_device_that_does_not_tell_is_an_error(run, fake, told):
    outcome = calibrate(run, fake(info={**INFO, "calibration": told}))
    assert outcome.code == 1
    assert "does not tell its calibration" in outcome.err
    assert "make flash" in outcome.err


def test_a_lost_answer_does_not_calibrate_twice(run, fake):
    device = fake(faults=["ok", "torn"])
    assert calibrate(run, device, "--channel", 1, "--offset-ua", 5).code == 0
    sent = [request for request in device.requests if request["method"] == "calibrate"]
    assert len(sent) == 2
    assert sent[0] == sent[1], "the same id makes the repetition harmless"
