"""Charts as inline SVG, drawn so that they survive a grey printer: dark or hollow, never two
colours alone.
"""

import datetime
from collections import Counter

from evenpulse.base import svg
from evenpulse.base.markup import Markup, joined, tag
from evenpulse.report.axis import ALERT, DARK, INK, LEFT, RIGHT, TEXT, WIDTH, Axis, picture, text
from evenpulse.report.summary import Summary
from evenpulse.report.treatment import COMPLETE, Rated
from evenpulse.report.weeks import Week, mean

# The height of each chart, by how many share the page
_PAIN_HEIGHTS = {1: 230.0, 2: 140.0}
_SLOT_MAX = 18.0


def calendar(summary: Summary, axis: Axis) -> Markup:
    """A column a day, a box a session: dark when complete, half when cut short."""
    sessions = [one for one in summary.treatment.joined() if axis.has(one)]
    day_of = summary.period.zone.day
    complete = Counter(day_of(one.at) for one in sessions if one.at and one.ended == COMPLETE)
    short = Counter(day_of(one.at) for one in sessions if one.at and one.ended != COMPLETE)
    rows = max([1, *(complete[day] + short[day] for day in complete | short)])
    box, height = min(_SLOT_MAX, axis.day_width) * 0.74, max(9.0, min(axis.day_width, 14.0))
    base = rows * height
    boxes = [svg.line(axis.left, base + 1, WIDTH - RIGHT, base + 1)]
    for index in range(axis.days):
        day = axis.first + datetime.timedelta(index)
        x = axis.left + axis.day_width * index
        for row in range(complete[day] + short[day]):
            boxes.append(
                _box(x + 1, (rows - 1 - row) * height + 1, box, height * 0.74, row < complete[day])
            )
    return picture(base + 20, "Sessions by day", boxes, axis.marks(base + 1))


def weeks(summary: Summary, axis: Axis) -> Markup:
    """Sessions of each week against the goal, in words below the calendar's days; red where a week
    that is over fell short.
    """
    cells, over = [], summary.weeks_over()
    for week in summary.weeks:
        begins = (week.first - axis.first).days
        if begins < 0:
            continue
        x, wide = (
            axis.left + axis.day_width * begins,
            axis.day_width * ((week.last - week.first).days + 1),
        )
        short = week in over and week.goal is not None and week.complete < round(week.goal)
        told = str(week.complete) if week.goal is None else f"{week.complete} of {week.goal:.0f}"
        if wide > 18:
            cells.append(
                text(
                    x + 1,
                    10,
                    told,
                    fill=ALERT if short else TEXT,
                    font_weight="bold" if short else "normal",
                )
            )
    return picture(14, "Complete sessions of each week", cells)


def _box(x: float, y: float, width: float, height: float, done: bool) -> Markup:
    outline = tag(
        "rect",
        x=x,
        y=y,
        width=width,
        height=height,
        fill=DARK if done else "none",
        stroke=DARK,
        stroke_width=0.7,
    )
    half = (
        None
        if done
        else tag("rect", x=x, y=y + height / 2, width=width, height=height / 2, fill=DARK)
    )
    return joined(outline, half)


def trend(told: list[Week], axis: Axis) -> Markup:
    """Mean pain before a session, a step a week; the dots are its height in numbers."""
    top, high = 10.0, 62.0
    level: svg.Scale = lambda value: top + high * (1 - value / 10)
    marks: list[object] = [
        joined(
            svg.line(LEFT, level(v), WIDTH - RIGHT, level(v)),
            text(LEFT - 6, level(v) + 3.5, str(v), "end"),
        )
        for v in (0, 5, 10)
    ]
    marks.append(text(10, level(5), "before", "middle", transform=f"rotate(-90 10 {level(5):.0f})"))
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
            stroke=DARK,
            stroke_width=1.5,
        )
    )
    marks += [
        joined(tag("circle", cx=x, cy=y, r=3, fill=DARK), text(x, y - 6, says, "middle"))
        for x, y, says in points
    ]
    return picture(
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
            svg.line(LEFT, level(value), WIDTH - RIGHT, level(value)),
            text(LEFT - 6, level(value) + 3.5, str(value), "end"),
        ]
        for value in (0, 5, 10)
    ]
    frame += [
        svg.line(LEFT, change(0), WIDTH - RIGHT, change(0), stroke=INK),
        text(LEFT - 6, change(0) + 3.5, "0", "end"),
        svg.line(LEFT, change(-2), WIDTH - RIGHT, change(-2), stroke=INK, stroke_dasharray="6 3"),
        text(LEFT - 6, max(change(-2), change(0) + 8) + 3.5, "−2", "end"),
        text(10, level(5), "pain 0–10", "middle", transform=f"rotate(-90 10 {level(5):.0f})"),
        text(
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
                stroke=DARK,
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
                stroke=DARK,
                stroke_width=1,
            )
        )
        marks.append(tag("circle", cx=x, cy=level(one.after), r=radius, fill=DARK))
        marks.append(_change_bar(x, change(0), change(one.change), one.important, wide))
    thirty = " ".join(f"{axis.x(one):.1f},{change(-0.3 * one.before):.1f}" for one in sessions)
    marks.append(
        tag(
            "polyline",
            points=thirty,
            fill="none",
            stroke=INK,
            stroke_width=1,
            stroke_dasharray="1.5 2.5",
        )
    )
    bottom = zero + low
    return picture(
        bottom + 20, "Pain before and after each session", frame, marks, axis.marks(bottom + 1)
    )


def _change_bar(x: float, zero: float, to: float, important: int, width: float) -> Markup:
    """Dark: important relief. Hollow: less. Red and crossed: important worsening."""
    y, height = min(zero, to), abs(to - zero)
    fill = DARK if important < 0 else ALERT if important > 0 else "#ffffff"
    bar = tag(
        "rect",
        x=x - width / 2,
        y=y,
        width=width,
        height=height,
        fill=fill,
        stroke=ALERT if important > 0 else DARK,
        stroke_width=0.8,
    )
    cross = text(x, y - 2, "▲", "middle", fill=ALERT, font_size=9) if important > 0 else None
    return joined(bar, cross)
