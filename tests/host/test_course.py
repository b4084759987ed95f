"""Six weeks of a treatment, played: missed days, a pad off, STOP, power cut, skin "no", a second
prescription, a swapped device.

The script says what happens; every number of the report is counted from the script, not from the
journal.
"""

import json
import re

import pytest
from played import Played
from played_device import DAY_S, NOON_S
from pypdf import PdfReader

HOUR_S = 3_600
# UTC+13: noon UTC is the next day there
ZONE = "Pacific/Tongatapu"
CAPS = {
    "ch1_ma": 30,
    "ch2_ma": 30,
    "session_min": 30,
    "sessions_per_day": 3,
    "sessions_per_week": 7,
    "rest_min": 30,
}
SECOND = dict(CAPS, sessions_per_week=5)
MISSED = (5, 6, 13, 20, 27, 34)
# Day: what goes wrong on it
LEAD_OFF, STOP, POWER, SKIN = 3, 10, 17, (24, 38)
NEW_RX, NEW_DEVICE, DAYS = 14, 28, 42
MINUTES, MA = 20, (9, 7)


def pain_before(day):
    """Falls by a point a week, from 8."""
    return 8 - day // 7


class Script:
    """What was done, counted while it is done."""

    def __init__(self):
        self.complete, self.begun, self.minutes, self.skin_fine, self.skin_bad = 0, 0, 0.0, 0, 0
        self.rated, self.faults, self.complete_of_week = [], [], [0] * 6

    def whole(self, device, day):
        before, fine = pain_before(day), day not in SKIN
        device.session(MA, before=before, after=before - 2, skin=fine)
        self.complete += 1
        self.begun += 1
        self.minutes += MINUTES
        self.skin_fine, self.skin_bad = self.skin_fine + fine, self.skin_bad + (not fine)
        self.rated.append((before, before - 2))
        self.complete_of_week[day // 7] += 1

    def cut(self, device, day):
        """A session of which less than all is given."""
        self.begun += 1
        if day == LEAD_OFF:
            device.begin(MA).run(300_000, 1_000).fault("lead_off").rearm()
            self.faults.append("lead_off")
        elif day == STOP:
            device.begin(MA).run(300_000, 1_000).fault("stop_pressed").rearm()
            self.faults.append("stop_pressed")
        else:
            device.begin(MA).run(450_000, 1_000).off(0).on()


def played():
    """(script, the two devices)."""
    script = Script()
    first = device = Played("E6-FIRST").prescribe(caps=CAPS, counter=1)
    second = None
    for day in range(DAYS):
        device.until(NOON_S + day * DAY_S)
        if day == NEW_RX:
            device.prescribe(id="rx-0002", counter=2, caps=SECOND)
        if day == NEW_DEVICE:
            second = device = Played("E6-SECOND", wall_s=NOON_S + day * DAY_S).prescribe(
                id="rx-0002", counter=2, caps=SECOND
            )
        if day in (LEAD_OFF, STOP, POWER):
            script.cut(device, day)
        elif day not in MISSED:
            script.whole(device, day)
    return script, first, second


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    script, first, second = played()
    first.archive(folder)
    second.archive(folder)
    return script, folder, (first, second)


def test_found_the_report_of_six_weeks_says_what_the_script_did(run, course, tmp_path):
    script, folder, _ = course
    outcome = run(
        "report",
        "--archive",
        folder,
        "--patient",
        "P-017",
        "--tz",
        ZONE,
        "--json",
        "-o",
        tmp_path / "r.pdf",
    )
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert (
        (told["sessions_complete"], told["sessions_started"])
        == (script.complete, script.begun)
        == (33, 36)
    )
    assert (
        (told["skin_fine"], told["skin_not_fine"]) == (script.skin_fine, script.skin_bad) == (31, 2)
    )
    assert [one["reason"] for one in told["faults"]] == script.faults
    assert told["serials"] == ["E6-FIRST", "E6-SECOND"] and [
        one["id"] for one in told["prescriptions"]
    ] == ["rx-0001", "rx-0002", "rx-0002"]
    # Noon UTC is 1 a.m. of the next day there.
    assert (told["first_day"], told["last_day"], told["days"]) == ("2026-11-23", "2027-01-03", 42)
    # Two weeks of 7, four of 5.
    assert told["sessions_goal"] == 2 * 7 + 4 * 5
    assert [one["sessions_goal"] for one in told["weeks"]] == [7, 7, 5, 5, 5, 5]
    assert [one["sessions_complete"] for one in told["weeks"]] == script.complete_of_week
    rated = told["pain"]["Pain relief"]
    assert rated["rated"] == len(script.rated)
    assert rated["mean_before"] == pytest.approx(
        sum(before for before, _ in script.rated) / len(script.rated), abs=0.01
    )
    assert rated["mean_after"] == pytest.approx(
        sum(after for _, after in script.rated) / len(script.rated), abs=0.01
    )
    assert rated["important_relief"] == len(script.rated)
    assert [one["mean_before"] for one in told["weeks"]] == [8, 7, 6, 5, 4, 3] and told[
        "pain_before_change"
    ] == -5
    # Cut at 300 s and a little: the climb is part of it. The power cut keeps the 300 s of its last
    # record.
    cut = [one for one in told["sessions"] if one["ended"] != "complete"]
    assert [(one["ended"], one["reason"]) for one in cut] == [
        ("fault", "lead_off"),
        ("fault", "stop_pressed"),
        ("broken off", None),
    ]
    assert (
        all(300 <= one["seconds"] < 310 for one in cut)
        and cut[2]["seconds"] == 300
        and cut[2]["at_least"]
    )
    assert told["minutes"] == pytest.approx(script.minutes + 15, abs=0.6)
    ideal = 80 * 60 * told["minutes"]
    assert all(pulses == pytest.approx(ideal, rel=0.01) for pulses in told["pulses"])
    assert all(
        charge == pytest.approx(ideal * ma / 10, rel=0.02)
        for charge, ma in zip(told["charge_uc"], MA)
    )
    assert told["peak_ua"] == [1_000 * ma for ma in MA]
    assert told["journal"]["whole"] and told["records_not_as_written_by_this_version"] == 0


def test_found_the_pages_of_six_weeks_say_it_in_words(run, course, tmp_path):
    _, folder, _ = course
    assert (
        run(
            "report",
            "--archive",
            folder,
            "--patient",
            "P-017",
            "--tz",
            ZONE,
            "-o",
            tmp_path / "r.pdf",
        ).code
        == 0
    )
    pages = PdfReader(tmp_path / "r.pdf").pages
    words = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))
    assert len(pages) == 2
    for text in [
        "33 of 34",
        "97 % of the goal",
        "E6-FIRST: records 1 to",
        "E6-SECOND: records 1 to",
        "Skin not fine after 2 sessions",
        "17 Dec 2026",
        "31 Dec 2026",
        "−5.0 points",
        "pad off or dry",
        "STOP pressed",
        "Pacific/Tongatapu (UTC+13:00)",
        "36 sessions",
        "23 Nov 2026 to 3 Jan 2027 (42 days)",
    ]:
        assert text in words, (text, words)


def test_one_device_alone_is_a_part_of_it(run, course):
    script, folder, _ = course
    parts = [
        json.loads(
            run(
                "report", "--archive", folder / f"{name}.journal", "--patient", "P-017", "--json"
            ).out
        )
        for name in ("E6-FIRST", "E6-SECOND")
    ]
    assert sum(one["sessions_complete"] for one in parts) == script.complete
    assert run("report", "--archive", folder, "--json").code == 2, "two devices are a question"
    wrong = run("report", "--archive", folder, "--patient", "P-999", "--json")
    assert wrong.code == 2 and "P-017" in wrong.err


def test_found_a_list_of_the_archive_says_who_needs_somebody(run, course, tmp_path):
    """Beside the six weeks: one who has trained as wanted, one who stopped training, and one
    whose device failed.
    """
    _, _, devices = course
    for device in devices:
        device.archive(tmp_path)
    end_s = NOON_S + 41 * DAY_S
    good = Played("GOOD", wall_s=end_s - 6 * DAY_S).prescribe(
        caps=CAPS, patient="P-good", id="rx-g"
    )
    for day in range(7):
        good.until(end_s + (day - 6) * DAY_S).session((5, 5), before=4, after=4, skin=True)
    lazy = (
        Played("LAZY", wall_s=end_s - 20 * DAY_S)
        .prescribe(caps=CAPS, patient="P-lazy", id="rx-l")
        .session((5, 5))
        .until(end_s)
    )
    ill = (
        Played("ILL", wall_s=end_s)
        .prescribe(caps=CAPS, patient="P-ill", id="rx-i")
        .begin((9, 9))
        .run(60_000, 1_000)
        .fault("over_current")
    )
    for device in (good, lazy, ill):
        device.archive(tmp_path)
    outcome = run("patients", "--archive", tmp_path, "--tz", ZONE, "--json")
    assert outcome.code == 0, outcome.err
    rows = {one["patient"]: one for one in json.loads(outcome.out)}
    assert {name: row["attention"][:1] for name, row in rows.items()} == {
        "P-017": ["skin"],
        "P-ill": ["faults"],
        "P-lazy": ["not trained"],
        "P-good": [],
    }
    assert list(rows) == ["P-017", "P-ill", "P-lazy", "P-good"]
    assert (
        rows["P-lazy"]["days_since"],
        rows["P-lazy"]["complete"],
        rows["P-good"]["last_7_days"],
    ) == (20, 1, 7)
    assert rows["P-017"]["skin_last"] == "2026-12-31" and rows["P-017"]["devices"] == [
        "E6-FIRST",
        "E6-SECOND",
    ]
    shown = run("patients", "--archive", tmp_path, "--tz", ZONE)
    assert (
        "current too high" in shown.out
        and "4 patients in 5 journals" in shown.err
        and "UTC+13" in shown.err
        or "Tongatapu" in shown.err
    )
