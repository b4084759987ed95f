"""Charts as inline SVG, drawn so that they survive a grey printer: dark or hollow, never two colours alone."""

import datetime
from collections import Counter
from collections.abc import Callable, Sequence

from evenpulse.report.markup import Markup, joined, tag
from evenpulse.report.treatment import COMPLETE, Rated, Session

WIDTH = 720
_LEFT, _RIGHT = 44, 8
_DARK, _INK, _LINE, _PALE, _ALERT, _TEXT = "#1f4e79", "#222222", "#c9ced6", "#dbe6f1", "#a12a17", "#333333"
_DATES_MAX = 8
_PAIN_HEIGHTS = {1: 230.0, 2: 140.0}  # of each, by how many share the page
_SLOT_MAX = 18.0
_DENSE = 5.0  # room for one session below which bars become a skyline

Scale = Callable[[float], float]


def _text(x: float, y: float, text: str, anchor: str = "start", **more: object) -> Markup:
    return tag("text", text, x=x, y=y, text_anchor=anchor, **{"font_size": 10, "fill": _TEXT, **more})


def _line(x1: float, y1: float, x2: float, y2: float, **more: object) -> Markup:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, **{"stroke": _LINE, "stroke_width": 1, **more})


def _svg(height: float, label: str, *children: object) -> Markup:
    # Said in the picture, not in the page's style sheet: what makes the PDF keeps the two apart.
    fonts = "system-ui, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif"
    return tag("svg", *children, viewBox=f"0 0 {WIDTH} {height:.0f}", role="img", aria_label=label, font_family=fonts)


def day_text(day: datetime.date) -> str:
    """22 Nov: unambiguous everywhere."""
    return f"{day.day} {day:%b}"


def calendar(sessions: list[Session], first: datetime.date, last: datetime.date, per_day: int | None) -> Markup:
    """A column a day, a box a session: dark when complete, half when cut short; hollow where one was prescribed."""
    days = (last - first).days + 1
    complete = Counter(one.at.date() for one in sessions if one.at and one.ended == COMPLETE)
    short = Counter(one.at.date() for one in sessions if one.at and one.ended != COMPLETE)
    rows = max([per_day or 1, *(complete[day] + short[day] for day in complete | short)])
    slot = min(_SLOT_MAX, (WIDTH - 2) / days)
    box, height = slot * 0.74, max(9.0, min(slot, 14.0))
    boxes = []
    for index in range(days):
        day = first + datetime.timedelta(index)
        for row in range(max(per_day or 0, complete[day] + short[day])):
            kind = "done" if row < complete[day] else "short" if row < complete[day] + short[day] else "open"
            boxes.append(_box(1 + index * slot, (rows - 1 - row) * height + 1, box, height * 0.74, kind))
    base = rows * height
    marks = [
        [_line(1 + i * slot, base + 1, 1 + i * slot, base + 5), _text(1 + i * slot, base + 15, day_text(first + datetime.timedelta(i)))]
        for i in _ticks(days, max(7, -(-days // 98) * 7))
        if 1 + i * slot < WIDTH - 34
    ]
    return _svg(base + 20, "Sessions by day", boxes, marks)


def _box(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    outline = tag("rect", x=x, y=y, width=width, height=height, fill=_DARK if kind == "done" else "none", stroke="#9aa4b2" if kind == "open" else _DARK, stroke_width=0.7)
    half = tag("rect", x=x, y=y + height / 2, width=width, height=height / 2, fill=_DARK) if kind == "short" else None
    return joined(outline, half)


def _ticks(count: int, step: int) -> range:
    return range(0, count, step)


def pain(sessions: list[Rated], charts_on_page: int) -> Markup:
    """Pain of each rated session: above, from before (hollow) to after (filled); below, the change and what is important."""
    share = _PAIN_HEIGHTS[charts_on_page]
    top, high, gap, low = 8.0, 0.6 * share, 20.0, 0.4 * share
    level: Scale = lambda value: top + high * (1 - value / 10)
    zero = top + high + gap
    deepest = max(4, -min(one.change for one in sessions), max(one.change for one in sessions))
    worst = max(1, max(one.change for one in sessions))
    change: Scale = lambda value: zero + low * (worst - value) / (deepest + worst)
    place = _places(len(sessions))
    radius = max(1.4, min(3.6, _step(len(sessions)) * 0.36))
    frame: list[Markup | list[Markup]] = [
        [_line(_LEFT, level(value), WIDTH - _RIGHT, level(value)), _text(_LEFT - 6, level(value) + 3.5, str(value), "end")]
        for value in (0, 5, 10)
    ]
    frame += [
        _line(_LEFT, change(0), WIDTH - _RIGHT, change(0), stroke=_INK),
        _text(_LEFT - 6, change(0) + 3.5, "0", "end"),
        _line(_LEFT, change(-2), WIDTH - _RIGHT, change(-2), stroke=_INK, stroke_dasharray="6 3"),
        _text(_LEFT - 6, max(change(-2), change(0) + 8) + 3.5, "−2", "end"),
        _text(10, level(5), "pain 0–10", "middle", transform=f"rotate(-90 10 {level(5):.0f})"),
        _text(10, zero + low / 2, "change", "middle", transform=f"rotate(-90 10 {zero + low / 2:.0f})"),
    ]
    marks = []
    for index, one in enumerate(sessions):
        x = place(index)
        marks.append(_line(x, level(one.before), x, level(one.after), stroke=_DARK, stroke_width=max(0.7, radius * 0.45)))
        marks.append(tag("circle", cx=x, cy=level(one.before), r=radius, fill="#ffffff", stroke=_DARK, stroke_width=1))
        marks.append(tag("circle", cx=x, cy=level(one.after), r=radius, fill=_DARK))
        marks.append(_change_bar(x, change(0), change(one.change), one.important, _step(len(sessions))))
    thirty = " ".join(f"{place(i):.1f},{change(-0.3 * one.before):.1f}" for i, one in enumerate(sessions))
    marks.append(tag("polyline", points=thirty, fill="none", stroke=_INK, stroke_width=1, stroke_dasharray="1.5 2.5"))
    bottom = zero + low
    return _svg(bottom + 20, "Pain before and after each session", frame, marks, _dates(sessions, place, bottom + 15))


def _change_bar(x: float, zero: float, to: float, important: int, step: float) -> Markup:
    """Dark: important relief. Hollow: less. Red and crossed: important worsening."""
    width = max(1.2, min(12.0, step * 0.6))
    y, height = min(zero, to), abs(to - zero)
    fill = _DARK if important < 0 else _ALERT if important > 0 else "#ffffff"
    bar = tag("rect", x=x - width / 2, y=y, width=width, height=height, fill=fill, stroke=_ALERT if important > 0 else _DARK, stroke_width=0.8)
    cross = _text(x, y - 2, "▲", "middle", fill=_ALERT, font_size=9) if important > 0 else None
    return joined(bar, cross)


def dose(sessions: list[Session], minutes: dict[str, float], caps_ma: tuple[float, ...]) -> Markup:
    """Minutes and peak current of each session. `minutes`: prescribed for a program; `caps_ma`: of each channel."""
    top, high, gap, low = 8.0, 62.0, 22.0, 78.0
    long = max([1.0, *(one.seconds / 60 for one in sessions), *minutes.values()])
    strong = max([1.0, *(ua / 1_000 for one in sessions for ua in one.peak_ua), *caps_ma])
    time: Scale = lambda value: top + high * (1 - value / long)
    base = top + high + gap
    current: Scale = lambda value: base + low * (1 - value / strong)
    place, step = _places(len(sessions)), _step(len(sessions))
    width = min(14.0, step * 0.55) if step > _DENSE else step  # a skyline where bars would only flicker
    marks: list[object] = [_axis(time, long, "minutes"), _axis(current, strong, "peak mA")]
    for index, one in enumerate(sessions):
        x, y = place(index), time(one.seconds / 60)
        fill = _DARK if one.ended == COMPLETE else _PALE
        marks.append(tag("rect", x=x - width / 2, y=y, width=width, height=time(0) - y, fill=fill, stroke=_DARK, stroke_width=0.8 if step > _DENSE else 0.3))
    wanted = [(place(i), time(minutes[one.program])) for i, one in enumerate(sessions) if one.program in minutes]
    marks += [_line(x - step / 2, y, x + step / 2, y, stroke=_INK, stroke_dasharray="4 2") for x, y in wanted]
    for number in range(max((len(one.peak_ua) for one in sessions), default=0)):
        marks.append(_currents(sessions, number, place, current, step))
    drawn: dict[float, list[int]] = {}
    for number, cap in enumerate(caps_ma, 1):
        drawn.setdefault(cap, []).append(number)
    for cap, numbers in drawn.items():
        marks.append(_line(_LEFT, current(cap), WIDTH - _RIGHT, current(cap), stroke=_INK, stroke_dasharray="4 2"))
        marks.append(_text(WIDTH - _RIGHT, current(cap) + 10, f"cap, channel {' and '.join(map(str, numbers))}", "end"))
    bottom = base + low
    return _svg(bottom + 20, "Minutes and peak current of each session", marks, _dates(sessions, place, bottom + 15))


def _currents(sessions: list[Session], number: int, place: Scale, current: Scale, step: float) -> list[Markup]:
    """Channel 1 is dots, channel 2 dashes."""
    size = max(1.3, min(3.4, step * 0.36))
    points = [(place(i), current(one.peak_ua[number] / 1_000)) for i, one in enumerate(sessions) if number < len(one.peak_ua)]
    if number == 0:
        return [tag("circle", cx=x, cy=y, r=size, fill=_DARK) for x, y in points]
    half = max(1.8, min(6.0, step * 0.4))
    return [_line(x - half, y, x + half, y, stroke=_INK, stroke_width=2) for x, y in points]


def _axis(scale: Scale, most: float, name: str) -> list[Markup]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1_000_000) if most / step <= 4)
    values = [step * k for k in range(int(most / step) + 1)]
    middle = (scale(0) + scale(most)) / 2
    return [
        joined(_line(_LEFT, scale(v), WIDTH - _RIGHT, scale(v), stroke=_LINE if v else _INK), _text(_LEFT - 6, scale(v) + 3.5, str(v), "end"))
        for v in values
    ] + [_text(10, middle, name, "middle", transform=f"rotate(-90 10 {middle:.0f})")]


def _step(count: int) -> float:
    """Room for one session; few sessions stand together at the left, not far apart."""
    return min(40.0, (WIDTH - _LEFT - _RIGHT - 8) / max(count, 1))


def _places(count: int) -> Scale:
    step = _step(count)
    return lambda index: _LEFT + 4 + step * (index + 0.5)


def _dates(sessions: Sequence[Session | Rated], place: Scale, y: float) -> list[Markup]:
    """The day below every so-many-th session, where it is another than the one before."""
    every = -(-len(sessions) * 44 // (WIDTH - _LEFT)) or 1
    every = max(every, -(-len(sessions) // _DATES_MAX))
    labels, shown = [], None
    for index in range(0, len(sessions), every):
        at = sessions[index].at
        text = day_text(at.date()) if at else "no date"
        if text != shown and place(index) < WIDTH - 24:
            labels.append(_text(place(index), y, text, "middle"))
        shown = text
    return labels
