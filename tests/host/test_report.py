"""The report: what a journal says of a treatment in numbers: sessions, change, goal, adherence."""

import pytest
from played import Played
from played_device import DAY_S, NOON_S
from reported import HOUR_S, text_of
from sample_prescription import GOOD_TOML
from samples import program

from evenpulse.report.treatment import Session


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
    read = text_of(page)
    # 22 Nov, one row: 5 minutes and 15
    assert "complete, in 2 parts 20.0 " in read and "went on with what was left" in read
    assert page.count('aria-label="Sessions by day"') == 1
    boxes = page.partition('aria-label="Sessions by day"')[2].partition("</svg>")[0]
    assert boxes.count("<rect") == 1, "one dark box"


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
    device = Played().prescribe(program(minutes=2))
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
