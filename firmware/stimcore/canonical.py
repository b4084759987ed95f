"""The one spelling of a value as JSON: keys sorted, no blanks, whole numbers, ASCII. What is signed
is this text.

One spelling means that nobody can sign one text and have another read: no key twice, no number
written two ways.
"""

import json


def text(value):
    """Canonical JSON of dicts (with text keys), lists, text, whole numbers, true and false.
    Raises ValueError for anything else.
    """
    return _text(value, {})


def _text(value, quoted):
    """`quoted` holds each text that was met: most keys come again in every program."""
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(
                [_quoted(key, quoted) + ":" + _text(value[key], quoted) for key in sorted(value)]
            )
            + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([_text(item, quoted) for item in value]) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return _quoted(value, quoted)


def _quoted(value, quoted):
    if not isinstance(value, str):
        raise ValueError("no text: %r" % (value,))
    if value not in quoted:
        made = json.dumps(value)
        # Nothing escaped, all ASCII
        plain = len(made) == len(value) + 2 and len(value.encode()) == len(value)
        if "\x7f" in value or not plain and any([not _is_printable(char) for char in value]):
            raise ValueError("not printable text: %r" % (value,))
        quoted[value] = made if plain or len(value.encode()) == len(value) else _escaped(value)
    return quoted[value]


def _is_printable(char):
    """Of ASCII and of Latin-1."""
    return 32 <= ord(char) < 127 or 161 <= ord(char) < 256


def _escaped(value):
    """Letters beyond ASCII as Python's json writes them on every machine: \\u00e9."""
    return (
        '"'
        + "".join(
            [json.dumps(char)[1:-1] if ord(char) < 128 else "\\u%04x" % ord(char) for char in value]
        )
        + '"'
    )
