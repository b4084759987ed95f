"""Inline SVG: texts, lines and the picture around them. How they look is for who draws."""

from collections.abc import Callable

from evenpulse.base.markup import Markup, tag

GRID = "#c9ced6"
Scale = Callable[[float], float]


def text(x: float, y: float, says: str, anchor: str = "start", **look: object) -> Markup:
    """A text; `anchor`: which end of it is at x."""
    return tag("text", says, x=x, y=y, text_anchor=anchor, **look)


def line(x1: float, y1: float, x2: float, y2: float, **look: object) -> Markup:
    """A line, thin and pale unless it is told otherwise."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, **{"stroke": GRID, "stroke_width": 1, **look})


def picture(width: float, height: float, label: str, *children: object, **look: object) -> Markup:
    """The whole picture; `label` is what is read out in its place."""
    return tag(
        "svg",
        *children,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        aria_label=label,
        **look,
    )
