"""Days as a clinic counts them: in its time zone, which every table of days names; and periods
of such days.
"""

import datetime
import re
import zoneinfo
from dataclasses import dataclass

from evenpulse.base.errors import BadUsage

_OFFSET = re.compile(r"(?:UTC)?([+-])(\d{1,2})(?::?(\d{2}))?")
_HOURS_MAX = 14


@dataclass(frozen=True)
class Zone:
    """A time zone. `tz` None: this computer's own, with its rules for summer time."""

    name: str
    tz: datetime.tzinfo | None

    def local(self, when: datetime.datetime) -> datetime.datetime:
        return when.astimezone(self.tz)

    def day(self, when: datetime.datetime) -> datetime.date:
        return self.local(when).date()

    def text(self, when: datetime.datetime) -> str:
        return f"{self.local(when):%Y-%m-%d %H:%M:%S}"

    def says(self, when: datetime.datetime | None = None) -> str:
        """The zone's name, and how far it is from UTC at that moment."""
        if self.name == "UTC" or when is None:
            return self.name
        return (
            f"{self.name} (UTC{self.local(when).isoformat()[-6:]})"
            if self.name[:3] != "UTC"
            else self.name
        )


UTC = Zone("UTC", datetime.UTC)


def zone(name: str | None) -> Zone:
    """The zone of this name: as in Europe/Berlin, UTC, or an offset such as +13:00. None: this
    computer's.
    """
    if name is None:
        return Zone("this computer's time zone", None)
    if name.upper() in ("UTC", "Z"):
        return UTC
    if offset := _OFFSET.fullmatch(name):
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours <= _HOURS_MAX and minutes < 60:
            ahead = datetime.timedelta(hours=hours, minutes=minutes) * (
                1 if offset[1] == "+" else -1
            )
            return Zone(f"UTC{offset[1]}{hours:02}:{minutes:02}", datetime.timezone(ahead))
    try:
        return Zone(name, zoneinfo.ZoneInfo(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadUsage(
            f"--tz {name[:60]!r} is no time zone that this computer knows",
            do_next="name one as in Europe/Berlin, or an offset as in +13:00",
        ) from error


@dataclass(frozen=True)
class Period:
    """Days of a zone from `since` to `until`, both counted; None: without end."""

    zone: Zone
    since: datetime.date | None = None
    until: datetime.date | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise BadUsage(
                f"--since {self.since} is after --until {self.until}", do_next="swap them"
            )

    def has(self, when: datetime.datetime | None) -> bool:
        """Whether a moment is in it; one without a time is only in the period of all days."""
        if when is None:
            return self.since is None and self.until is None
        day = self.zone.day(when)
        return (self.since is None or day >= self.since) and (
            self.until is None or day <= self.until
        )


def period(
    tz: str | None, since: datetime.datetime | None, until: datetime.datetime | None
) -> Period:
    """As the options of a command line give it."""
    return Period(zone(tz), since and since.date(), until and until.date())
