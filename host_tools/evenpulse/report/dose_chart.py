"""Peak current and minutes of each session, as inline SVG."""

from evenpulse.base import svg
from evenpulse.base.markup import Markup, joined, tag
from evenpulse.report.axis import DARK, INK, LEFT, PALE, RIGHT, WIDTH, Axis, picture, text
from evenpulse.report.summary import Summary
from evenpulse.report.treatment import COMPLETE, Session


def dose(summary: Summary, axis: Axis) -> Markup:
    """Minutes and peak current of each session, the prescribed minutes and the caps dashed."""
    sessions = [one for one in summary.treatment.joined() if axis.has(one)]
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
        fill = DARK if one.ended == COMPLETE else PALE
        marks.append(
            tag(
                "rect",
                x=x - width / 2,
                y=y,
                width=width,
                height=time(0) - y,
                fill=fill,
                stroke=DARK,
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
                    stroke=INK,
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
                LEFT,
                current(cap),
                WIDTH - RIGHT,
                current(cap),
                stroke=INK,
                stroke_dasharray="4 2",
            )
        )
        marks.append(
            text(
                WIDTH - RIGHT,
                current(cap) + 10,
                f"cap, channel {' and '.join(map(str, numbers))}",
                "end",
            )
        )
    bottom = base + low
    return picture(
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
            tag("circle", cx=x, cy=y, r=max(1.3, min(3.4, width * 0.4)), fill=DARK)
            for x, y in points
        ]
    half = max(1.8, min(6.0, width * 0.7))
    return [svg.line(x - half, y, x + half, y, stroke=INK, stroke_width=2) for x, y in points]


def _axis(scale: svg.Scale, most: float, name: str) -> list[Markup]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1_000_000) if most / step <= 4)
    values = [step * k for k in range(int(most / step) + 1)]
    middle = (scale(0) + scale(most)) / 2
    return [
        joined(
            svg.line(LEFT, scale(v), WIDTH - RIGHT, scale(v), stroke=svg.GRID if v else INK),
            text(LEFT - 6, scale(v) + 3.5, str(v), "end"),
        )
        for v in values
    ] + [text(10, middle, name, "middle", transform=f"rotate(-90 10 {middle:.0f})")]
