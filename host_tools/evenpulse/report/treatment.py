"""What a journal says of a treatment: sessions, their dose and ratings, faults, and what else happened. No layout.

Reads records as dicts (journal.as_dict). Fields it does not know, or of another shape, count as not recorded.
"""

import datetime
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from evenpulse.journal_table import utc

COMPLETE, STOPPED, FAULT, BROKEN_OFF = "complete", "ended early", "fault", "broken off"
_RESET_REASONS = ("watchdog", "restart")  # told after the boot that followed
_IMPORTANT_POINTS = 2  # important change of pain on the 0-10 scale: about 2 points or 30 %
_IMPORTANT_TENTHS = 3
_PAIN_MAX = 10


@dataclass
class Session:
    """One session. Per-channel numbers are tuples, empty where nothing was recorded; `at` is device time."""

    program: str
    at: datetime.datetime | None
    sequence: int
    ended: str = BROKEN_OFF
    reason: str = ""
    seconds: int = 0
    pulses: tuple[int, ...] = ()
    charge_uc: tuple[int, ...] = ()
    measured_uc: tuple[int, ...] = ()
    peak_ua: tuple[int, ...] = ()
    before: int | None = None
    after: int | None = None
    skin: str | None = None
    rated: bool = False

    @property
    def change(self) -> int | None:
        """After minus before, in points; negative is relief."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def important(self) -> int:
        """-1 for important relief, 1 for important worsening, else 0."""
        change = self.change
        if not change or self.before is None:
            return 0
        share = self.before > 0 and abs(change) * 10 >= self.before * _IMPORTANT_TENTHS
        return (change > 0) - (change < 0) if abs(change) >= _IMPORTANT_POINTS or share else 0


class Rated(Protocol):
    """A session with pain before and after."""

    program: str
    at: datetime.datetime | None
    before: int
    after: int

    @property
    def change(self) -> int: ...

    @property
    def important(self) -> int: ...


@dataclass
class Treatment:
    """All that a report tells. `earlier`: sessions under other prescriptions, which are not in it."""

    prescription: str | None = None
    counter: int | None = None
    accepted: datetime.datetime | None = None
    last_at: datetime.datetime | None = None
    sessions: list[Session] = field(default_factory=list)
    faults: list[tuple[str, datetime.datetime | None]] = field(default_factory=list)
    notes: Counter = field(default_factory=Counter)
    boots: int = 0  # starts since the prescription: before each the device's clock may have stood still
    earlier: int = 0

    def done(self) -> list[Session]:
        """Sessions that ran to their end."""
        return [one for one in self.sessions if one.ended == COMPLETE]

    def rated(self) -> list[Rated]:
        """Sessions with pain before and after."""
        return [cast(Rated, one) for one in self.sessions if one.change is not None]

    def programs(self) -> list[str]:
        """Names of the programs used, in order of first use."""
        return list(dict.fromkeys(one.program for one in self.sessions))

    def total(self, name: str) -> tuple[int, ...]:
        """Sum of a per-channel number over all sessions."""
        rows = [getattr(one, name) for one in self.sessions]
        return tuple(sum(row[i] for row in rows if i < len(row)) for i in range(max(map(len, rows), default=0)))

    def peak_ua(self) -> tuple[int, ...]:
        """Highest current of each channel."""
        rows = [one.peak_ua for one in self.sessions]
        return tuple(max(row[i] for row in rows if i < len(row)) for i in range(max(map(len, rows), default=0)))


def read(entries: list[dict], wanted: tuple[str, int] | None = None) -> Treatment:
    """The treatment under prescription `wanted` (id, counter), or under the last one that was accepted.

    Where the journal no longer holds its acceptance, everything in the journal counts.
    """
    accepted = [named for entry in entries if (named := _accepted(entry))]
    target = wanted if wanted else accepted[-1] if accepted else None
    reader = _Reader(target if target in accepted else None)
    for entry in entries:
        reader.take(entry)
    reader.close(BROKEN_OFF)
    if target:
        reader.treatment.prescription, reader.treatment.counter = target
    return reader.treatment


def _accepted(entry: dict) -> tuple[str, int] | None:
    """(id, counter) of the prescription that a record says was accepted."""
    named, counter = entry.get("id"), entry.get("counter")
    return (named, counter) if entry.get("e") == "prescription" and type(named) is str and type(counter) is int else None


def _known(value: object, kind: type) -> Any:
    return value if type(value) is kind else None


def _numbers(value: object) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, list) and all(type(one) is int for one in value) else ()


def _higher(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    longer, shorter = sorted((one, other), key=len, reverse=True)
    return tuple(max(value, shorter[i]) if i < len(shorter) else value for i, value in enumerate(longer))


class _Reader:
    """Takes records one by one. `target`: only what happens under this prescription counts; None: everything."""

    def __init__(self, target: tuple | None):
        self.treatment = Treatment()
        self._target = target
        self._inside = target is None
        self._session: Session | None = None
        self._since_ms: int | None = None

    def take(self, entry: dict) -> None:
        event = entry.get("e")
        if named := _accepted(entry):
            self._prescription(named, entry)
        elif not self._inside:
            self.treatment.earlier += event == "start"
        elif handler := _EVENTS.get(event) if isinstance(event, str) else None:
            handler(self, entry)
        else:
            self.treatment.notes[_told(event, entry)] += 1
        when = utc(entry.get("t"))
        if self._inside and when:
            self.treatment.last_at = when

    def _prescription(self, named: tuple[str, int], entry: dict) -> None:
        if self._target is None:
            return
        self._inside = named == self._target
        if self._inside and not self.treatment.accepted:
            self.treatment.accepted = utc(entry.get("t"))
            self.treatment.boots = 0

    def close(self, ended: str, reason: str = "") -> None:
        if self._session:
            self._session.ended, self._session.reason = ended, reason
            self.treatment.sessions.append(self._session)
        self._session = self._since_ms = None

    def _start(self, entry: dict) -> None:
        self.close(BROKEN_OFF)
        self._session = Session(str(entry.get("program", "not named")), utc(entry.get("t")), entry["seq"])
        self._since_ms = _known(entry.get("ms"), int)

    def _resume(self, entry: dict) -> None:
        self._since_ms = _known(entry.get("ms"), int)

    def _totals(self, entry: dict) -> None:
        """Time, pulses and charge up to this record; each record tells the session's totals so far."""
        session, ms = self._session, _known(entry.get("ms"), int)
        if session is None:
            return
        if self._since_ms is not None and ms is not None:
            session.seconds += max(0, ms - self._since_ms) // 1_000
        session.pulses = _numbers(entry.get("pulses")) or session.pulses
        session.charge_uc = _numbers(entry.get("uc")) or session.charge_uc
        session.measured_uc = _numbers(entry.get("muc")) or session.measured_uc
        self._peak(entry)

    def _peak(self, entry: dict) -> None:
        if self._session:
            for name in ("ua", "peak_ua"):
                self._session.peak_ua = _higher(self._session.peak_ua, _numbers(entry.get(name)))

    def _pause(self, entry: dict) -> None:
        self._totals(entry)
        self._since_ms = None

    def _end(self, entry: dict) -> None:
        self._totals(entry)
        self.close(COMPLETE if entry.get("left_s") == 0 else STOPPED)

    def _fault(self, entry: dict) -> None:
        reason = str(entry.get("reason", "not named"))
        self.treatment.faults.append((reason, utc(entry.get("t"))))
        if self._session:
            self._totals(entry)
            self.close(FAULT, reason)
        elif reason in _RESET_REASONS and self.treatment.sessions and self.treatment.sessions[-1].ended == BROKEN_OFF:
            self.treatment.sessions[-1].ended, self.treatment.sessions[-1].reason = FAULT, reason

    def _boot(self, entry: dict) -> None:
        self.treatment.boots += 1
        self.close(BROKEN_OFF)

    def _rating(self, entry: dict) -> None:
        sessions = self.treatment.sessions
        if not sessions or sessions[-1].rated:
            self.treatment.notes[_told("rating without a session", entry)] += 1
            return
        last = sessions[-1]
        last.rated = True
        last.before, last.after = (_pain(entry.get(name)) for name in ("before", "after"))
        last.skin = _known(entry.get("skin"), str)

    def _nothing(self, entry: dict) -> None:
        """Of no interest in a report."""


def _pain(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _PAIN_MAX else None


def _told(event: object, entry: dict) -> str:
    """A record as one line of text, without its number and times."""
    fields = {name: value for name, value in entry.items() if name not in ("seq", "linked", "t", "ms", "e")}
    return " ".join([str(event), *(f"{name}={value}" for name, value in fields.items())])


_EVENTS = {
    "start": _Reader._start,
    "amplitude": _Reader._peak,
    "pause": _Reader._pause,
    "resume": _Reader._resume,
    "end": _Reader._end,
    "fault": _Reader._fault,
    "boot": _Reader._boot,
    "rating": _Reader._rating,
    "rearm": _Reader._nothing,
    "calibration": _Reader._nothing,
}
