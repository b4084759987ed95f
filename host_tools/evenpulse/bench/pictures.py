"""The picture of the comparison: every single error of ours and of the alternatives, in clocks,
on one logarithmic axis from 0.
"""

import random
from pathlib import Path

import matplotlib
from PIL import Image

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from evenpulse.bench.comparison import FIGURES, Run

_IDLE, _LOADED, _OURS = "#6f8fb5", "#c0561f", "#1a7f37"
_TICKS = [
    (0, "0"),
    (1, "1\n8 ns"),
    (10, "10"),
    (125, "125\n1 µs"),
    (1_250, "1250\n10 µs"),
    (12_500, "12 500\n100 µs"),
    (125_000, "125 000\n1 ms"),
    (1_250_000, "1.25 M\n10 ms"),
    (12_500_000, "12.5 M\n100 ms"),
]
_WIDTH_IN, _ROW_IN, _DPI = 9, 0.5, 100
_DOTS_MOST = 400
_COLOURS = 64
_TITLES = {
    "phase": "phase: 100 µs asked for",
    "gap": "gap between the phases: 50 µs",
    "period": "period: 20 ms",
}
_LABELS = {"machine.PWM": "machine.PWM\n(from its registers)"}


def draw(path: Path, runs: list[Run], title: str) -> None:
    """One panel a figure, one row a method, a dot an error; idle above, loaded below."""
    methods = list(
        dict.fromkeys(run.method for run in sorted(runs, key=lambda run: not run.is_ours))
    )
    figure, panels = pyplot.subplots(
        len(FIGURES),
        1,
        sharex=True,
        layout="constrained",
        figsize=(_WIDTH_IN, 2.0 + _ROW_IN * len(methods) * len(FIGURES)),
    )
    for panel, name in zip(panels, FIGURES, strict=True):
        _panel(panel, name, runs, methods)
    largest = max((run.errors.worst(name) or 0 for run in runs for name in FIGURES), default=1)
    panels[-1].set_xlim(-0.35, max(10, 3 * largest))
    panels[-1].set_xticks([at for at, _ in _TICKS], [text for _, text in _TICKS])
    panels[-1].set_xlabel(
        "size of the error: system clocks, and time (logarithmic from 0; right: the worst, in "
        "clocks)"
    )
    figure.legend(
        handles=[
            _handle(_OURS, "Evenpulse, idle and loaded"),
            _handle(_IDLE, "idle"),
            _handle(_LOADED, "loaded: collections, screen, flash writes, USB traffic"),
        ],
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize=9,
    )
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=_DPI)
    pyplot.close(figure)
    with Image.open(path) as image:
        image.convert("RGB").quantize(_COLOURS).save(path, optimize=True)


def _panel(axes: Axes, name: str, runs: list[Run], methods: list[str]) -> None:
    chance = random.Random(0)
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    axes.axvline(0, color="#999999", linewidth=0.8)
    for run in runs:
        row = len(methods) - 1 - methods.index(run.method) + (0.2 if run.load == "idle" else -0.2)
        every = [abs(error) for error in getattr(run.errors, name)]
        if not every:
            axes.text(
                0.15,
                row,
                "cannot be expressed" if run.load == "idle" else "",
                va="center",
                fontsize=9,
                color="#777777",
                style="italic",
            )
            continue
        shown = sorted(every)[-_DOTS_MOST // 4 :] + chance.sample(
            every, min(len(every), _DOTS_MOST)
        )
        colour = _OURS if run.is_ours else _IDLE if run.load == "idle" else _LOADED
        heights = [row + chance.uniform(-0.12, 0.12) for _ in shown]
        axes.scatter(
            shown,
            heights,
            s=9,
            alpha=0.35 if len(every) > 5 else 1,
            color=colour,
            linewidths=0,
            clip_on=False,
        )
        axes.text(
            1.01,
            row,
            f"{max(every):,}".replace(",", " "),
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=8,
            color=colour,
        )
    axes.set_yticks(
        range(len(methods)),
        [_LABELS.get(method, method) for method in reversed(methods)],
        fontsize=9,
    )
    axes.set_ylim(-0.55, len(methods) - 0.45)
    axes.set_title(_TITLES[name], fontsize=10, loc="left")
    axes.grid(axis="x", color="#eeeeee")
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _handle(colour: str, label: str) -> Line2D:
    return Line2D([], [], marker="o", linestyle="", color=colour, label=label)
