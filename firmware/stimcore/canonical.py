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
    pieces = []
    _spell(value, pieces.append, {})
    return "".join(pieces)


def _spell(value, add, quoted):
    """Adds piece after piece: a text that grows by a piece would be copied and looked up with each.
    `quoted` holds each text that was met: most keys come again in every program.
    """
    if isinstance(value, dict):
        before = "{"
        for key in sorted(value):
            add(before)
            add(_quoted(key, quoted))
            add(":")
            _spell(value[key], add, quoted)
            before = ","
        add("}" if value else "{}")
    elif isinstance(value, (list, tuple)):
        before = "["
        for item in value:
            add(before)
            _spell(item, add, quoted)
            before = ","
        add("]" if value else "[]")
    elif isinstance(value, bool):
        add("true" if value else "false")
    elif isinstance(value, int):
        add(str(value))
    else:
        add(_quoted(value, quoted))


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
