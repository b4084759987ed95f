"""Small pieces that the page's parts share: numbers, days and counts as a reader writes them."""

import datetime

from evenpulse.base.days import Zone
from evenpulse.base.printable import counted
from evenpulse.base.markup import Markup, tag
from evenpulse.report.axis import day_text

MINUS = "\u2212"
BLANK = "–"


def more(count: int, what: str) -> Markup | None:
    """What did not find room."""
    return tag("p", f"and {counted(count, f'more {what}')}", class_="small") if count > 0 else None


def channels(values: tuple[int, ...], divisor: int = 1) -> str:
    """A number a channel."""
    if not values:
        return BLANK
    return " · ".join(
        grouped(value) if divisor == 1 else f"{value / divisor:.1f}" for value in values
    )


def grouped(value: int) -> str:
    """A large number in threes."""
    return f"{value:,}".replace(",", "\u202f") if value >= 10_000 else str(value)


def signed(value: float, digits: int = 1) -> str:
    """With its sign, a real minus."""
    return f"{value:+.{digits}f}".replace("-", MINUS)


def scale(value: int | None) -> str:
    """An answer, or that there is none."""
    return BLANK if value is None else str(value)


def date(day: datetime.date | None) -> str:
    """22 Nov 2026."""
    return f"{day_text(day)} {day.year}" if day else "no date"


def day_of(zone: Zone, when: datetime.datetime | None) -> str:
    """The day of a moment, where the clinic is."""
    return date(zone.day(when)) if when else "no date"
