"""The report: what a journal says of a treatment, in numbers and words, on two pages. Journals
are played, not written.
"""

import json
import re
import sys
from html.parser import HTMLParser

import pytest
from frames import chain
from played import DAY_S, EVENTS, NOON_S, Played, chained
from pypdf import PdfReader
from sample_prescription import GOOD_TOML
from samples import program

from evenpulse.base.markup import Markup, joined, tag
from evenpulse.journal.entries import TABLE
from evenpulse.report import reading, words
from evenpulse.report.treatment import Session
from stimcore.interlock import CODES

HOUR_S = 3_600


@pytest.fixture
def report(run, tmp_path, good_toml):
    """Write a played device's journal and report; gives (its JSON, its HTML)."""

    def _report(device, *more, prescription=True, frames=None, code=0):
        file = tmp_path / "E66.journal"
        file.write_bytes(b"".join(frames or device.frames()))
        page = tmp_path / "report.html"
        rx = ("--prescription", good_toml) if prescription else ()
        zone = () if "--tz" in more else ("--tz", "UTC")
        outcome = run(
            "report", "--archive", file, "-o", page, "--force", "--json", *rx, *zone, *more
        )
        assert outcome.code == code, outcome.err
        return json.loads(outcome.out), page.read_text()

    return _report


def text_of(page):
    """What a reader sees, in one line."""
    body = re.sub(r"<style>.*?</style>", " ", page, flags=re.S)
    return " ".join(
        re.sub(r"<[^>]+>", " ", body).replace("&#x27;", "'").replace("&gt;", ">").split()
    )


def payloads_of(device, change):
    """A played journal with its payloads changed, framed and chained anew: what somebody might
    forge, or a flipped bit that no CRC sees.
    """
    return chain([change(dict(one)) for one in device.payloads()])


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


def test_the_numbers_of_three_days(report):
    """Three sessions complete in three days; 80 pps for 20 min are 96 000 pulses; 100 us of 12
    mA are 1.2 uC.
    """
    device = Played().prescribe()
    for day, (before, after) in enumerate([(8, 5), (7, 6), (6, 4)]):
        device.until(NOON_S + day * DAY_S).session((12, 10), before=before, after=after, skin=True)
    told, page = report(device)
    assert (told["patient"], told["prescription"], told["counter"], told["serial"]) == (
        "P-017",
        "rx-0001",
        1,
        "E66",
    )
    assert (told["first_day"], told["last_day"], told["days"]) == ("2026-11-22", "2026-11-24", 3)
    assert (
        told["sessions_complete"],
        told["sessions_started"],
        told["sessions_allowed_max"],
        told["sessions_goal"],
    ) == (3, 3, 9, None)
    assert all(288_000 <= pulses <= 288_300 for pulses in told["pulses"]), (
        "a round more or less at each end"
    )
    assert all(
        0.98 < charge / ideal <= 1 for charge, ideal in zip(told["charge_uc"], (345_600, 288_000))
    )
    assert told["peak_ua"] == [12_000, 10_000] and told["minutes"] == 60.0
    # 8 to 5 and 6 to 4 are important (2 points or more, 30 % or more); 7 to 6 is one point and 14
    # %.
    assert told["pain"] == {
        "Pain relief": {
            "rated": 3,
            "mean_before": 7.0,
            "mean_after": 5.0,
            "important_relief": 2,
            "important_worsening": 0,
        }
    }
    read = text_of(page)
    for text in [
        "P-017",
        "complete; no goal is prescribed",
        "−2.0",
        "important relief in 2 of 3",
        "Journal verified: records 1 to",
        "peak 12.0 mA",
    ]:
        assert text in read, text
    assert "not a certified medical device" in read and "Days are those of UTC." in read


def test_time_runs_only_while_pulses_do(report):
    """10 min, a pause of 9 min, then SELECT after 5 min: 15 minutes; the device's totals of the
    last record count, not their sum.
    """
    device = Played().prescribe().begin((9, 5)).run(594_000, 1_000)
    device.press("DOWN").press("START").run(540_000, 1_000).hold("START").run(299_000, 1_000)
    device.end_early()
    told, _ = report(device.rate(None, None))
    one = told["sessions"][0]
    assert one["ended"] == "ended early" and abs(one["seconds"] - 900) < 6
    assert abs(one["pulses"][0] - 900 * 80) < 6 * 80


@pytest.mark.parametrize(
    ("before", "after", "important"),
    [
        (5, 3, -1),
        (10, 8, -1),
        (10, 9, 0),
        (3, 2, -1),
        (4, 3, 0),
        (1, 0, -1),
        (5, 5, 0),
        (0, 0, 0),
        (0, 1, 0),
        (0, 2, 1),
        (3, 4, 1),
        (4, 5, 0),
        (5, 7, 1),
        (None, 3, 0),
    ],
)
def test_an_important_change_is_2_points_or_30_percent(before, after, important):
    assert Session("x", None, 1, before=before, after=after).important == important


def test_how_a_session_can_end(report):
    def ended(play):
        device = Played().prescribe().begin((7, 5)).run(60_000, 1_000)
        play(device)
        return [(one["ended"], one["reason"]) for one in report(device)[0]["sessions"]]

    assert ended(lambda device: device.fault("stop_pressed")) == [("fault", "stop_pressed")]
    assert ended(lambda device: device.off().on()) == [("broken off", None)]
    assert ended(lambda device: device.reset("watchdog")) == [("fault", "watchdog")]
    assert ended(lambda device: device.reset("other")) == [("fault", "restart")]
    assert ended(lambda device: None) == [("broken off", None)]
    again = ended(lambda device: device.fault("lead_off").rearm().session((7, 5)))
    assert again == [("fault", "lead_off"), ("complete", None)]


def test_what_was_cut_short_and_went_on_is_one_session(report):
    device = (
        Played()
        .prescribe()
        .begin((7, 5))
        .run(300_000, 1_000)
        .fault("lead_off")
        .rearm()
        .session((7, 5), after=2, skin=True)
    )
    told, page = report(device)
    assert (told["sessions_started"], told["sessions_complete"]) == (1, 1)
    assert [one["goes_on"] for one in told["sessions"]] == [False, True] and abs(
        told["minutes"] - 20
    ) < 0.1
    assert "complete (the rest)" in text_of(page)


def test_only_sessions_of_this_prescription_count(report):
    device = (
        Played().prescribe(id="rx-0000", counter=1).session().sleep(HOUR_S).session().sleep(HOUR_S)
    )
    device.prescribe(id="rx-0001", counter=2).session(before=5, after=1).sleep(DAY_S).prescribe(
        id="rx-0002", counter=3
    ).session()
    told, page = report(device, prescription=False)
    assert told["sessions_started"] == 1 and told["prescription"] == "rx-0002", (
        "the last one accepted"
    )
    assert "not in this report: 3" in text_of(page)


def test_a_prescription_that_the_journal_does_not_show(report):
    told, page = report(Played().prescribe(id="rx-0009", counter=4).session())
    assert told["sessions_started"] == 1
    assert "does not show that the device accepted this prescription" in text_of(page)


def test_found_the_goal_is_what_adherence_is_counted_against(report, good_toml):
    """Seven days, one session each but on two; the goal is 7 a week, 21 were allowed."""
    good_toml.write_text(GOOD_TOML.replace("rest_min = 30", "rest_min = 30\nsessions_per_week = 7"))
    caps = {
        "ch1_ma": 30,
        "ch2_ma": 30,
        "session_min": 30,
        "sessions_per_day": 3,
        "sessions_per_week": 7,
        "rest_min": 30,
    }
    device = Played().prescribe(caps=caps)
    for day in (0, 1, 3, 4, 6):
        device.until(NOON_S + day * DAY_S).session()
    for prescription in (True, False):
        told, page = report(device, prescription=prescription)
        assert (told["sessions_complete"], told["sessions_goal"], told["days"]) == (5, 7.0, 7)
        assert "5 of 7" in text_of(page) and "71 % of the goal" in text_of(page)


def test_found_the_change_of_pain_over_the_weeks_is_said(report):
    device = Played().prescribe()
    for day, before in enumerate([8, 8, 7, 7, 7, 6, 6, 5, 5, 5, 4, 4, 4, 4, 3]):
        device.until(NOON_S + day * DAY_S).session((4, 4), before=before, after=before, skin=True)
    told, page = report(device)
    assert [one["mean_before"] for one in told["weeks"]] == [7.0, 4.43, 3.0] and told[
        "pain_before_change"
    ] == -4.0
    assert (
        "Pain before a session: 7.0 in week 1 (7 answers), 3.0 in week 3 (1 answer): −4.0 points, "
        "an important relief."
    ) in text_of(page)


def test_found_sessions_stand_where_they_were_in_time(report):
    """Three sessions on days 0, 1 and 9: the second gap is eight times the first."""
    device = Played().prescribe()
    for day in (0, 1, 9):
        device.until(NOON_S + day * DAY_S).session((4, 4), before=5, after=3, skin=True)
    _, page = report(device)
    chart = page.partition('aria-label="Pain before and after')[2].partition("</svg>")[0]
    hollow = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"[^>]*fill="#ffffff"', chart)]
    first, second = (b - a for a, b in zip(hollow, hollow[1:]))
    assert len(hollow) == 3 and abs(second / first - 8) < 0.05


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", "2026-11-22"),
        ("+13:00", "2026-11-23"),
        ("Pacific/Tongatapu", "2026-11-23"),
        ("-05:00", "2026-11-22"),
        ("-12:00", "2026-11-21"),
    ],
)
def test_found_days_are_those_of_the_clinic_and_it_says_which(report, zone, day):
    """A session at 11:30 UTC: already tomorrow in Tonga, still yesterday twelve hours west."""
    device = Played(wall_s=NOON_S - 1_800).prescribe().session()
    told, page = report(device, "--tz", zone)
    assert (told["first_day"], told["last_day"], told["days"]) == (day, day, 1)
    offset = {"UTC": "UTC", "Pacific/Tongatapu": "Pacific/Tongatapu (UTC+13:00)"}.get(
        zone, f"UTC{zone}"
    )
    assert told["time_zone"] == offset and f"Days are those of {offset}." in text_of(page)


def test_found_each_option_of_the_period_does_what_it_says(report, run, tmp_path):
    """A session at noon of each of five days; a stop on the third."""
    device = Played().prescribe()
    for day in range(5):
        device.until(NOON_S + day * DAY_S)
        device.session() if day != 2 else device.begin().run(60_000, 1_000).fault(
            "stop_pressed"
        ).rearm()

    def told(*more):
        got, _ = report(device, *more)
        return (
            got["first_day"],
            got["last_day"],
            got["sessions_started"],
            got["sessions_complete"],
            len(got["faults"]),
        )

    assert told() == ("2026-11-22", "2026-11-26", 5, 4, 1)
    assert told("--since", "2026-11-23") == ("2026-11-23", "2026-11-26", 4, 3, 1)
    assert told("--until", "2026-11-23") == ("2026-11-22", "2026-11-23", 2, 2, 0)
    assert told("--since", "2026-11-24", "--until", "2026-11-24") == (
        "2026-11-24",
        "2026-11-24",
        1,
        0,
        1,
    )
    assert told("--until", "2026-12-01") == ("2026-11-22", "2026-12-01", 5, 4, 1)
    assert told("--since", "2026-11-25", "--tz", "+13:00") == ("2026-11-25", "2026-11-27", 3, 2, 1)
    file = tmp_path / "E66.journal"
    for wrong in (
        ("--since", "2026-11-25", "--until", "2026-11-24"),
        ("--since", "soon"),
        ("--tz", "Mars/Olympus"),
        ("--tz", "+99:00"),
    ):
        assert run("report", "--archive", file, "--json", *wrong).code == 2


def test_a_clock_that_may_have_stood_still_is_told(report):
    _, page = report(Played().prescribe().session())
    assert "stands still" not in text_of(page)
    _, page = report(Played().prescribe().session().off(DAY_S).on().sleep(HOUR_S).session())
    assert "stands still" in text_of(page) and "switched on 1 time" in text_of(page)


def test_without_a_prescription_it_says_so(report):
    told, page = report(Played().prescribe().session(), prescription=False)
    assert told["patient"] == "P-017" and told["sessions_allowed_max"] is None
    assert "Prescription not given" in text_of(page)


def test_nothing_happened_yet(report):
    for device in (Played().prescribe(), Played()):
        told, page = report(device)
        assert told["sessions_started"] == 0 and told["pulses"] == []
        assert "No session was started" in text_of(page) and "No session was rated" in text_of(page)
    told, page = report(Played().prescribe().session(rated=False))
    assert "no session was rated" in text_of(page) and "no answer" in text_of(page)


def test_a_device_that_was_never_told_the_time(report):
    """Its prescription was in flash already; the journal is of another life."""
    device = Played().prescribe()
    device.flash.sectors.clear()
    device.off().on().session(before=4, after=1)
    told, page = report(device)
    assert (told["first_day"], told["days"], told["sessions_complete"]) == (None, 0, 1)
    assert "no date" in page


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


def test_a_journal_that_is_not_whole_is_told_at_the_top_and_in_detail_and_ends_with_1(report):
    frames = Played().prescribe().session().frames()
    told, page = report(None, frames=frames[:4] + frames[5:], code=1)
    assert told["journal"]["findings"] == [
        {"serial": "E66", "record": 5, "kind": "removed", "what": "is not there"}
    ]
    read = text_of(page)
    assert (
        "The journal is not whole" in read
        and "Journal verified" not in read
        and "is not there" in read
    )


# Values that no firmware writes, for any field of any record: a CRC that holds proves nothing about
# who wrote it.
ABSURD = [
    None,
    True,
    -1,
    10**40,
    10**400,
    1.5,
    1e308,
    "",
    "x" * 200,
    "\ud800",
    "\x00\x1b[2J",
    [],
    [1, 2, 3],
    [10**400],
    [None],
    {},
    {"a": [1]},
    [[[]]],
]


@pytest.mark.parametrize("value", ABSURD, ids=[repr(one)[:20] for one in ABSURD])
def test_found_one_absurd_field_ends_no_command_with_a_traceback(run, tmp_path, good_toml, value):
    """Each field of each event that was played, one after another, in report, list, export and
    the list of patients.
    """
    device = EVENTS["fault"](EVENTS["rating"](Played().prescribe()).sleep(2_000))
    for event in ("button_stuck", "self_test", "calibration"):
        EVENTS[event](device)
    device.off().on()
    payloads, frames = device.payloads(), []
    seen = {(one["e"], field): number for number, one in enumerate(payloads) for field in one}
    changed = [dict(one) for one in payloads]
    for (_event, field), number in seen.items():
        changed.append(payloads[number] | {field: value})
    for one in changed:
        try:
            chain([one])
        except ValueError:
            # Longer than a record can be
            continue
        frames.append(one)
    file = tmp_path / "E66.journal"
    file.write_bytes(b"".join(chain(frames)))
    page = tmp_path / "r.html"
    for words_ in (
        ("report", "--archive", file, "-o", page, "--force", "--json", "--prescription", good_toml),
        ("report", "--archive", file, "--json", "--tz", "+14:00"),
        ("log", "list", "--archive", file),
        ("log", "list", "--archive", file, "--json"),
        ("log", "export", "--archive", file),
        ("log", "export", "--archive", file, "--json"),
        ("log", "verify", "--archive", file),
        ("patients", "--archive", tmp_path),
    ):
        outcome = run(*words_)
        assert (
            outcome.code in (0, 1)
            and "Traceback" not in outcome.err
            and "unexpected" not in outcome.err
        ), outcome.err
    assert "not as this version" in text_of(page.read_text())


def test_payloads_that_are_no_record_never_break_it(report):
    payloads = [
        {},
        {"e": None},
        {"e": ["boot"]},
        {"e": "start"},
        {"e": "end"},
        {"e": "rating"},
        {"e": "fault"},
        {"e": "prescription"},
        {"e": "new", "what": 1},
    ]
    for prescription in (True, False):
        told, page = report(None, frames=chain(payloads), prescription=prescription)
        assert (
            told["journal"]["records"]
            == len(payloads)
            == told["records_not_as_written_by_this_version"]
        )
    assert "new: not known to this version" in text_of(page)


class _Loads(HTMLParser):
    """Collects what a page would fetch or run, and whether its elements close."""

    def __init__(self):
        super().__init__()
        self.fetches, self.open = [], []

    def handle_starttag(self, name, attributes):
        self.fetches += [
            (name, key)
            for key, _ in attributes
            if key in ("src", "href", "srcset", "data", "action") or key.startswith("on")
        ]
        if name in ("script", "link", "iframe", "object", "embed", "img"):
            self.fetches.append((name, ""))
        if name != "meta":
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name


_HOSTILE = '<script>"$body'


def test_the_page_is_closed_well_formed_and_escaped(report, tmp_path):
    device = EVENTS["fault"](EVENTS["rating"](Played().prescribe()).sleep(2_000))
    EVENTS["button_stuck"](device)
    frames = payloads_of(
        device,
        lambda one: {
            k: _HOSTILE
            if isinstance(v, str) and (k, one["e"]) != ("e", "start") and k not in ("e", "key")
            else v
            for k, v in one.items()
        },
    )
    for rx in (True, False):
        _, page = report(None, prescription=rx, frames=frames)
        reader = _Loads()
        reader.feed(page)
        assert reader.fetches == [] and reader.open == []
        assert "url(" not in page and "http" not in page and "@import" not in page
        assert "&lt;script&gt;" in page and "$body" in page and "<script" not in page


def test_ninety_days_stay_small(report):
    device = Played().prescribe(program(minutes=2), expires="2027-06-01")
    for day in range(90):
        for hour in range(3):
            begins_s = NOON_S + day * (DAY_S + HOUR_S) + hour * 2 * HOUR_S
            device.run(1_000 * (begins_s - device.wall_s), step_ms=600_000)
            device.session((4, 4), before=6, after=3, skin=True)
    told, page = report(device)
    assert told["sessions_complete"] == 270 and len(page) < 500_000
    assert page.count("<tr>") < 25, "two pages: not every session is listed"


def test_from_a_device_and_without_a_file(run, fake):
    device = fake(records=chained(Played().prescribe().session(before=6, after=3)))
    outcome = run("report", "--port", device.port, "--json")
    assert outcome.code == 0 and json.loads(outcome.out)["sessions_complete"] == 1
    assert json.loads(outcome.out)["serial"] == "E661640843"


def test_what_it_refuses(run, tmp_path, good_toml):
    page = tmp_path / "report.html"
    page.write_text("precious")
    Played().prescribe().archive(tmp_path)
    assert run("report", "--archive", tmp_path, "-o", page).code == 2
    other = run("report", "--archive", tmp_path, "-o", tmp_path / "report.docx")
    assert other.code == 2 and "name it report.html or report.pdf" in other.err
    good_toml.write_text(GOOD_TOML.replace("ch1_ma = 30.0", "ch1_ma = 300.0"))
    spoilt = run(
        "report", "--archive", tmp_path, "-o", page, "--force", "--prescription", good_toml
    )
    assert spoilt.code == 1 and "ch1_ma = 300" in spoilt.err
    assert page.read_text() == "precious"


def test_markup_escapes_what_it_did_not_make():
    assert (
        tag("p", "a<b", Markup("<b>"), None, ["&", tag("i", 1)], class_='"')
        == '<p class="&quot;">a&lt;b<b>&amp;<i>1</i></p>'
    )
    assert joined(False, None, 0, "") == "0"


def test_a_pdf_is_the_same_on_two_pages(run, tmp_path, good_toml):
    """Read back by another library than the one that wrote it."""
    device = Played().prescribe()
    for day in range(40):
        device.until(NOON_S + day * DAY_S).session((9, 9), before=7, after=4, skin=True)
    device.archive(tmp_path)
    outcome = run(
        "report", "--archive", tmp_path, "-o", tmp_path / "r.PDF", "--prescription", good_toml
    )
    assert outcome.code == 0 and "40 sessions in" in outcome.err, outcome.err
    pages = PdfReader(tmp_path / "r.PDF").pages
    read = " ".join(" ".join(page.extract_text().split()) for page in pages)
    assert len(pages) == 2 and [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]
    for text in ["P-017", "40", "Journal verified: records 1 to", "not a certified medical device"]:
        assert text in read, text


def test_a_pdf_without_its_library_says_what_to_install(run, tmp_path, monkeypatch):
    Played().prescribe().session().archive(tmp_path)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    outcome = run("report", "--archive", tmp_path, "-o", tmp_path / "r.pdf")
    assert outcome.code == 1 and "libpango" in outcome.err and not (tmp_path / "r.pdf").exists()
