"""docs/reference/prescription.md: every key of the TOML file with its range, every preset, every
limit that is worked out.
"""

from collections.abc import Iterator
from typing import Any

from stimcore import fields, limits, prescription, presets

from evenpulse.reference import tables

_ABOUT = """\
`evenpulse prescribe new` writes a file with every key explained; `evenpulse prescribe check`
holds it against a board with the device's own code. A board may have narrower limits. How it is
signed, accepted and kept is in [firmware/README.md](../../firmware/README.md#prescription).\
"""
_LIMITS = """\
## Limits that are worked out

Of every program at the caps, with the declared electrode; what breaks one is refused with the
numbers.
"""
_PRESETS = """\
## Presets

A preset promises nothing: a clinician confirms every number. A program takes a preset's values
for what it leaves out.
"""
_COLUMNS = ("key", "from", "to", "must be there", "where the limit comes from")
_WORDS = {"text": "a text", "date": "a date", "list": "1, 2 or both", "bool": "true or false"}


def text() -> str:
    """The page."""
    parts = [
        tables.head(
            "A prescription", "`firmware/stimcore/fields.py`, `limits.py` and `presets.py`", _ABOUT
        )
    ]
    for title, rows in (
        ("At the top", fields.TOP),
        ("[caps]", fields.CAPS),
        ("[[program]]", fields.PROGRAM),
    ):
        parts.append(f"## {title}\n\n{tables.table(_COLUMNS, _rows('', rows))}")
        if rows is fields.TOP:
            checks = [
                (f"`{name}`", "true", "true", "yes", "a person must have made it")
                for name in prescription.CHECKS
            ]
            parts.append(f"## [checks]\n\n{tables.table(_COLUMNS, checks)}")
    parts += [_LIMITS, tables.table(("what", "its source"), sorted(limits.SOURCES.items()))]
    found = [
        (f"`{name}`", row["use"], row["source"], row["sure"])
        for name, row in presets.PRESETS.items()
    ]
    parts += [
        _PRESETS,
        tables.table(("preset", "for", "where its numbers come from", "source"), found),
    ]
    return "\n".join(parts)


def _rows(within: str, rows: Any) -> Iterator[tuple]:
    for key, _, scale, kind, needed in rows:
        name = f"`{within}{key}`"
        if isinstance(kind, tuple) and isinstance(kind[0], tuple):
            yield name, "a table", None, "yes" if needed else None, None
            yield from _rows(f"{key}.", kind)
            continue
        low, high, source = _range(kind, scale)
        yield name, low, high, "yes" if needed else None, source


def _range(kind: Any, scale: int) -> tuple[str | None, str | None, str | None]:
    """From, to and where that comes from, in the file's units."""
    if isinstance(kind, tuple) and kind[0] == "one of":
        return f"one of {', '.join(kind[1:])}", None, None
    if isinstance(kind, tuple) and kind[0] == "shown":
        return f"a text of at most {kind[1]} letters", None, "the screen's letters and width"
    if isinstance(kind, tuple) and kind[0] == "pair":
        low, high, source = _range(kind[1], scale)
        return f"[{low},", f"{high}]", source
    if kind in _WORDS:
        return _WORDS[kind], None, None
    found: Any = limits.RANGES[kind] if isinstance(kind, str) else kind
    least, most, *source = found
    return _shown(least, scale), _shown(most, scale), *(source or [None])


def _shown(value: int, scale: int) -> str:
    # Part of a minute has no short decimal.
    return (
        f"{value} s"
        if scale == 60 and value % 60
        else str(fields.shown(value, scale)).removesuffix(".0")
    )
