"""From a journal's entries to a treatment.

What does not fit the table of records was taken out of an entry already (journal_entries), and is
only counted here.
"""

import datetime
from collections.abc import Callable, Collection

from evenpulse.journal.entries import Entry
from evenpulse.report.treatment import (
    BROKEN_OFF,
    COMPLETE,
    FAULT,
    RESET_REASONS,
    STOPPED,
    Happened,
    Prescribed,
    Session,
    Treatment,
)


def accepted(entries: list[Entry]) -> list[Prescribed]:
    """Every prescription that a journal says was accepted, in its order."""
    found = [_accepted(one) for one in entries]
    return [one for one in found if one]


def _accepted(entry: Entry) -> Prescribed | None:
    told = entry.fields
    if entry.event != "prescription" or "id" not in told or "counter" not in told:
        return None
    return Prescribed(
        told["id"], told["counter"], entry.at, told.get("patient"), told.get("per_week")
    )


Wanted = Callable[[datetime.datetime | None], bool]


def read(
    entries: list[Entry],
    wanted: Collection[tuple[str, int]] | None = None,
    serial: str | None = None,
    within: Wanted | None = None,
) -> Treatment:
    """The treatment under the prescriptions `wanted` (id, counter), or under the last one that was
    accepted.

    Where the journal no longer holds their acceptance, everything in it counts. `within`: whether a
    moment is in the period asked for.
    """
    known = [one.key for one in accepted(entries)]
    targets = set(wanted) if wanted is not None else set(known[-1:])
    reader = _Reader(targets & set(known) or None, serial, within or (lambda _: True))
    for entry in entries:
        reader.take(entry)
    reader.close(BROKEN_OFF)
    return reader.treatment


def merged(treatments: list[Treatment]) -> Treatment:
    """One patient's treatment from several devices' journals, in the order of time."""
    whole = Treatment()
    for one in treatments:
        whole.prescribed += one.prescribed
        whole.sessions += one.sessions
        whole.faults += one.faults
        whole.notes += one.notes
        whole.boots += one.boots
        whole.earlier += one.earlier
        whole.odd += one.odd
    long_ago = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    for rows in (whole.prescribed, whole.sessions, whole.faults):
        rows.sort(key=lambda row: row.at or long_ago)
    whole.last_at = max((one.last_at for one in treatments if one.last_at), default=None)
    return whole


def _higher(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    longer, shorter = sorted((one, other), key=len, reverse=True)
    return tuple(
        max(value, shorter[i]) if i < len(shorter) else value for i, value in enumerate(longer)
    )


class _Reader:
    """Takes entries one by one. `targets`: only what happens under these prescriptions counts;
    None: everything.
    """

    def __init__(self, targets: set[tuple[str, int]] | None, serial: str | None, within: Wanted):
        self.treatment = Treatment()
        self._targets = targets
        self._serial = serial
        self._within = within
        self._inside = targets is None
        self._current: tuple[str, int] | None = None
        self._session: Session | None = None
        # The newest that has ended: a rating and a reset's reason are about it
        self._last: Session | None = None
        self._clock: Entry | None = None
        self._since_ms: int | None = None

    def take(self, entry: Entry) -> None:
        treatment = self.treatment
        if named := _accepted(entry):
            self._prescription(named)
        elif entry.event == "clock" and not self._session:
            # Written just before the prescription that brought the date
            self._clock = entry
        elif not self._inside:
            treatment.earlier += entry.event == "start"
        elif handler := _EVENTS.get(entry.event):
            handler(self, entry)
        elif self._within(entry.at):
            treatment.notes.append(entry)
        if self._inside and not entry.sound:
            treatment.odd += 1
        if self._inside and entry.at and self._within(entry.at):
            treatment.last_at = entry.at

    def _prescription(self, named: Prescribed) -> None:
        self.close(BROKEN_OFF)
        self._inside = self._targets is None or named.key in self._targets
        self._current = named.key
        if self._clock and self._inside and self._within(self._clock.at):
            self.treatment.notes.append(self._clock)
        self._clock = None
        if self._inside and named.key not in [one.key for one in self.treatment.prescribed]:
            self.treatment.prescribed.append(named._replace(serial=self._serial))

    def close(self, ended: str, reason: str = "") -> None:
        session = self._session
        if session:
            session.ended, session.reason = ended, reason
            if self._within(session.at):
                self.treatment.sessions.append(session)
            self._last = session
        self._session = self._since_ms = None

    def start(self, entry: Entry) -> None:
        self.close(BROKEN_OFF)
        told = entry.fields
        self._session = Session(
            told.get("program", "not named"),
            entry.at,
            entry.sequence,
            self._current,
            self._serial,
            "open" in told,
            told.get("left_s"),
        )
        self._session.before = told.get("pain")
        self._since_ms = entry.ms

    def resume(self, entry: Entry) -> None:
        self._since_ms = entry.ms

    def totals(self, entry: Entry) -> None:
        """Time, pulses and charge up to this record; each record tells the session's totals so
        far.
        """
        session, told = self._session, entry.fields
        if session is None:
            return
        if session.given_s is not None and "left_s" in told:
            session.seconds = max(0, session.given_s - told["left_s"])
        elif self._since_ms is not None and entry.ms is not None:
            session.seconds += max(0, entry.ms - self._since_ms) // 1_000
            self._since_ms = entry.ms
        session.pulses = tuple(told.get("pulses", session.pulses))
        session.charge_uc = tuple(told.get("uc", session.charge_uc))
        session.measured_uc = tuple(told.get("muc", session.measured_uc))
        self.peak(entry)

    def peak(self, entry: Entry) -> None:
        if self._session:
            for name in ("ua", "peak_ua"):
                self._session.peak_ua = _higher(
                    self._session.peak_ua, tuple(entry.fields.get(name, ()))
                )

    def pause(self, entry: Entry) -> None:
        self.totals(entry)
        self._since_ms = None

    def end(self, entry: Entry) -> None:
        self.totals(entry)
        self.close(COMPLETE if entry.fields.get("left_s") == 0 else STOPPED)

    def fault(self, entry: Entry) -> None:
        reason, channel = entry.fields.get("reason", "not named"), entry.fields.get("channel")
        channel = channel if channel in (1, 2) else None
        if self._within(entry.at):
            self.treatment.faults.append(Happened(reason, entry.at, channel))
        if self._session:
            self.totals(entry)
            self._session.channel = channel
            self.close(FAULT, reason)
        elif reason in RESET_REASONS and self._last and self._last.ended == BROKEN_OFF:
            self._last.ended, self._last.reason = FAULT, reason

    def boot(self, entry: Entry) -> None:
        self.treatment.boots += self._within(entry.at)
        self.close(BROKEN_OFF)

    def rating(self, entry: Entry) -> None:
        last = self._last
        if last is None or last.rated:
            # An answer that belongs to no session
            self.treatment.odd += entry.sound
            return
        last.rated = True
        told = entry.fields
        last.after, last.skin = told.get("after"), told.get("skin")
        if told.get("before") is not None:
            last.before = told["before"]

    def nothing(self, entry: Entry) -> None:
        """Of no interest in a report."""


# How each event of the table is read; the others are notes, each with its words. Held against the
# table by a test.
_EVENTS = {
    "start": _Reader.start,
    "amplitude": _Reader.peak,
    "progress": _Reader.totals,
    "pause": _Reader.pause,
    "resume": _Reader.resume,
    "end": _Reader.end,
    "fault": _Reader.fault,
    "boot": _Reader.boot,
    "rating": _Reader.rating,
    "rearm": _Reader.nothing,
    "wait": _Reader.nothing,
}
EVENTS = ("prescription", *_EVENTS)
