"""`evenpulse configure`: nothing half-done, nothing sent that the device's own code refuses, and
proof by reading back.
"""

import datetime
import hashlib
import json

import pytest
from fake_device import INFO, STATUS
from sample_prescription import GOOD_TOML, NOW

from evenpulse.base import today
from evenpulse.prescription import file as prescription


def configure(run, device, file, *more):
    return run("configure", file, "--port", device.port, *more)


def test_sends_the_prescription_and_the_time_and_reads_back(run, fake, good_signed):
    device = fake()
    outcome = configure(run, device, good_signed, "--json")
    assert outcome.code == 0, outcome.err
    assert device.methods() == ["info", "status", "configure", "status", "status", "status"], (
        "it asks until the person has answered"
    )
    params = device.requests[2]["params"]
    assert params["now_s"] == NOW.timestamp()
    shown = json.loads(outcome.out)
    assert shown["id"] == "rx-0001"
    assert shown["counter"] == 1
    assert shown["programs"] == ["Pain relief"]
    assert shown["sha256"] == hashlib.sha256(params["rx"].encode()).hexdigest()
    assert "hold SELECT" in outcome.err


def test_what_is_sent_is_canonical_and_exact(run, fake, good_signed):
    device = fake()
    configure(run, device, good_signed)
    text = device.requests[2]["params"]["rx"]
    rx = json.loads(text)
    assert text == json.dumps(rx, sort_keys=True, separators=(",", ":"))
    assert rx["electrode_mm2"] == 2500
    assert rx["caps"] == {
        "ch1_ua": 30_000,
        "ch2_ua": 30_000,
        "session_s": 1800,
        "sessions_per_day": 3,
        "rest_s": 1800,
    }
    assert rx["programs"][0]["rate_mpps"] == 80_000
    assert rx["programs"][0]["session_s"] == 1200
    assert rx["issued"] == "2026-11-22"


def test_a_tenth_is_a_tenth(run, fake, good_toml, sign, tmp_path):
    good_toml.write_text(
        GOOD_TOML.replace("rate_pps = 80.0", "rate_pps = 33.3").replace(
            "ch1_ma = 30.0", "ch1_ma = 0.1"
        )
    )
    good_signed = sign(prescription.load(good_toml), tmp_path / "tenth.signed")
    device = fake()
    assert configure(run, device, good_signed).code == 0
    rx = json.loads(device.requests[2]["params"]["rx"])
    assert (rx["programs"][0]["rate_mpps"], rx["caps"]["ch1_ua"]) == (33_300, 100)


def test_dry_run_sends_nothing(run, fake, good_signed):
    device = fake()
    outcome = configure(run, device, good_signed, "--dry-run")
    assert outcome.code == 0
    assert device.methods() == ["info", "status"]
    assert "nothing was sent" in outcome.err


def test_a_lost_answer_does_not_configure_twice(run, fake, good_signed):
    device = fake(faults=["ok", "ok", "torn"])
    assert configure(run, device, good_signed).code == 0
    sent = [request for request in device.requests if request["method"] == "configure"]
    assert len(sent) == 2
    assert sent[0] == sent[1], "the same id makes the repetition harmless"


REFUSED_BEFORE_SENDING = [
    (
        "a cap above the ceiling",
        ("ch1_ma = 30.0", "ch1_ma = 100.5"),
        {},
        ["caps.ch1_ma = 100.5", "100", "ceiling"],
    ),
    (
        "a date that is over",
        ("issued = 2026-11-22\nexpires = 2027", "issued = 2020-01-22\nexpires = 2020"),
        {},
        ["expires = 2020-02-22", "issue one that ends later"],
    ),
    (
        "another device's",
        ('device = "*"', 'device = "E6600000"'),
        {},
        ["device = E6600000", "E661640843"],
    ),
    (
        "a board nobody knows",
        ("counter = 1", "counter = 2"),
        {"info": {**INFO, "board": "nmes9"}},
        ["no board 'nmes9'", "nmes2"],
    ),
]


@pytest.mark.parametrize(
    ("edit", "wishes", "mentions"),
    [row[1:] for row in REFUSED_BEFORE_SENDING],
    ids=[row[0] for row in REFUSED_BEFORE_SENDING],
)
def test_refused_before_anything_is_sent(
    run, fake, good_toml, sign, tmp_path, edit, wishes, mentions
):
    assert edit[0] in GOOD_TOML
    good_toml.write_text(GOOD_TOML.replace(*edit))
    good_signed = sign(prescription.load(good_toml), tmp_path / "bad.signed")
    device = fake(**wishes)
    outcome = configure(run, device, good_signed)
    assert outcome.code in (1, 2)
    assert "configure" not in device.methods()
    for text in mentions:
        assert text in outcome.err
    assert outcome.out == ""


def test_a_prescription_that_is_not_signed_is_told_without_a_board(run, good_toml):
    outcome = run("configure", good_toml)
    assert outcome.code == 1
    assert "not a signed prescription" in outcome.err
    assert "evenpulse prescribe sign" in outcome.err


@pytest.mark.parametrize("why", ["refused at the device", "nobody accepted it"])
def test_a_person_who_does_not_accept_is_no_success(run, fake, good_signed, why):
    outcome = configure(run, fake(person=why), good_signed)
    assert outcome.code == 1
    assert outcome.out == ""
    for mention in ["not accepted at the device", why, "hold SELECT"]:
        assert mention in outcome.err


def test_a_device_that_was_switched_off_meanwhile_is_told(run, fake, good_signed):
    device = fake()
    original = device._configure
    device._configure = lambda params: (original(params), device._waiting.clear())[0]
    outcome = configure(run, device, good_signed)
    assert outcome.code == 1
    assert "no longer shows it" in outcome.err


def test_the_devices_refusal_is_passed_on(run, fake, good_signed):
    refusal = {
        "error": {
            "code": -32010,
            "message": "counter = 1: limit above 7 (last counter this device accepted)",
            "data": {"field": "counter", "advice": "raise the counter"},
        }
    }
    outcome = configure(run, fake(configure=refusal), good_signed)
    assert outcome.code == 1
    assert "refused configure: counter = 1: limit above 7" in outcome.err
    assert "raise the counter" in outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize(
    "held",
    [{"sha256": "0" * 64, "programs": ["Pain relief"]}, {"sha256": "", "programs": None}, {}],
)
def test_another_prescription_read_back_is_an_alarm(run, fake, good_signed, held):
    outcome = configure(
        run, fake(configure={"result": {"id": "rx-0001", "counter": 1, **held}}), good_signed
    )
    assert outcome.code == 1
    assert "another prescription than the one sent" in outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize(
    "held", [{"programs": ["Other"]}, {"prescription": "Other"}, {"prescription_sha256": "Other"}]
)
def test_what_is_read_back_must_be_what_was_accepted(run, fake, good_signed, held):
    device = fake()
    original = device._configure
    device._configure = lambda params: (original(params), device._held.update(held))[0]
    outcome = configure(run, device, good_signed)
    assert outcome.code == 1
    assert "Other" in outcome.err


def test_silence_after_sending_says_so(run, fake, good_signed, monkeypatch):
    monkeypatch.setattr("evenpulse.link.client.CONFIGURE_TIMEOUT_S", 0.2)
    outcome = configure(run, fake(faults=["ok", "ok"], always="silent"), good_signed)
    assert outcome.code == 1
    assert "stopped answering" in outcome.err
    assert "configure, 3 times" in outcome.err


@pytest.fixture
def at(monkeypatch):
    """Set this computer's clock, as far as the command reads it."""

    def _at(iso):
        moment = datetime.datetime.fromisoformat(iso).replace(tzinfo=datetime.UTC)
        monkeypatch.setattr(today, "now", lambda: moment)

    return _at


# 2026-11-22
DEVICE_S = 1_795_348_800


@pytest.fixture
def lasting(good_toml, sign):
    """A prescription that outlasts every day of these tests, so that only the clock can be
    wrong.
    """
    good_toml.write_text(GOOD_TOML.replace("expires = 2027-02-22", "expires = 2099-02-22"))
    return sign(prescription.load(good_toml), good_toml.with_suffix(".signed"))


@pytest.mark.parametrize(
    ("now", "device_s", "mention"),
    [
        ("2060-01-01T12:00", 0, "it says 2060-01-01, 34 years after"),
        ("2060-01-01T12:00", DEVICE_S, "the device's date is 2026-11-22"),
        (
            "1980-01-01T00:00",
            0,
            (
                "it says 1980-01-01, before the prescription was issued on 2026-11-22; the "
                "device's date is none yet"
            ),
        ),
        ("2026-11-25T00:00", DEVICE_S + 400 * 86_400, "and the device has 2027-12-27 already"),
    ],
)
def test_found_a_clock_that_cannot_be_right_is_asked_about_with_the_devices_date(
    run, fake, lasting, at, now, device_s, mention
):
    device = fake(status=STATUS | {"time_s": device_s})
    at(now)
    outcome = configure(run, device, lasting)
    assert outcome.code == 1 and "clock looks wrong" in outcome.err and mention in outcome.err, (
        outcome.err
    )
    assert "configure" not in device.methods() and "--clock-is-right" in outcome.err
    assert configure(run, device, lasting, "--clock-is-right").code == 0


@pytest.mark.parametrize(
    ("now", "device_s"),
    [
        ("2026-11-22T12:00", 0),
        ("2027-11-22T12:00", DEVICE_S),
        ("2026-11-21T12:00", DEVICE_S),
        ("2028-06-01T12:00", DEVICE_S + 500 * 86_400),
    ],
)
def test_a_clock_that_may_be_right_is_no_question(run, fake, lasting, at, now, device_s):
    device = fake(status=STATUS | {"time_s": device_s})
    at(now)
    outcome = configure(run, device, lasting, "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["device_date"] == (
        "none yet"
        if not device_s
        else f"{datetime.datetime.fromtimestamp(device_s, datetime.UTC):%Y-%m-%d}"
    )
