"""A line a patient, over all devices and prescriptions of an archive. Numbers, and what of them
needs somebody.
"""

import datetime
from typing import NamedTuple

from evenpulse.base.days import Period
from evenpulse.journal.source import Source
from evenpulse.report.summary import Summary, gather, patients
from evenpulse.report.words import NOTES, fault

_IDLE_DAYS = 7
# Below this much of the goal somebody should ask
_GOAL_SHARE = 0.8


class Row(NamedTuple):
    """`attention`: why somebody should look, most urgent first. Days are the clinic's."""

    patient: str
    attention: list[str]
    last_session: datetime.date | None
    days_since: int | None
    complete: int
    goal: float | None
    last_7_days: int
    skin_not_fine: int
    skin_last: datetime.date | None
    faults: int
    fault_last: str
    prescriptions: list[str]
    devices: list[str]
    read_on: datetime.date | None
    whole: bool


def rows(sources: list[Source], rxs: list[dict], period: Period) -> list[Row]:
    """Everybody, those who need somebody first."""
    listed = [
        _row(name, gather(sources, rxs, name, period)) for name in sorted(patients(sources, rxs))
    ]
    return sorted(
        listed,
        key=lambda one: (
            _RANKS.index(one.attention[0]) if one.attention else len(_RANKS),
            one.patient,
        ),
    )


_SKIN, _DEVICE, _FAULTS, _IDLE, _GOAL, _DAMAGED = (
    "skin",
    "device",
    "faults",
    "not trained",
    "below the goal",
    "journal damaged",
)
_RANKS = (_SKIN, _DEVICE, _FAULTS, _IDLE, _GOAL, _DAMAGED)


def _short(summary: Summary) -> bool:
    """Whether the goal was missed; before a week is over nobody can say."""
    goal, done = summary.goal, len(summary.treatment.done())
    return goal is not None and bool(summary.weeks_over()) and done < _GOAL_SHARE * goal


def _row(name: str, summary: Summary) -> Row:
    treatment, day = summary.treatment, summary.period.zone.day
    trained = [day(one.at) for one in treatment.sessions if one.at]
    bad = treatment.skin(False)
    bad_days = [day(one.at) for one in bad if one.at]
    until = summary.last
    last = max(trained, default=None)
    since = (until - last).days if until and last else None
    week = [one for one in treatment.done() if one.at and until and (until - day(one.at)).days < 7]
    stopped = [one for one in treatment.faults if one.reason != "stop_pressed"]
    grave = [one for one in treatment.notes if one.event in NOTES and NOTES[one.event].rank == 0]
    began = last or summary.first
    idle = not until or not began or (until - began).days >= _IDLE_DAYS
    why = (
        (_SKIN, bool(bad)),
        (_DEVICE, bool(grave)),
        (_FAULTS, bool(stopped)),
        (_IDLE, idle),
        (_GOAL, _short(summary)),
        (_DAMAGED, not summary.whole),
    )
    return Row(
        name,
        [word for word, so in why if so],
        last,
        since,
        len(treatment.done()),
        summary.goal,
        len(week),
        len(bad),
        max(bad_days, default=None),
        len(treatment.faults),
        fault(treatment.faults[-1].reason).what if treatment.faults else "",
        list(dict.fromkeys(one.id for one in treatment.prescribed)),
        [part.serial or part.name for part in summary.parts],
        summary.read_on and day(summary.read_on),
        summary.whole,
    )


def as_dict(one: Row) -> dict:
    """As a JSON object: days as texts."""
    return {
        name: value.isoformat() if isinstance(value, datetime.date) else value
        for name, value in one._asdict().items()
    }
