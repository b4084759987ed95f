"""Small plots for a terminal, made of block characters. A value of None is a gap."""

from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_GAP = "·"


def bars(
    values: Sequence[float | None], width: int, height: int, low: float, high: float
) -> list[str]:
    """The newest `width` values as columns, `height` lines, the top one first. What lies outside
    `low` to `high` is cut there.
    """
    shown = list(values)[-width:]
    columns = [None if value is None else _level(value, height, low, high) for value in shown]
    padding = " " * (width - len(shown))
    return [
        padding + "".join(_part(level, line, line == 0) for level in columns)
        for line in range(height - 1, -1, -1)
    ]


def _level(value: float, height: int, low: float, high: float) -> int:
    """Eighths of a line that a column is high; 1 at the least, so that a 0 is seen."""
    share = (value - low) / (high - low) if high > low else 0.0
    return max(1, min(8 * height, round(share * 8 * height)))


def _part(level: int | None, line: int, lowest: bool) -> str:
    if level is None:
        return _GAP if lowest else " "
    return _EIGHTHS[max(0, min(8, level - 8 * line))]
