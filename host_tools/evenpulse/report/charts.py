"""Charts as inline SVG, drawn so that they survive a grey printer: dark or hollow, never two
colours alone.
"""

import datetime
from collections import Counter

from evenpulse.base import svg
from evenpulse.base.days import Zone
from evenpulse.base.markup import Markup, joined, tag
from evenpulse.report.summary import Summary, Week, mean
from evenpulse.report.treatment import COMPLETE, Rated, Session

WIDTH = 720
_LEFT, _RIGHT = 44, 8
_DARK, _INK, _PALE, _ALERT, _TEXT = (
    "#1f4e79",
    "#222222",
    "#dbe6f1",
    "#a12a17",
    "#333333",
)
_DATES_MAX = 8
_PAIN_HEIGHTS = {1: 230.0, 2: 140.0}  # of each, by how many share the page
_SLOT_MAX = 18.0


def _text(x: float, y: float, says: str, anchor: str = "start", **more: object) -> Markup:
    return svg.text(x, y, says, anchor, **{"font_size": 10, "fill": _TEXT, **more})


def _svg(height: float, label: str, *children: object) -> Markup:
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
        self, zone: Zone, first: datetime.date, last: datetime.date, left: float = _LEFT + 4
    ):
        self._zone, self.first, self.left = zone, first, left
        self.days = (last - first).days + 1
        self.day_width = (WIDTH - _RIGHT - left) / self.days

    @classmethod
    def of(cls, summary: Summary, left: float = _LEFT + 4) -> "Axis | None":
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
            joined(svg.line(x, y, x, y + 4), _text(x + 1, y + 14, day_text(day)))
            for x, day in days
            if x < WIDTH - 34
        ]


def calendar(summary: Summary, axis: Axis) -> Markup:
    """A column a day, a box a session: dark when complete, half when cut short; what was cut
    short and went on is one more.
    """
    sessions = [one for one in summary.treatment.sessions if axis.has(one)]
    day_of = summary.period.zone.day
    complete = Counter(day_of(one.at) for one in sessions if one.at and one.ended == COMPLETE)
    short = Counter(day_of(one.at) for one in sessions if one.at and one.ended != COMPLETE)
    rows = max([1, *(complete[day] + short[day] for day in complete | short)])
    box, height = min(_SLOT_MAX, axis.day_width) * 0.74, max(9.0, min(axis.day_width, 14.0))
    base = rows * height
    boxes = [svg.line(axis.left, base + 1, WIDTH - _RIGHT, base + 1)]
    for index in range(axis.days):
        day = axis.first + datetime.timedelta(index)
        x = axis.left + axis.day_width * index
        for row in range(complete[day] + short[day]):
            boxes.append(
                _box(x + 1, (rows - 1 - row) * height + 1, box, height * 0.74, row < complete[day])
            )
    return _svg(base + 20, "Sessions by day", boxes, axis.marks(base + 1))


def weeks(summary: Summary, axis: Axis) -> Markup:
    """Sessions of each week against the goal, in words below the calendar's days."""
    cells = []
    for week in summary.weeks:
        begins = (week.first - axis.first).days
        if begins < 0:
            continue
        x, wide = (
            axis.left + axis.day_width * begins,
            axis.day_width * ((week.last - week.first).days + 1),
        )
        short = week.goal is not None and week.complete < round(week.goal)
        told = str(week.complete) if week.goal is None else f"{week.complete} of {week.goal:.0f}"
        if wide > 18:
            cells.append(
                _text(
                    x + 1,
                    10,
                    told,
                    fill=_ALERT if short else _TEXT,
                    font_weight="bold" if short else "normal",
                )
            )
    return _svg(14, "Complete sessions of each week", cells)


def _box(x: float, y: float, width: float, height: float, done: bool) -> Markup:
    outline = tag(
        "rect",
        x=x,
        y=y,
        width=width,
        height=height,
        fill=_DARK if done else "none",
        stroke=_DARK,
        stroke_width=0.7,
    )
    half = (
        None
        if done
        else tag("rect", x=x, y=y + height / 2, width=width, height=height / 2, fill=_DARK)
    )
    return joined(outline, half)


def trend(told: list[Week], axis: Axis) -> Markup:
    """Mean pain before a session, a step a week; the dots are its height in numbers."""
    top, high = 10.0, 62.0
    level: svg.Scale = lambda value: top + high * (1 - value / 10)
    marks: list[object] = [
        joined(
            svg.line(_LEFT, level(v), WIDTH - _RIGHT, level(v)),
            _text(_LEFT - 6, level(v) + 3.5, str(v), "end"),
        )
        for v in (0, 5, 10)
    ]
    marks.append(
        _text(10, level(5), "before", "middle", transform=f"rotate(-90 10 {level(5):.0f})")
    )
    points = []
    for week in told:
        middle = (week.first - axis.first).days + ((week.last - week.first).days + 1) / 2
        if week.before and middle > 0:
            points.append(
                (
                    axis.left + axis.day_width * middle,
                    level(mean(week.before)),
                    f"{mean(week.before):.1f}",
                )
            )
    marks.append(
        tag(
            "polyline",
            points=" ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points),
            fill="none",
            stroke=_DARK,
            stroke_width=1.5,
        )
    )
    marks += [
        joined(tag("circle", cx=x, cy=y, r=3, fill=_DARK), _text(x, y - 6, text, "middle"))
        for x, y, text in points
    ]
    return _svg(
        top + high + 20, "Mean pain before a session, by week", marks, axis.marks(top + high)
    )


def pain(sessions: list[Rated], charts_on_page: int, axis: Axis) -> Markup:
    """Pain of each rated session: above, from before (hollow) to after (filled); below, the
    change and what is important.
    """
    sessions = [one for one in sessions if axis.has(one)]
    share = _PAIN_HEIGHTS[charts_on_page]
    top, high, gap, low = 8.0, 0.6 * share, 20.0, 0.4 * share
    level: svg.Scale = lambda value: top + high * (1 - value / 10)
    zero = top + high + gap
    changes = [one.change for one in sessions] or [0]
    deepest = max(4, -min(changes), max(changes))
    worst = max(1, *changes, 0)
    change: svg.Scale = lambda value: zero + low * (worst - value) / (deepest + worst)
    wide = axis.width(9.0)
    radius = max(1.4, min(3.6, wide * 0.4))
    frame: list[Markup | list[Markup]] = [
        [
            svg.line(_LEFT, level(value), WIDTH - _RIGHT, level(value)),
            _text(_LEFT - 6, level(value) + 3.5, str(value), "end"),
        ]
        for value in (0, 5, 10)
    ]
    frame += [
        svg.line(_LEFT, change(0), WIDTH - _RIGHT, change(0), stroke=_INK),
        _text(_LEFT - 6, change(0) + 3.5, "0", "end"),
        svg.line(
            _LEFT, change(-2), WIDTH - _RIGHT, change(-2), stroke=_INK, stroke_dasharray="6 3"
        ),
        _text(_LEFT - 6, max(change(-2), change(0) + 8) + 3.5, "−2", "end"),
        _text(10, level(5), "pain 0–10", "middle", transform=f"rotate(-90 10 {level(5):.0f})"),
        _text(
            10, zero + low / 2, "change", "middle", transform=f"rotate(-90 10 {zero + low / 2:.0f})"
        ),
    ]
    marks = []
    for one in sessions:
        x = axis.x(one)
        marks.append(
            svg.line(
                x,
                level(one.before),
                x,
                level(one.after),
                stroke=_DARK,
                stroke_width=max(0.7, radius * 0.45),
            )
        )
        marks.append(
            tag(
                "circle",
                cx=x,
                cy=level(one.before),
                r=radius,
                fill="#ffffff",
                stroke=_DARK,
                stroke_width=1,
            )
        )
        marks.append(tag("circle", cx=x, cy=level(one.after), r=radius, fill=_DARK))
        marks.append(_change_bar(x, change(0), change(one.change), one.important, wide))
    thirty = " ".join(f"{axis.x(one):.1f},{change(-0.3 * one.before):.1f}" for one in sessions)
    marks.append(
        tag(
            "polyline",
            points=thirty,
            fill="none",
            stroke=_INK,
            stroke_width=1,
            stroke_dasharray="1.5 2.5",
        )
    )
    bottom = zero + low
    return _svg(
        bottom + 20, "Pain before and after each session", frame, marks, axis.marks(bottom + 1)
    )


def _change_bar(x: float, zero: float, to: float, important: int, width: float) -> Markup:
    """Dark: important relief. Hollow: less. Red and crossed: important worsening."""
    y, height = min(zero, to), abs(to - zero)
    fill = _DARK if important < 0 else _ALERT if important > 0 else "#ffffff"
    bar = tag(
        "rect",
        x=x - width / 2,
        y=y,
        width=width,
        height=height,
        fill=fill,
        stroke=_ALERT if important > 0 else _DARK,
        stroke_width=0.8,
    )
    cross = _text(x, y - 2, "▲", "middle", fill=_ALERT, font_size=9) if important > 0 else None
    return joined(bar, cross)


def dose(summary: Summary, axis: Axis) -> Markup:
    """Minutes and peak current of each session, the prescribed minutes and the caps dashed."""
    sessions = [one for one in summary.treatment.sessions if axis.has(one)]
    wanted = [summary.minutes(one) for one in sessions]
    top, high, gap, low = 8.0, 56.0, 22.0, 66.0
    long = max([1.0, *(one.seconds / 60 for one in sessions), *(one for one in wanted if one)])
    strong = max([1.0, *(ua / 1_000 for one in sessions for ua in one.peak_ua), *summary.caps_ma])
    time: svg.Scale = lambda value: top + high * (1 - value / long)
    base = top + high + gap
    current: svg.Scale = lambda value: base + low * (1 - value / strong)
    width = axis.width(9.0)
    marks: list[object] = [_axis(time, long, "minutes"), _axis(current, strong, "peak mA")]
    for one, minutes in zip(sessions, wanted, strict=True):
        x, y = axis.x(one), time(one.seconds / 60)
        fill = _DARK if one.ended == COMPLETE else _PALE
        marks.append(
            tag(
                "rect",
                x=x - width / 2,
                y=y,
                width=width,
                height=time(0) - y,
                fill=fill,
                stroke=_DARK,
                stroke_width=0.6,
            )
        )
        if minutes is not None:
            marks.append(
                svg.line(
                    x - width,
                    time(minutes),
                    x + width,
                    time(minutes),
                    stroke=_INK,
                    stroke_dasharray="2 1",
                )
            )
    for number in range(max((len(one.peak_ua) for one in sessions), default=0)):
        marks.append(_currents(sessions, number, axis, current, width))
    drawn: dict[float, list[int]] = {}
    for number, cap in enumerate(summary.caps_ma, 1):
        drawn.setdefault(cap, []).append(number)
    for cap, numbers in drawn.items():
        marks.append(
            svg.line(
                _LEFT,
                current(cap),
                WIDTH - _RIGHT,
                current(cap),
                stroke=_INK,
                stroke_dasharray="4 2",
            )
        )
        marks.append(
            _text(
                WIDTH - _RIGHT,
                current(cap) + 10,
                f"cap, channel {' and '.join(map(str, numbers))}",
                "end",
            )
        )
    bottom = base + low
    return _svg(
        bottom + 20, "Minutes and peak current of each session", marks, axis.marks(bottom + 1)
    )


def _currents(
    sessions: list[Session], number: int, axis: Axis, current: svg.Scale, width: float
) -> list[Markup]:
    """Channel 1 is dots, channel 2 dashes."""
    points = [
        (axis.x(one), current(one.peak_ua[number] / 1_000))
        for one in sessions
        if number < len(one.peak_ua)
    ]
    if number == 0:
        return [
            tag("circle", cx=x, cy=y, r=max(1.3, min(3.4, width * 0.4)), fill=_DARK)
            for x, y in points
        ]
    half = max(1.8, min(6.0, width * 0.7))
    return [svg.line(x - half, y, x + half, y, stroke=_INK, stroke_width=2) for x, y in points]


def _axis(scale: svg.Scale, most: float, name: str) -> list[Markup]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1_000_000) if most / step <= 4)
    values = [step * k for k in range(int(most / step) + 1)]
    middle = (scale(0) + scale(most)) / 2
    return [
        joined(
            svg.line(_LEFT, scale(v), WIDTH - _RIGHT, scale(v), stroke=svg.GRID if v else _INK),
            _text(_LEFT - 6, scale(v) + 3.5, str(v), "end"),
        )
        for v in values
    ] + [_text(10, middle, name, "middle", transform=f"rotate(-90 10 {middle:.0f})")]
