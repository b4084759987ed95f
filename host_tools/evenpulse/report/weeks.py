"""A treatment week by week: numbers. No layout."""

import datetime
from typing import NamedTuple

WEEK = datetime.timedelta(7)


class Week(NamedTuple):
    """Seven days, or what is left of them. `goal`: sessions that the prescription aimed at, None
    where it has no goal.
    """

    first: datetime.date
    last: datetime.date
    complete: int
    goal: float | None
    before: list[int]
    after: list[int]

    def is_over(self, read: datetime.date | None) -> bool:
        """Whether it has all its days, and none of them was still to end on the day of reading;
        None: all that was read is over.
        """
        return self.last - self.first == WEEK - datetime.timedelta(1) and (
            read is None or self.last < read
        )


def trend(weeks: list[Week]) -> tuple[Week, Week] | None:
    """The first and the last week in which pain before a session was told; None where that is
    one week, or none.
    """
    told = [one for one in weeks if one.before]
    return (told[0], told[-1]) if len(told) > 1 else None


def mean(values: list[int]) -> float:
    """Arithmetic mean of at least one value."""
    return sum(values) / len(values)
