"""A treatment as a journal tells it: sessions, their dose and ratings, faults, and what else
happened. No layout.
"""

import datetime
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import NamedTuple, Protocol, cast

from evenpulse.journal.entries import Entry

COMPLETE, STOPPED, FAULT, BROKEN_OFF = "complete", "ended early", "fault", "broken off"
# Told after the boot that followed
RESET_REASONS = ("watchdog", "restart")
# Important change of pain on the 0-10 scale: about 2 points or 30 %
_IMPORTANT_POINTS = 2
_IMPORTANT_TENTHS = 3


class Prescribed(NamedTuple):
    """A prescription that a person accepted on a device. `patient`, `per_week`: None where the
    journal does not say.
    """

    id: str
    counter: int
    at: datetime.datetime | None
    patient: str | None
    per_week: int | None
    serial: str | None = None

    @property
    def key(self) -> tuple[str, int]:
        return self.id, self.counter


class Happened(NamedTuple):
    """A fault, or a stop. `channel`: of it, where the device knew."""

    reason: str
    at: datetime.datetime | None
    channel: int | None = None


@dataclass
class Session:
    """One session, or what is left of it after it was cut short (`goes_on`). Per-channel numbers
    are tuples, empty where nothing was recorded; `at` is device time. `at_least`: power was lost,
    and the numbers are those of its last record.
    """

    program: str
    at: datetime.datetime | None
    sequence: int
    prescription: tuple[str, int] | None = None
    serial: str | None = None
    goes_on: bool = False
    # What it began with
    given_s: int | None = None
    ended: str = BROKEN_OFF
    reason: str = ""
    # The channel of a fault
    channel: int | None = None
    seconds: int = 0
    pulses: tuple[int, ...] = ()
    charge_uc: tuple[int, ...] = ()
    measured_uc: tuple[int, ...] = ()
    peak_ua: tuple[int, ...] = ()
    before: int | None = None
    after: int | None = None
    skin: bool | None = None
    rated: bool = False
    # How many are in this one (`with_rest`), and whether power was lost in one before the last
    parts: int = 1
    lost_before: bool = False

    @property
    def at_least(self) -> bool:
        return self.lost_before or self.ended == BROKEN_OFF or self.reason in RESET_REASONS

    def with_rest(self, rest: "Session") -> "Session":
        """This and what went on of it, as one: it ended as its last part did."""
        return replace(
            self,
            parts=self.parts + 1,
            lost_before=self.at_least,
            ended=rest.ended,
            reason=rest.reason,
            channel=rest.channel,
            seconds=self.seconds + rest.seconds,
            pulses=summed([self.pulses, rest.pulses]),
            charge_uc=summed([self.charge_uc, rest.charge_uc]),
            measured_uc=summed([self.measured_uc, rest.measured_uc]),
            peak_ua=highest([self.peak_ua, rest.peak_ua]),
            before=rest.before if self.before is None else self.before,
            after=rest.after,
            skin=rest.skin,
            rated=rest.rated,
        )

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


def summed(rows: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Of each channel, the sum; a row may have fewer channels than the others."""
    return tuple(map(sum, zip_longest(*rows, fillvalue=0)))


def highest(rows: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Of each channel, the highest."""
    return tuple(map(max, zip_longest(*rows, fillvalue=0)))


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
    """All that a report tells. `earlier`: sessions under other prescriptions, which are not in it.
    `odd`: records that are not as this version's firmware writes them; what fits of each is in the
    report all the same.
    """

    prescribed: list[Prescribed] = field(default_factory=list)
    last_at: datetime.datetime | None = None
    sessions: list[Session] = field(default_factory=list)
    faults: list[Happened] = field(default_factory=list)
    notes: list[Entry] = field(default_factory=list)
    # Starts since the prescription: before each the device's clock may have stood still
    boots: int = 0
    earlier: int = 0
    odd: int = 0

    def done(self) -> list[Session]:
        """Sessions that ran to their end."""
        return [one for one in self.sessions if one.ended == COMPLETE]

    def joined(self) -> list[Session]:
        """Sessions as a person counts them: what was cut short and what went on of it is one."""
        found: list[Session] = []
        newest: dict[str | None, int] = {}
        for one in self.sessions:
            at = newest.get(one.serial)
            if one.goes_on and at is not None and found[at].program == one.program:
                found[at] = found[at].with_rest(one)
            else:
                newest[one.serial] = len(found)
                found.append(one)
        return found

    def begun(self) -> int:
        """Sessions that were started; one that was cut short and went on is one."""
        return sum(not one.goes_on for one in self.sessions)

    def rated(self) -> list[Rated]:
        """Sessions with pain before and after."""
        return [cast(Rated, one) for one in self.sessions if one.change is not None]

    def skin(self, fine: bool) -> list[Session]:
        """Sessions after which the patient said that the skin is fine, or that it is not."""
        return [one for one in self.sessions if one.skin is fine]

    def programs(self) -> list[str]:
        """Names of the programs used, in order of first use."""
        return list(dict.fromkeys(one.program for one in self.sessions))

    def total(self, name: str) -> tuple[int, ...]:
        """Sum of a per-channel number over all sessions."""
        return summed([getattr(one, name) for one in self.sessions])

    def peak_ua(self) -> tuple[int, ...]:
        """Highest current of each channel."""
        return highest([one.peak_ua for one in self.sessions])
