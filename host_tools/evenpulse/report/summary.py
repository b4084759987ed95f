"""A treatment beside what was prescribed, over a period: the numbers of the report. No layout."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from evenpulse.base.days import Period
from evenpulse.base.errors import BadUsage
from evenpulse.journal.findings import Audit
from evenpulse.journal.source import Source
from evenpulse.report.reading import accepted, merged, read
from evenpulse.report.treatment import Prescribed, Session, Treatment
from evenpulse.report.weeks import WEEK, Week

_DAYS_DRAWN_MAX = 366
_DAY = datetime.timedelta(1)
Key = tuple[str, int]


class Part(NamedTuple):
    """One device's journal."""

    name: str
    serial: str | None
    audit: Audit
    read_on: datetime.datetime | None


@dataclass
class Summary:
    """`rxs`: prescriptions in device form, as far as they were given. `first`, `last`: the
    period's days, None where no record has a time.
    """

    parts: list[Part]
    treatment: Treatment
    rxs: dict[Key, dict]
    period: Period
    first: datetime.date | None
    last: datetime.date | None
    patient: str | None
    unmatched: bool = False
    weeks: list[Week] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return all(part.audit.whole for part in self.parts)

    @property
    def read_on(self) -> datetime.datetime | None:
        return max((part.read_on for part in self.parts if part.read_on), default=None)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1 if self.first and self.last else 0

    @property
    def drawn_from(self) -> datetime.date | None:
        """The first day that a chart shows."""
        return (
            max(self.first, self.last - datetime.timedelta(_DAYS_DRAWN_MAX - 1))
            if self.first and self.last
            else None
        )

    @property
    def per_day(self) -> int | None:
        """The most sessions a day that any of the prescriptions allows."""
        return max((rx["caps"]["sessions_per_day"] for rx in self.rxs.values()), default=None)

    @property
    def allowed(self) -> int:
        """The most sessions that the prescriptions allowed in the period; 0 where that is not
        known.
        """
        return self.per_day * self.days if self.per_day else 0

    def goals(self) -> list[tuple[Prescribed, datetime.date, datetime.date, int | None]]:
        """Each prescription in force in the period: its days and the sessions a week that it
        aims at.
        """
        found: list[tuple[Prescribed, datetime.date, datetime.date, int | None]] = []
        if not self.first or not self.last:
            return found
        for one in self.treatment.prescribed:
            begins = max(self.first, self.period.zone.day(one.at)) if one.at else self.first
            if found and found[-1][0].key == one.key:
                # The same on another device
                continue
            if found:
                before, first, last, goal = found.pop()
                found.append((before, first, min(last, begins - _DAY), goal))
            rx = self.rxs.get(one.key)
            ends = min(self.last, datetime.date.fromisoformat(rx["expires"])) if rx else self.last
            goal = rx["caps"].get("sessions_per_week") if rx else one.per_week
            found.append((one, begins, ends, goal))
        return found

    def goal_between(self, first: datetime.date, last: datetime.date) -> float | None:
        """Sessions aimed at in these days; None where no prescription has a goal."""
        parts = [
            goal * max(0, (min(last, ends) - max(first, begins)).days + 1) / 7
            for _, begins, ends, goal in self.goals()
            if goal is not None
        ]
        return sum(parts) if parts else None

    @property
    def goal(self) -> float | None:
        """Sessions aimed at in the period."""
        return self.goal_between(self.first, self.last) if self.first and self.last else None

    def weeks_over(self) -> list[Week]:
        """What can be short of a goal."""
        read = self.period.zone.day(self.read_on) if self.read_on else self.last
        return [one for one in self.weeks if one.is_over(None if self.period.until else read)]

    @property
    def caps_ma(self) -> tuple[float, ...]:
        """Of each channel, the highest of the prescriptions."""
        caps = [rx["caps"] for rx in self.rxs.values()]
        return (
            tuple(max(one[f"ch{channel}_ua"] for one in caps) / 1_000 for channel in (1, 2))
            if caps
            else ()
        )

    def minutes(self, session: Session) -> float | None:
        """What was prescribed for a session; of one that went on, what was left of it."""
        if session.goes_on and session.given_s is not None:
            return session.given_s / 60
        rxs = (
            [self.rxs[session.prescription]]
            if session.prescription in self.rxs
            else self.rxs.values()
        )
        lengths = [
            one["session_s"] / 60
            for rx in rxs
            for one in rx["programs"]
            if one["name"] == session.program
        ]
        return lengths[0] if lengths else None


def patients(sources: list[Source], rxs: list[dict]) -> dict[str, set[Key]]:
    """Whose prescriptions these journals hold: by the records, or by the prescriptions given for
    those that name nobody.
    """
    given = {(rx["id"], rx["counter"]): rx["patient"] for rx in rxs}
    found: dict[str, set[Key]] = {}
    for source in sources:
        for one in accepted(source.entries):
            name = one.patient or given.get(one.key) or f"not named ({one.id}, {one.counter})"
            found.setdefault(name, set()).add(one.key)
    return found


def gather(sources: list[Source], rxs: list[dict], patient: str | None, period: Period) -> Summary:
    """The treatment of `patient`, or under the prescriptions `rxs`, or under the last one of a
    single journal.
    """
    keys: set[Key] | None = {(rx["id"], rx["counter"]) for rx in rxs} or None
    if patient:
        known = patients(sources, rxs)
        if patient not in known:
            seen = ", ".join(sorted(known)) or "no accepted prescription"
            raise BadUsage(
                f"no journal here names the patient {patient}",
                seen=seen,
                do_next="evenpulse patients lists them",
            )
        keys = known[patient]
    elif len(sources) > 1 and not keys:
        raise BadUsage(
            "these are the journals of several devices",
            do_next="name the --patient, or a --prescription",
        )
    return _summary(sources, keys, rxs, patient, period)


def _summary(
    sources: list[Source],
    keys: Collection[Key] | None,
    rxs: list[dict],
    patient: str | None,
    period: Period,
) -> Summary:
    those = [
        one
        for one in sources
        if keys is None or keys & {p.key for p in accepted(one.entries)}  # type: ignore[operator]
    ]
    unmatched = not those
    if unmatched and len(sources) > 1:
        raise BadUsage(
            "none of these journals shows that a device accepted it",
            do_next="evenpulse patients lists what they hold",
        )
    those = those or sources
    treatment = merged([read(one.entries, keys, one.serial, period.has) for one in those])
    used = {one.key for one in treatment.prescribed}
    given = {(rx["id"], rx["counter"]): rx for rx in rxs}
    given = {key: rx for key, rx in given.items() if unmatched or key in used}
    parts = [Part(one.name, one.serial, one.audit, one.read_on) for one in those]
    names = {rx["patient"] for rx in given.values()} | {
        one.patient for one in treatment.prescribed if one.patient
    }
    summary = Summary(
        parts,
        treatment,
        given,
        period,
        None,
        None,
        patient or ", ".join(sorted(names)) or None,
        unmatched,
    )
    summary.first, summary.last = _days(summary)
    summary.weeks = _weeks(summary)
    return summary


def _days(summary: Summary) -> tuple[datetime.date | None, datetime.date | None]:
    """From the acceptance of the first prescription to the last reading, or to the last record;
    --since and --until come first.
    """
    treatment, period = summary.treatment, summary.period
    day = period.zone.day
    used = [day(one.at) for one in treatment.sessions if one.at]
    began = [day(one.at) for one in treatment.prescribed if one.at]
    first = min([*began, *used], default=None)
    last = (
        day(summary.read_on)
        if summary.read_on
        else day(treatment.last_at)
        if treatment.last_at
        else None
    )
    if period.since:
        first = max(period.since, first) if first else period.since
    if period.until:
        last = period.until
    elif last and summary.rxs:
        last = min(
            last, max(datetime.date.fromisoformat(rx["expires"]) for rx in summary.rxs.values())
        )
    last = max([one for one in (first, last, *used) if one], default=None)
    return first or last, last


def _weeks(summary: Summary) -> list[Week]:
    found: list[Week] = []
    first, day = summary.first, summary.period.zone.day
    while first and summary.last and first <= summary.last:
        last = min(first + WEEK - _DAY, summary.last)
        here = [
            one for one in summary.treatment.sessions if one.at and first <= day(one.at) <= last
        ]
        found.append(
            Week(
                first,
                last,
                sum(one.ended == "complete" for one in here),
                summary.goal_between(first, last),
                [one.before for one in here if one.before is not None],
                [one.after for one in here if one.after is not None],
            )
        )
        first += WEEK
    return found
