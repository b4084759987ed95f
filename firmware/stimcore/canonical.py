"""The one spelling of a value as JSON: keys sorted, no blanks, whole numbers, ASCII. What is signed is this text.

One spelling means that nobody can sign one text and have another read: no key twice, no number written two ways.
"""

import json


def text(value):
    """Canonical JSON of dicts (with text keys), lists, text, whole numbers, true and false. Raises ValueError for anything else."""
    return _text(value, {})


def _text(value, quoted):
    """`quoted` holds each text that was met: most keys come again in every program."""
    if isinstance(value, dict):
        return "{" + ",".join([_quoted(key, quoted) + ":" + _text(value[key], quoted) for key in sorted(value)]) + "}"
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
        quoted[value] = json.dumps(value)
        plain = len(quoted[value]) == len(value) + 2 and len(value.encode()) == len(value)  # nothing escaped, all ASCII
        if "\x7f" in value or not plain and any(not 32 <= ord(char) < 127 for char in value):
            raise ValueError("not printable ASCII text: %r" % (value,))
    return quoted[value]
