"""Histograms of how far each measured value is from what was asked: a panel a row, 8 ns a line."""

import io
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes

from evenpulse.base.files import write_whole
from evenpulse.base.printable import printable
from evenpulse.capture.edges import CLOCK_PS, PS_PER_NS
from evenpulse.capture.finding import Finding
from evenpulse.capture.measure import Measured
from evenpulse.capture.rows import Row

_COLUMNS, _WIDE_IN, _HIGH_IN, _DPI = 3, 3.6, 1.9, 110
_RIGHT, _WRONG, _SURE, _LINE = "#1f4e79", "#b3261e", "#cfe3d4", "#b4bac4"
_BINS, _CLOCKS_SHOWN, _TOLD = 61, 20, 6


def draw(path: Path, told: Measured, found: list[Finding]) -> None:
    """One picture of every row with a value that was asked for."""
    rows = [row for row in told.rows if row.count and row.most_allowed_ps is None]
    high = -(-len(rows) // _COLUMNS)
    figure, panels = pyplot.subplots(
        high,
        _COLUMNS,
        squeeze=False,
        layout="constrained",
        figsize=(_WIDE_IN * _COLUMNS, _HIGH_IN * high + 1.2),
    )
    for panel, row in zip(panels.flat, rows):
        _panel(panel, row)
    for panel in list(panels.flat)[len(rows) :]:
        panel.set_axis_off()
    # What no panel can show stands above all of them.
    told_of = [one.text for one in found][:_TOLD] or ["as prescribed"]
    more = [f"and {len(found) - _TOLD} more"] * (len(found) > _TOLD)
    lines = [printable(told.capture.path.name), *map(printable, told_of), *more]
    figure.suptitle(
        "\n".join(lines), fontsize=9, color=_WRONG if found else _RIGHT, parse_math=False
    )
    figure.supxlabel(
        "ns from what is asked; a line is a clock of 8 ns; green: a single value there cannot be "
        "told from right; dashed: a mean that can",
        fontsize=8,
    )
    picture = io.BytesIO()
    figure.savefig(picture, dpi=_DPI)
    pyplot.close(figure)
    write_whole(path, picture.getvalue())


def _panel(axes: Axes, row: Row) -> None:
    error = row.error / PS_PER_NS
    sure = (row.each_ps + row.edge_ps) / PS_PER_NS
    reach = max(2 * CLOCK_PS / PS_PER_NS, 1.1 * sure, 1.1 * float(np.max(np.abs(error))))
    axes.axvspan(-sure, sure, color=_SURE, zorder=0)
    clock = CLOCK_PS / PS_PER_NS
    if reach / clock < _CLOCKS_SHOWN:
        for k in range(-int(reach / clock), int(reach / clock) + 1):
            axes.axvline(k * clock, color=_LINE, linewidth=0.6, zorder=1)
    axes.hist(
        error, bins=_BINS, range=(-reach, reach), zorder=2, color=_RIGHT if row.ok else _WRONG
    )
    if row.mean_is_wrong:
        axes.axvline(row.mean_error_ps / PS_PER_NS, color=_WRONG, linestyle="--", zorder=3)
    name = f"channel {row.channel}: {row.what}" if row.channel else row.what
    axes.set_title(f"{name}, {row.count}", fontsize=8)
    axes.set_yscale("symlog")
    axes.tick_params(labelsize=7)
