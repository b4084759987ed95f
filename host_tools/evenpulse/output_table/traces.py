"""Pictures of the output as inline SVG: one pulse at each load, a train at 500 ohm, and one cycle
of on and off.

Computed is dashed and grey, measured is solid and dark, the circuit's is thin and dotted: all
survive a grey printer.
"""

from collections.abc import Sequence

from stimcore.ramp import Ramp

from evenpulse.base import svg
from evenpulse.base.markup import Markup, tag
from evenpulse.output_table import compute
from evenpulse.output_table.rows import load_name
from evenpulse.output_table.table import Mode

# (begin us, end us, mA)
Flows = list[list[float]]

_WIDTH, _LEFT, _RIGHT, _TOP = 720.0, 40.0, 8.0, 16.0
_DARK, _GREY, _CIRCUIT = "#1f4e79", "#777777", "#c0392b"
_TRAIN_PULSES = 6


def pulses(mode: Mode) -> Markup:
    """One pulse at each load, side by side on one scale of current; voltage is told, its shape
    is that of the current.
    """
    width, height = _WIDTH / len(mode.loads), 168.0 if mode.circuit else 112.0
    most = max(
        *(load.values["peak_ma"] for load in mode.loads),
        *(one.peak_ma for one in mode.circuit.values()),
    )
    panels = []
    for index, load in enumerate(mode.loads):
        wanted = computed(mode, load.ohm)[:2]
        seen = [one.trace[:2] for one in mode.measured.get(load.ohm, []) if one.trace][:1]
        circuit = mode.circuit[load.ohm].trace if load.ohm in mode.circuit else []
        title = (
            f"{load_name(load.ohm)}: {load.values['peak_ma']:.2f} mA, {load.values['peak_v']:.1f} V"
        )
        panels.append(
            tag(
                "g",
                _panel(width, height, wanted, seen, most, 1.0, "µs", title, circuit),
                transform=f"translate({index * width:.0f} 0)",
            )
        )
    return svg.picture(_WIDTH, height, "One pulse at each load", panels)


def train(mode: Mode) -> Markup:
    """A train at the first load."""
    load = mode.loads[0]
    seen = [one.trace for one in mode.measured.get(load.ohm, []) if one.trace][:1]
    wanted = computed(mode, load.ohm)
    height = 92.0
    panel = _panel(
        _WIDTH,
        height,
        wanted,
        seen,
        load.values["peak_ma"],
        1_000.0,
        "ms",
        f"train at {load_name(load.ohm)}",
    )
    return svg.picture(_WIDTH, height, "A train", panel)


def envelope(mode: Mode) -> Markup | None:
    """Amplitude over one on and off time; None for a program without."""
    program = mode.program
    if "on_ms" not in program:
        return None
    height, until_ms = 84.0, program["on_ms"] + program["off_ms"]
    law = Ramp(program)
    marks = sorted(
        {
            0,
            program.get("ramp_up_ms", 0),
            program["on_ms"] - program.get("ramp_down_ms", 0),
            program["on_ms"] - 1,
            program["on_ms"],
            until_ms - 1,
        }
    )
    flat = [(ms, law.permille(ms) / 1_000) for ms in marks]
    x: svg.Scale = lambda ms: _LEFT + (_WIDTH - _LEFT - _RIGHT) * ms / until_ms
    base, top = height - 18, _TOP + 4
    points = " ".join(f"{x(ms):.1f},{base - (base - top) * share:.1f}" for ms, share in flat)
    return svg.picture(
        _WIDTH,
        height,
        "On and off",
        svg.text(_LEFT, 11, "share of the amplitude over one on and off time", font_weight="bold"),
        svg.line(_LEFT, base, _WIDTH - _RIGHT, base),
        svg.text(_LEFT - 5, top + 4, "1", "end"),
        svg.text(_LEFT - 5, base + 3, "0", "end"),
        tag("polyline", points=points, fill="none", stroke=_DARK, stroke_width=1.4),
        [
            svg.text(
                x(ms),
                height - 5,
                f"{ms / 1_000:g} s",
                "middle" if 0 < ms < until_ms else "start" if ms == 0 else "end",
            )
            for ms in (0, program["on_ms"], until_ms)
        ],
    )


def computed(mode: Mode, ohm: int) -> Flows:
    """Flows of the computed train: from the longest phase of a sweep, from the first pulse of a
    burst.
    """
    cycle, gap_us, ma = (
        compute.cycle(mode.program),
        mode.program["gap_us"],
        mode.at(ohm).values["peak_ma"],
    )
    first = (
        max(range(len(cycle)), key=lambda i: cycle[i].phase_us) if "sweep" in mode.program else 0
    )
    count = len(cycle) + 2 if "burst" in mode.program else _TRAIN_PULSES
    flows, at_us = [], 0.0
    for k in range(count):
        one = cycle[(first + k) % len(cycle)]
        second_us = at_us + one.phase_us + gap_us
        flows += [[at_us, at_us + one.phase_us, ma], [second_us, second_us + one.phase_us, -ma]]
        at_us += one.step_us
    return flows


def _panel(
    width: float,
    height: float,
    wanted: Flows,
    seen: list[Flows],
    most: float,
    scale: float,
    unit: str,
    title: str,
    circuit: Sequence[tuple[float, float]] = (),
) -> list[Markup]:
    """Current against time; ticks of time where the first pulses' flows begin and end, or where
    pulses begin.
    """
    until = wanted[-1][1]
    from_us = -0.06 * until
    zero, room = (_TOP + height - 18) / 2, (height - 18 - _TOP) / 2 - 4
    x: svg.Scale = lambda us: (
        _LEFT + (width - _LEFT - _RIGHT) * (us - from_us) / (until - 2 * from_us)
    )
    y: svg.Scale = lambda ma: zero - room * ma / most
    marks = [
        svg.text(_LEFT, 11, title, font_weight="bold"),
        svg.line(_LEFT, zero, width - _RIGHT, zero),
    ]
    for ma in (most, 0.0, -most):
        marks.append(
            svg.text(
                _LEFT - 5, y(ma) + 3.5, f"{ma:.1f}".removesuffix(".0") if ma else "0 mA", "end"
            )
        )
    marks.append(
        _path(
            wanted,
            x,
            y,
            from_us,
            until - from_us,
            stroke=_GREY,
            stroke_width=2.6 if seen else 1.2,
            stroke_dasharray="5 3",
        )
    )
    marks += [
        _path(one, x, y, from_us, until - from_us, stroke=_DARK, stroke_width=1.3) for one in seen
    ]
    if circuit:
        inside = [(us, ma) for us, ma in circuit if from_us <= us <= until - from_us]
        marks.append(_line(inside, x, y, stroke=_CIRCUIT, stroke_width=1.2, stroke_dasharray="2 1"))
    ticks = (
        [one[0] for one in wanted[::2]]
        if len(wanted) > 2
        else [edge for one in wanted for edge in one[:2]]
    )
    room_from = -100.0
    for us in ticks:
        if x(us) - room_from >= 34 or us == ticks[-1] and x(us) - room_from >= 20:
            marks.append(
                svg.text(
                    x(us),
                    height - 5,
                    f"{us / scale:.5g}" + (f" {unit}" if us == 0 else ""),
                    "middle",
                )
            )
            room_from = x(us)
    return marks


def _path(
    flows: Flows, x: svg.Scale, y: svg.Scale, from_us: float, until_us: float, **look: object
) -> Markup:
    points = [(from_us, 0.0)]
    for begin, end, ma in flows:
        if begin < until_us:
            points += [(begin, 0.0), (begin, ma), (end, ma), (end, 0.0)]
    points.append((until_us, 0.0))
    return _line(points, x, y, **look)


def _line(
    points: Sequence[tuple[float, float]], x: svg.Scale, y: svg.Scale, **look: object
) -> Markup:
    return tag(
        "polyline",
        points=" ".join(f"{x(us):.1f},{y(ma):.1f}" for us, ma in points),
        fill="none",
        **look,
    )
