"""What every chart of the report has in common: its size, its text, and the days from left to
right.
"""

import datetime

from evenpulse.base import svg
from evenpulse.base.days import Zone
from evenpulse.base.markup import Markup, joined
from evenpulse.report.summary import Summary
from evenpulse.report.treatment import Rated, Session

WIDTH = 720
LEFT, RIGHT = 44, 8
DARK, INK, PALE, ALERT, TEXT = (
    "#1f4e79",
    "#222222",
    "#dbe6f1",
    "#a12a17",
    "#333333",
)
_DATES_MAX = 8


def text(x: float, y: float, says: str, anchor: str = "start", **more: object) -> Markup:
    return svg.text(x, y, says, anchor, **{"font_size": 10, "fill": TEXT, **more})


def picture(height: float, label: str, *children: object) -> Markup:
    # Said in the picture, not in the page's style sheet: what makes the PDF keeps the two apart.
    fonts = "system-ui, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif"
    return svg.picture(WIDTH, height, label, *children, font_family=fonts)


def day_text(day: datetime.date) -> str:
    """22 Nov: unambiguous everywhere."""
    return f"{day.day} {day:%b}"


class Axis:
    """Days of a period from left to right, each as wide as the next: a session stands at its
    time. `last` is counted.
    """

    def __init__(
        self, zone: Zone, first: datetime.date, last: datetime.date, left: float = LEFT + 4
    ):
        self._zone, self.first, self.left = zone, first, left
        self.days = (last - first).days + 1
        self.day_width = (WIDTH - RIGHT - left) / self.days

    @classmethod
    def of(cls, summary: Summary, left: float = LEFT + 4) -> "Axis | None":
        """The report's period; None where no record has a time."""
        first, last = summary.drawn_from, summary.last
        return cls(summary.period.zone, first, last, left) if first and last else None

    def has(self, one: Session | Rated) -> bool:
        """Whether a session has a time, and one that is drawn."""
        return one.at is not None and self.first <= self._zone.day(one.at)

    def x(self, one: Session | Rated) -> float:
        assert one.at is not None
        local = self._zone.local(one.at)
        into_day = (local.hour * 60 + local.minute) / (24 * 60)
        return self.left + self.day_width * ((local.date() - self.first).days + into_day)

    def width(self, most: float) -> float:
        """Of a mark: what a third of a day leaves, as three sessions a day are usual."""
        return max(1.2, min(most, self.day_width / 3))

    def marks(self, y: float) -> list[Markup]:
        """A tick and a date every week, or every few; every day where there are few."""
        step = 1 if self.days <= _DATES_MAX else 7 * -(-self.days // (7 * _DATES_MAX))
        days = [
            (self.left + self.day_width * i, self.first + datetime.timedelta(i))
            for i in range(0, self.days, step)
        ]
        return [
            joined(svg.line(x, y, x, y + 4), text(x + 1, y + 14, day_text(day)))
            for x, day in days
            if x < WIDTH - 34
        ]
