"""HTML and SVG as text that is escaped unless it was made here.

The escaping is the standard library's. markupsafe would add a dependency to save `Markup`, and
write another `'`: pages would no longer be the same bytes.
"""

import html


class Markup(str):
    """Text that is markup already."""


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """An element. Children that are no Markup are escaped; `class_` is class, an underscore is a
    hyphen; None: left out.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{told}>{joined(*children)}</{name}>")


def joined(*children: object) -> Markup:
    """Several children after one another; None and False are nothing, a list is its items."""
    parts: list[str] = []
    for child in children:
        if isinstance(child, (list, tuple)):
            parts.append(joined(*child))
        elif child is not None and child is not False:
            parts.append(child if isinstance(child, Markup) else html.escape(str(child)))
    return Markup("".join(parts))


def _text(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
