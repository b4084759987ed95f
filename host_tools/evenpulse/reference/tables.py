"""What the pages have in common: how they begin, and a table."""

import textwrap
from collections.abc import Iterable, Sequence

WRITTEN = "Written by `python -m evenpulse.reference` from {sources}: do not edit."
_WIDTH = 118


def head(title: str, sources: str, *about: str) -> str:
    """Title, where the page comes from, and what it is."""
    written = [
        _wrapped(part)
        for text in (WRITTEN.format(sources=sources), *about)
        for part in _parts(text)
    ]
    return "\n\n".join([f"# {title}", *written]) + "\n"


def _parts(text: str) -> list[str]:
    """Paragraphs, and blocks as they are."""
    return text.split("\n\n")


def _wrapped(part: str) -> str:
    if part.startswith("```"):
        return part
    return textwrap.fill(part, _WIDTH, break_long_words=False, break_on_hyphens=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """As Markdown has it; None is an empty cell."""
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    lines += [
        f"| {' | '.join('' if cell is None else str(cell) for cell in row)} |" for row in rows
    ]
    return "\n".join(lines) + "\n"
