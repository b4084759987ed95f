"""The report's days, periods and clocks: where a session stands in time, and which days count."""

import re

import pytest
from played import Played
from played_device import DAY_S, NOON_S
from reported import HOUR_S, text_of


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


def test_a_device_that_was_never_told_the_time(report):
    """Its prescription was in flash already; the journal is of another life."""
    device = Played().prescribe()
    device.flash.sectors.clear()
    device.off().on().session(before=4, after=1)
    told, page = report(device)
    assert (told["first_day"], told["days"], told["sessions_complete"]) == (None, 0, 1)
    assert "no date" in page


AIMS = {
    "ch1_ma": 20,
    "ch2_ma": 20,
    "session_min": 30,
    "sessions_per_day": 3,
    "sessions_per_week": 7,
    "rest_min": 30,
}
# Days after the one on which it was prescribed, with a session of a goal of 7 a week done: what the
# list of patients says.
FLAGS = [(0, []), (6, []), (7, ["not trained", "below the goal"])]


@pytest.mark.parametrize("days,flags", FLAGS)
def test_nobody_is_below_a_goal_or_not_trained_before_a_week_is_over(run, tmp_path, days, flags):
    device = Played().prescribe(caps=AIMS).session((9, 9))
    device.until(NOON_S + days * DAY_S).archive(tmp_path)
    (row,) = run("patients", "--archive", tmp_path, "--tz", "UTC", "--json").json
    assert row["attention"] == flags and row["complete"] == 1 and row["goal"]
    none = Played("E67").prescribe(patient="P-none", caps=AIMS)
    none.until(NOON_S + days * DAY_S).archive(tmp_path)
    rows = run("patients", "--archive", tmp_path, "--tz", "UTC", "--json").json
    assert {one["patient"]: one["attention"] for one in rows}["P-none"] == flags


def test_a_week_is_red_only_when_it_is_over(report):
    device = Played().prescribe(caps=AIMS).session((9, 9))
    for until, red in (("2026-11-25", 0), ("2026-12-01", 1)):
        _, page = report(device, "--until", until, prescription=False)
        weeks = page.partition('aria-label="Complete sessions of each week')[2].partition("</svg>")[
            0
        ]
        assert weeks.count('font-weight="bold"') == red and "1 of " in weeks
