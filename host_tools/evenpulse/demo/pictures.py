"""Pictures of the demo: one pulse, a stretch of train, and the whole session, measured beside
prescribed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from PIL import Image

from evenpulse.base.printable import counted
from evenpulse.twin.oled import HEIGHT, WIDTH, picture
from evenpulse.twin.waveform import CLOCKS_PER_US, Prescribed, Pulse

Channels = list[list[Pulse]]
# Per channel (clock, mA)
Amplitudes = list[list[tuple[int, float]]]

_COLOURS = ("#1f6fb2", "#c0561f")
_GREY = "#888888"
_CLOCKS_PER_S = 125_000_000
_DOT, _MARGIN = 3, 12


def draw(
    path: Path, wanted: Prescribed, channels: Channels, amplitudes: Amplitudes, until: int
) -> None:
    """Write the picture. `amplitudes`: per channel (clock, mA) at every change of the set point."""
    figure = pyplot.figure(figsize=(11, 9), layout="constrained")
    parts: Any = figure.subfigures(3, 1, height_ratios=(1.1, 1, 1))
    top, middle, bottom = parts
    _pulse_row(top, wanted, channels, amplitudes)
    _train_row(middle, wanted, channels, amplitudes)
    _session_row(bottom, channels, amplitudes, until)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def draw_screens(path: Path, screens: list[bytes]) -> None:
    """What the person saw, one beside the other: dots of three, as an amber display shows them."""
    high, wide = HEIGHT * _DOT + _MARGIN, WIDTH * _DOT + _MARGIN
    columns = 4
    sheet = Image.new(
        "RGB", (columns * wide + _MARGIN, -(-len(screens) // columns) * high + _MARGIN), "#d8d8d8"
    )
    for number, pixels in enumerate(screens):
        at = (_MARGIN + number % columns * wide, _MARGIN + number // columns * high)
        sheet.paste(picture(pixels, _DOT), at)
    sheet.save(path)


def _pulse_row(
    figure: SubFigure, wanted: Prescribed, channels: Channels, amplitudes: Amplitudes
) -> None:
    """Prescribed on the left, measured on the right: the same axes, the same scale."""
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    index = len(channels[0]) // 2
    ma = _at(amplitudes[0], channels[0][index].a_start)
    phase, gap = wanted.phase_us, wanted.gap_us
    edges_us = [0, phase, phase + gap, 2 * phase + gap]
    _plot_biphasic(left, edges_us, ma, _GREY)
    left.set_title(f"Prescribed pulse: {phase} µs, gap {gap} µs, {phase} µs", fontsize=10)
    pulse = channels[0][index]
    clocks = [c - pulse.a_start for c in (pulse.a_start, pulse.a_end, pulse.b_start, pulse.b_end)]
    _plot_biphasic(right, [c / CLOCKS_PER_US for c in clocks], ma, _COLOURS[0])
    widths = ", ".join(str(b - a) for a, b in zip(clocks, clocks[1:], strict=False))
    right.set_title(f"Measured, channel 1, pulse {index}: {widths} clocks (8 ns)", fontsize=10)
    left.set_ylabel("current (mA)")
    for axes in (left, right):
        axes.set_xlabel("time (µs)")
        axes.axhline(0, color="black", linewidth=0.6)


def _plot_biphasic(axes: Axes, edges_us: Sequence[float], ma: float, colour: str) -> None:
    a, b, c, d = edges_us
    margin = d * 0.15
    axes.plot(
        [-margin, a, a, b, b, c, c, d, d, d + margin],
        [0, 0, ma, ma, 0, 0, -ma, -ma, 0, 0],
        color=colour,
        linewidth=1.8,
    )


def _train_row(
    figure: SubFigure, wanted: Prescribed, channels: Channels, amplitudes: Amplitudes
) -> None:
    """Eight periods of both channels; grey marks are where the prescription puts each pulse."""
    axes = figure.subplots()
    first = len(channels[0]) // 2
    origin = channels[0][first].a_start
    for number, (train, colour) in enumerate(zip(channels, _COLOURS, strict=False)):
        base = -2.6 * number
        for k in range(8):
            pulse, offset_us = train[first + k], wanted.offset_us if number else 0
            should_ms = (k * wanted.period_us + offset_us) / 1000
            axes.axvline(should_ms, ymin=0.02, ymax=0.98, color=_GREY, linewidth=0.7, linestyle=":")
            times = [
                (c - origin) / _CLOCKS_PER_S * 1000
                for c in (pulse.a_start, pulse.a_end, pulse.b_start, pulse.b_end)
            ]
            a, b, c, d = times
            axes.plot(
                [a, a, b, b, c, c, d, d],
                [base, base + 1, base + 1, base, base, base - 1, base - 1, base],
                color=colour,
                linewidth=1.2,
            )
    axes.set_yticks([0, -2.6], ["channel 1", "channel 2"])
    axes.set_xlabel("time (ms)")
    axes.set_title(f"Train: measured, and (dotted) where k · {wanted.period_us} µs puts each pulse")


def _session_row(figure: SubFigure, channels: Channels, amplitudes: Amplitudes, until: int) -> None:
    """Set point of each channel over the whole session, and its first and last pulse."""
    axes = figure.subplots()
    origin = channels[0][0].a_start
    for number, (steps, colour) in enumerate(zip(amplitudes, _COLOURS, strict=False)):
        seconds = [(clock - origin) / _CLOCKS_PER_S for clock, _ in steps] + [
            (until - origin) / _CLOCKS_PER_S
        ]
        values = [ma for _, ma in steps] + [steps[-1][1]]
        axes.step(
            seconds,
            values,
            where="post",
            color=colour,
            linewidth=1.6 - 0.5 * number,
            linestyle="--" if number else "-",
            label=f"channel {number + 1}: {counted(len(channels[number]), 'pulse')}",
        )
    axes.axvspan(
        0,
        (channels[0][-1].b_end - origin) / _CLOCKS_PER_S,
        color="#f3f3e0",
        zorder=0,
        label="pulses leave the pins",
    )
    axes.set_xlim(left=-0.5)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("time since the first pulse (s)")
    axes.set_ylabel("amplitude (mA)")
    axes.set_title(
        "Session: amplitude rises by the UP button alone, from 0, and ramps down at the end"
    )
    axes.legend(loc="upper right")


def _at(steps: list[tuple[int, float]], clock: int) -> float:
    """Set point in force at a clock."""
    return [ma for when, ma in steps if when <= clock][-1]
