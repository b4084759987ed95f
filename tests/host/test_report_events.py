"""The report tells each event of the device, and each fault in two texts."""

import json
import re

import pytest
from played import Played
from played_events import EVENTS
from reported import HOUR_S, payloads_of, text_of

from evenpulse.journal.entries import TABLE
from evenpulse.report import reading, words
from stimcore.interlock import CODES


def test_every_event_of_the_table_has_a_reader_and_words():
    assert set(reading.EVENTS) | set(words.NOTES) == set(TABLE) == set(EVENTS)
    assert not set(reading.EVENTS) & set(words.NOTES)
    for name, event in TABLE.items():
        assert ("notes" in event.readers) == (name in words.NOTES), name


# What a clinician must find in the report of a journal in which each event was played: pieces of
# its text.
SAID = {
    "boot": ["switched on 1 time"],
    "prescription": ["rx-0002 (counter 2)", "P-017"],
    "clock": ["A computer told the device 2026-11-25, when it had 2026-11-22"],
    "expired": ["came to its last day's end"],
    "service": ["found its hardware broken twice", "current too high 2"],
    "prescription_bad": ["stored prescription was refused at power-on (key)"],
    "keys_bad": ["store of clinic keys was found damaged"],
    "refused": ["A prescription was offered and not taken: counter."],
    "denied": ["A computer asked for update and was refused: for board other."],
    "key": ["Clinic key 67ace7912e549566 was removed: was it you?"],
    "start": ["Delivered in all : 1 session", "broken off"],
    "amplitude": ["peak 7.0 mA", "peak 5.0 mA"],
    "progress": ["≥ 5.0", "broken off", "power was lost"],
    "pause": ["broken off", "≥ 1.1"],
    "resume": ["Delivered in all : 1 session"],
    "end": ["complete", "20.0", "6.0 · 6.0"],
    "fault": ["pad off or dry", "Show again how pads are placed"],
    "rearm": ["pad off or dry 1"],
    "rating": [
        "Skin not fine after 1 session, the patient says: 22 Nov 2026.",
        "7 → 4",
        "−3.0",
        "not fine, of 1 answer",
    ],
    "wait": ["in the only answer"],
    "button_stuck": ["Button UP stayed down for 10 s"],
    "self_test": ["The self-test failed (", "self-test failed"],
    "calibration": ["Channel 2 was calibrated: -0.25 %, 40 µA."],
    "calibration_bad": ["The stored calibration was damaged"],
    "update": ["A person allowed other firmware: 0.1.0 to 0.9.9."],
    "host_run": ["A computer ran Pain relief on it"],
    "exception": [
        "The firmware failed while RUNNING and restarted",
        "ValueError('planted')",
        "device restarted",
    ],
}


@pytest.mark.parametrize("name", list(TABLE))
def test_found_each_event_of_the_device_is_told_in_the_report(report, name):
    device = Played().prescribe()
    EVENTS[name](device)
    assert name in [one["e"] for one in device.payloads()]
    told, page = report(device, prescription=False)
    read = text_of(page)
    for text in SAID[name]:
        assert text in read, (text, read)
    assert told["records_not_as_written_by_this_version"] == 0
    assert (
        name not in words.NOTES or [one["event"] for one in told["other_events"]].count(name) >= 1
    )


@pytest.mark.parametrize("answer", [True, False, None])
def test_found_the_answer_about_the_skin_reaches_the_clinician(report, run, tmp_path, answer):
    """From the buttons to notice, tile, table, JSON and CSV."""
    told, page = report(Played().prescribe().session(before=6, after=3, skin=answer))
    word = {True: "fine", False: "not fine", None: None}[answer]
    assert told["sessions"][0]["skin"] == word
    assert (told["skin_fine"], told["skin_not_fine"]) == (answer is True, answer is False)
    assert [line for line in told["notices"] if "Skin" in line] == (
        [
            (
                "Skin not fine after 1 session, the patient says: 22 Nov 2026. See the skin before "
                "it goes on."
            )
        ]
        if answer is False
        else []
    )
    assert ("tile alert" in page) == ("Skin not fine" in text_of(page)) == (answer is False)
    rows = run("log", "export", "--archive", tmp_path / "E66.journal", "--json").out.splitlines()
    assert [one["skin"] for one in map(json.loads, rows) if one["event"] == "rating"] == [word]
    listed = run("log", "list", "--archive", tmp_path / "E66.journal", "-e", "rating").out
    assert f"skin={word or '-'}" in listed


def test_found_a_session_that_power_cut_keeps_what_its_progress_says(report):
    """The last record before the cut was after 300 s at 80 pps, and says what had been given
    until then.
    """
    device = Played().prescribe().begin((12, 10)).run(350_000, 1_000).off(HOUR_S).on()
    last = [payload for payload in device.payloads() if payload["e"] == "progress"][-1]
    told, page = report(device)
    one = told["sessions"][0]
    assert (one["ended"], one["seconds"], one["at_least"]) == ("broken off", 300, True)
    assert (one["pulses"], one["charge_uc"], one["measured_uc"]) == (
        last["pulses"],
        last["uc"],
        last["muc"],
    )
    assert 250 * 80 < one["pulses"][0] <= 301 * 80 and told["pulses"] == one["pulses"]
    assert one["peak_ua"] == [12_000, 10_000] and told["minutes"] == 5.0
    assert "≥ 5.0" in text_of(page)


def test_found_progress_and_wait_drown_nothing(report):
    device = Played().prescribe().session((3, 3)).sleep(2_000).session((3, 3)).sleep(2_000)
    EVENTS["refused"](device)
    EVENTS["self_test"](device)
    kinds = [one["e"] for one in device.payloads()]
    assert kinds.count("progress") > 10 and kinds.count("wait") > 5
    told, page = report(device)
    assert [one["event"] for one in told["other_events"]] == ["refused", "self_test"]
    also = text_of(page).partition("Also in the journal")[2]
    assert (
        "self-test failed" in also
        and "counter" in also
        and "progress" not in also
        and "wait" not in also
    )


def test_worsening_stands_out(report):
    told, page = report(Played().prescribe().session(before=3, after=6, skin=True))
    assert told["notices"] == ["Pain worse by an important amount after 1 session: 22 Nov 2026."]
    assert "worse by an important amount" in text_of(page) and "tile alert" not in page


def test_found_every_fault_has_two_texts():
    """What a clinician does, and the engineer's words; neither is the other, and no clinician
    reads of registers or pins.
    """
    assert set(words.FAULTS) == set(CODES) - {"none"}
    for reason, (what, do) in words.FAULTS.items():
        assert what and do[-1] in ".?" and words.engineer(reason) not in ("", do)
        assert not re.search(r"[A-Z]+_[A-Z]|register|ADC|DMA|PWM|interlock", what + do), reason


@pytest.mark.parametrize("reason", ["lead_off", "stop_pressed", "over_current", "unbalanced"])
def test_a_fault_comes_with_both_texts(report, reason):
    _, page = report(Played().prescribe().begin((9, 9)).run(60_000, 1_000).fault(reason))
    read = text_of(page)
    assert (
        words.FAULTS[reason].what in read
        and words.FAULTS[reason].do in read
        and words.engineer(reason) in read
    )


def test_found_a_fault_says_on_which_channel_it_was(report):
    device = Played().prescribe().begin((9, 9)).run(60_000, 1_000).fault("lead_off", channel=2)
    numbers, page = report(device)
    assert "channel 2: 1 ×" in text_of(page) and ", channel 2" in text_of(page)
    assert "channel 1: " not in text_of(page)
    assert [one["channel"] for one in numbers["faults"]] == [2]


def test_an_unknown_fault_is_shown_as_it_is(report):
    device = Played().prescribe().begin((9, 9)).run(60_000, 1_000).fault("lead_off")
    frames = payloads_of(
        device, lambda one: one | {"reason": "gremlins"} if one["e"] == "fault" else one
    )
    _, page = report(None, frames=frames)
    assert "gremlins" in page and "Not known to this version" in page


def test_measured_charge_is_shown_where_there_is_any(report):
    device = Played().prescribe().session((8, 8))
    told, page = report(device)
    assert told["measured_uc"][0] > 0.99 * told["charge_uc"][0] and "measured µC" in page
    told, page = report(
        None,
        frames=payloads_of(
            device, lambda one: {k: v for k, v in one.items() if k not in ("pulses", "uc", "muc")}
        ),
    )
    assert told["measured_uc"] == [] and "measured µC" not in page
