"""The dose of a day: number, minutes and rest of sessions; what a fault cut short; and all of it
after a loss of power.
"""

import pytest

from stimcore.dose import Dose, next_progress_s

NOON_S = 1_795_348_800
MIN, HOUR, DAY = 60, 3_600, 86_400


def after(sessions, sessions_per_day=3, rest_s=30 * MIN):
    """A dose after whole sessions: (start after noon, length) in seconds."""
    dose = Dose()
    dose.prescribe(sessions_per_day, rest_s)
    for begin_s, length_s in sessions:
        dose.begin(NOON_S + begin_s, 0, length_s)
        dose.stop(NOON_S + begin_s + length_s, 0, False)
    return dose


# (sessions so far, per day, rest, now after noon, length asked for, seconds to wait)
WAITS = [
    ("nothing yet", [], 1, 30 * MIN, 0, 1_200, 0),
    ("rest begins with the end", [(0, 1_200)], 3, 30 * MIN, 1_200, 1_200, 1_800),
    ("one second of rest is missing", [(0, 1_200)], 3, 30 * MIN, 2_999, 1_200, 1),
    ("rested", [(0, 1_200)], 3, 30 * MIN, 3_000, 1_200, 0),
    ("a stricter rest", [(0, 1_200)], 3, 2 * HOUR, 3_000, 1_200, 1_200 + 2 * HOUR - 3_000),
    ("one a day: until 24 h after its start", [(0, 1_200)], 1, 30 * MIN, HOUR, 1_200, 23 * HOUR),
    ("one a day, the day after", [(0, 1_200)], 1, 30 * MIN, DAY, 1_200, 0),
    (
        "three a day: the first of them decides",
        [(0, 600), (HOUR, 600), (2 * HOUR, 600)],
        3,
        30 * MIN,
        3 * HOUR,
        600,
        21 * HOUR,
    ),
    ("two of three", [(0, 600), (HOUR, 600)], 3, 30 * MIN, 3 * HOUR, 600, 0),
    (
        "240 minutes are reached",
        [(h * HOUR * 2, HOUR) for h in range(4)],
        24,
        30 * MIN,
        8 * HOUR,
        60,
        HOUR + DAY - 8 * HOUR,
    ),
    (
        "240 minutes to the second",
        [(h * HOUR * 2, HOUR) for h in range(3)],
        24,
        30 * MIN,
        8 * HOUR,
        HOUR,
        0,
    ),
    (
        "a second more than 240 minutes",
        [(0, 3_600), (2 * HOUR, 3_600), (4 * HOUR, 3_600), (6 * HOUR, 1)],
        24,
        30 * MIN,
        8 * HOUR,
        HOUR,
        HOUR + DAY - 8 * HOUR,
    ),
]


@pytest.mark.parametrize("row", WAITS)
def test_how_long_to_wait(row):
    _, sessions, per_day, rest_s, now_s, length_s, wanted = row
    assert after(sessions, per_day, rest_s).wait_s(NOON_S + now_s, 0, length_s) == wanted


def test_what_the_day_has_left():
    dose = after([(0, 1_200)])
    assert (
        dose.left_today(NOON_S + HOUR, 1_200) == 2
        and dose.left_today(NOON_S + DAY + 1_201, 1_200) == 3
    )
    # 60 minutes of 240
    assert (
        after([(h * 2 * HOUR, HOUR) for h in range(3)], 24).left_today(NOON_S + 7 * HOUR, 1_800)
        == 2
    )


def test_what_a_fault_cut_short_goes_on_at_once_and_counts_once():
    dose = after([], sessions_per_day=1)
    assert dose.begin(NOON_S, 0, 1_200)["left_s"] == 1_200
    dose.stop(NOON_S + 300, 900, True)
    assert dose.wait_s(NOON_S + 310, 0, 1_200) == 0 and dose.left_s(NOON_S + 310, 0) == 900
    # Another program is another session
    assert dose.wait_s(NOON_S + 310, 1, 1_200) > 0
    assert dose.begin(NOON_S + 310, 0, 1_200)["left_s"] == 900
    dose.stop(NOON_S + 1_210, 0, False)
    assert len(dose.sessions) == 1 and dose.sessions[0][2] == 1_200
    assert dose.wait_s(NOON_S + 1_210, 0, 1_200) == DAY - 1_210


def test_no_number_of_faults_gives_more_than_the_session():
    dose, given_s, now_s = after([]), 0, NOON_S
    for _ in range(50):
        left_s = dose.left_s(now_s, 0) or (1_200 if not dose.wait_s(now_s, 0, 1_200) else 0)
        if left_s:
            dose.begin(now_s, 0, 1_200)
            used_s = min(left_s, 100)
            given_s += used_s
            now_s += used_s
            dose.stop(now_s, left_s - used_s, True)
    assert given_s == 1_200


def test_what_was_ended_on_purpose_does_not_go_on():
    dose = after([])
    dose.begin(NOON_S, 0, 1_200)
    dose.stop(NOON_S + 300, 900, False)
    assert (
        dose.left_s(NOON_S + 301, 0) == 0
        and dose.wait_s(NOON_S + 301, 0, 1_200) == 1_799
        and dose.sessions[0][2] == 300
    )


def test_what_was_cut_short_is_over_once_the_rest_is_over_and_with_a_new_prescription():
    dose = after([])
    dose.begin(NOON_S, 0, 1_200)
    dose.stop(NOON_S + 300, 900, True)
    assert dose.left_s(NOON_S + 300 + 1_799, 0) == 900 and dose.left_s(NOON_S + 300 + 1_800, 0) == 0
    dose.prescribe(3, 1_800)
    assert dose.left_s(NOON_S + 301, 0) == 0 and dose.wait_s(NOON_S + 301, 0, 1_200) == 1_799


def boot(t, dose):
    return dict(dose.told(t), e="boot", t=t)


def start(t, dose, length_s=1_200):
    return dict(dose.begin(t, 0, length_s), e="start", t=t)


class Told:
    """A dose that goes on after a loss of power, asked by the times of the life before: powered
    time begins anew at the first record read.
    """

    def __init__(self, records, sessions_per_day=3):
        self.dose = Dose()
        self.dose.prescribe(sessions_per_day, 1_800)
        # `ms` counts from power-on; the date in `t` says nothing about it.
        self.dose.rebuild(
            [dict(record, ms=1_000 * (record["t"] - NOON_S) + 5_000, t=7) for record in records]
        )
        self._apart_s = records[-1]["t"] - self.dose.now_s(0)

    @property
    def sessions(self):
        return [
            [begin_s + self._apart_s, end_s + self._apart_s, used_s]
            for begin_s, end_s, used_s in self.dose.sessions
        ]

    def __getattr__(self, name):
        return lambda now_s, *rest: getattr(self.dose, name)(now_s - self._apart_s, *rest)


def reborn(records, sessions_per_day=3):
    return Told(records, sessions_per_day)


@pytest.mark.parametrize("per_day,wait_s", [(3, 1_800), (1, DAY)])
def test_a_journal_without_the_day_means_the_rest_in_full(per_day, wait_s):
    dose = Dose()
    dose.prescribe(per_day, 1_800)
    dose.rebuild([None])
    assert (
        dose.wait_s(dose.now_s(0), 0, 1_200) == wait_s
        and dose.wait_s(dose.now_s(1_000 * wait_s), 0, 1_200) == 0
    )


def test_powered_time_only_goes_on():
    """Whatever dates and counts the records have, it never runs back, and a count that begins
    anew adds no more than it says.
    """
    live = after([], 1)
    rows = [
        (start(NOON_S, live), 60_000),
        ({"e": "end", "t": 5, "left_s": 0}, 1_260_000),
        ({"e": "key", "t": 9 * NOON_S}, 0),
        ({"e": "wait", "t": 1}, 40_000),
    ]
    dose = Dose()
    dose.prescribe(1, 1_800)
    dose.rebuild([dict(record, ms=ms) for record, ms in rows])
    assert dose.now_s(0) == 1_200 + 40 and dose.now_s(1_500) == 1_241
    assert dose.wait_s(dose.now_s(0), 0, 1_200) == DAY - 1_240


def test_a_whole_session_is_remembered():
    live = after([], 1)
    records = [
        boot(NOON_S, live),
        start(NOON_S + 60, live),
        {"e": "amplitude", "t": NOON_S + 70},
        {"e": "end", "t": NOON_S + 1_260, "left_s": 0},
    ]
    live.stop(NOON_S + 1_260, 0, False)
    assert (
        reborn(records, 1).sessions == live.sessions
        and reborn(records, 1).wait_s(NOON_S + 1_260, 0, 1_200) == DAY - 1_200
    )


# What the journal holds after the start of 20 minutes at noon when the power goes; seconds left
# that may be given, at the most.
CUTS = [
    ("at once", [], 1_200 - 10 - 2),
    ("after a change of amplitude", [("amplitude", 100, {})], 1_200 - 160 - 2),
    ("after progress", [("progress", 300, {"left_s": 900})], 1_200 - 600 - 2),
    ("near the end", [("progress", 900, {"left_s": 300})], 0),
    ("while paused", [("pause", 200, {"left_s": 1_000}), ("bench", 900, {})], 1_000),
    (
        "after a pause",
        [("pause", 200, {"left_s": 1_000}), ("resume", 900, {"left_s": 1_000})],
        1_200 - 300 - 2,
    ),
    (
        "a trigger that came late is no excuse",
        [("amplitude", 250, {}), ("progress", 300, {"left_s": 1_100})],
        1_200 - 600 - 2,
    ),
    ("after a fault", [("fault", 400, {"left_s": 800, "reason": "supply"})], 800),
    (
        "after a fault that came at rest",
        [("end", 400, {"left_s": 800}), ("fault", 500, {"reason": "supply"})],
        0,
    ),
    ("a new prescription", [("fault", 400, {"left_s": 800}), ("prescription", 500, {})], 0),
]


@pytest.mark.parametrize("row", CUTS)
def test_a_session_that_the_power_cut_counts_to_its_last_record_and_a_bound(row):
    _, events, left_s = row
    live = after([])
    records = [start(NOON_S, live)] + [
        dict(fields, e=event, t=NOON_S + at_s) for event, at_s, fields in events
    ]
    dose, now_s = reborn(records), records[-1]["t"]
    assert dose.left_s(now_s, 0) == left_s
    assert dose.wait_s(now_s, 1, 1_200) >= 1_800 - (
        0 if not events or events[-1][0] in ("amplitude", "progress") else 500
    )


def test_progress_is_told_more_often_in_the_first_minutes():
    told, used_s = [], 0
    while used_s < 1_200:
        used_s = next_progress_s(used_s)
        told.append(used_s)
    assert told == [10, 20, 40, 80, 160, 300, 600, 900, 1_200]


def test_boot_after_boot_only_ever_waits_longer():
    live = after([(0, 1_200)], 1)
    now_s, dose = NOON_S + 1_230, live
    waited = dose.wait_s(now_s, 0, 1_200)
    for _ in range(5):
        dose = reborn([boot(now_s, dose)], 1)
        assert dose.wait_s(now_s, 0, 1_200) >= waited
        waited = dose.wait_s(now_s, 0, 1_200)
        now_s += 7
        waited -= 7


def test_a_session_that_could_go_on_still_can_after_two_boots():
    live = after([])
    records = [start(NOON_S, live), {"e": "fault", "t": NOON_S + 100, "left_s": 1_100}]
    once = reborn(records)
    twice = reborn([boot(NOON_S + 100, once)])
    assert twice.left_s(NOON_S + 100, 0) == 1_100
    records = [
        boot(NOON_S + 100, once),
        start(NOON_S + 130, twice),
        {"e": "end", "t": NOON_S + 1_230, "left_s": 0},
    ]
    assert len(reborn(records).sessions) == 1 and reborn(records).sessions[0][2] >= 1_200
