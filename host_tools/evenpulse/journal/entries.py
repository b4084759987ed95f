"""A journal's record as the table of stimcore/records.py has it: fields that fit it, and apart from
them whatever does not.

Anybody may have written a record whose CRC holds. Readers use `fields` alone, which are of the
table's kinds and bounds.
"""

import datetime
from typing import Any, NamedTuple

from stimcore import journal, records

TABLE = {row[0]: records.event(row[0]) for row in records.EVENTS}
BASE = {field.name: field for field in records.base()}
_FIELDS = {name: {field.name: field for field in event.fields} for name, event in TABLE.items()}
# Earlier than this (2020) was never a time that a host gave
_SET_S = 1_600_000_000
_END_S = BASE["t"].high


class Entry(NamedTuple):
    """`event`: "" where it names none. `at`: device time, None on a device that no host has told
    the time. `odd`: what no table has.
    """

    sequence: int
    linked: bool
    event: str
    at: datetime.datetime | None
    time_s: int | None
    ms: int | None
    fields: dict[str, Any]
    odd: dict[str, Any]

    @property
    def known(self) -> bool:
        """True for an event of the table."""
        return self.event in TABLE

    @property
    def sound(self) -> bool:
        """True when this version's firmware might have written it: all there, and nothing else."""
        needed = (
            [field.name for field in TABLE[self.event].fields if field.need != "may"]
            if self.known
            else []
        )
        timed = self.time_s is not None and self.ms is not None
        return self.known and timed and not self.odd and all(name in self.fields for name in needed)


def utc(unix_s: object) -> datetime.datetime | None:
    """The device's time; None on a device that no host has ever told the time, which starts near
    0.
    """
    if type(unix_s) is not int or not _SET_S <= unix_s < _END_S:
        return None
    return datetime.datetime.fromtimestamp(unix_s, datetime.UTC)


def entry(record: journal.Record) -> Entry:
    """What a record says."""
    payload = (
        dict(record.payload) if isinstance(record.payload, dict) else {"payload": record.payload}
    )
    base = {
        name: payload.pop(name)
        for name, field in BASE.items()
        if name in payload and records.fits(field, payload[name])
    }
    known = _FIELDS.get(base.get("e", ""), {})
    fields = {
        name: payload.pop(name)
        for name, field in known.items()
        if name in payload and records.fits(field, payload[name])
    }
    return Entry(
        record.sequence,
        record.linked,
        base.get("e", ""),
        utc(base.get("t")),
        base.get("t"),
        base.get("ms"),
        fields,
        payload,
    )


def entries(found: list[journal.Record]) -> list[Entry]:
    """What records say, in their order."""
    return [entry(one) for one in found]


def words(event: str, name: str, value: object) -> object:
    """A flag in the table's words; anything else as it is."""
    field = _FIELDS.get(event, {}).get(name)
    if field is None or field.kind != "flag" or not field.unit or value is None:
        return value
    return field.unit.split(", ")[0 if value else 1]
