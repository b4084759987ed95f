"""TOML that somebody else wrote: bounded before it is parsed, then read with exact numbers.

Prescriptions and scenarios are read with it. What a field may hold is not its business.
"""

import datetime
import json
import re
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from evenpulse.base import toml_lines
from evenpulse.base.errors import Problem
from evenpulse.base.files import read_bounded

BYTES_MAX = 65_536
# No table of ours is deeper than 4, no number longer than 15 digits: what is far beyond is not read
# at all.
DEPTH_MAX = 8
DIGITS_MAX = 60
TEXT_CHARACTERS_MAX = 1_000

_PLACE = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
# How a signed prescription begins (prescription/signed.py): it lies beside its TOML, and is taken
# for it.
_SIGNED = re.compile(r'\s*\{\s*"evenpulse": "signed prescription"')
_SOURCE = "bounds of every TOML file read here"
_TOKEN = re.compile(
    r'(?P<text>"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<comment>#[^\n]*)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<dot>\.)|(?P<line>\n)|(?P<end>[,=])"
    r"|(?P<number>[0-9][0-9A-Fa-f_xob]*)|(?P<word>[A-Za-z_-][A-Za-z0-9_-]*)",
    re.DOTALL,
)


class TomlFile(NamedTuple):
    """A file's text, with plain line ends, and the document in it."""

    text: str
    document: dict


def read(path: Path, refuse: Callable[..., Problem]) -> TomlFile:
    """Read a TOML file; `refuse(what, do_next=…)` makes the one error, which names file, line
    and limit.
    """
    text = _text(path, refuse)
    if _SIGNED.match(text):
        raise refuse(
            f"{path}: this is the signed prescription, not the one that was signed",
            do_next="give the file in TOML that it was made from, NAME.toml",
        )
    if found := _beyond_bounds(text):
        line, what, limit = found
        raise refuse(
            f"{toml_lines.where(path, line)}: {what}; at most {limit} ({_SOURCE})",
            do_next="correct that line",
        )
    try:
        return TomlFile(text, tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as error:
        at = toml_lines.where(path, toml_lines.of_error(error))
        raise refuse(
            f"{at}: not valid TOML: {error}",
            do_next="correct that line; text needs quotes, a table starts with [name]",
        ) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise refuse(
            f"{path}: a number or nesting in it is too large: {error}", do_next="correct it"
        ) from error


def _text(path: Path, refuse: Callable[..., Problem]) -> str:
    data = read_bounded(path, BYTES_MAX, refuse)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise refuse(
            f"{path}: not UTF-8 text (byte {error.start})", do_next="save it as UTF-8 text"
        ) from error


def _beyond_bounds(text: str) -> tuple[int, str, str] | None:
    """(line, what is there, limit) of the first thing that no file of ours needs."""
    line, depth, dots = 1, 0, 0
    for token in _TOKEN.finditer(text):
        kind, written = token.lastgroup, token[0]
        if kind == "open":
            depth, dots = depth + 1, 0
        elif kind == "close":
            depth, dots = max(0, depth - 1), 0
        elif kind == "dot":
            dots += 1
        elif kind in ("end", "line"):
            dots = 0
        if max(depth, dots) > DEPTH_MAX:
            return line, "nested too deeply", f"{DEPTH_MAX} levels"
        if kind == "number" and (digits := sum(c.isalnum() for c in written)) > DIGITS_MAX:
            return line, f"a number of {digits} digits", f"{DIGITS_MAX} digits"
        if kind == "text" and len(written) > TEXT_CHARACTERS_MAX:
            return line, f"a text of {len(written)} characters", f"{TEXT_CHARACTERS_MAX} characters"
        line += written.count("\n")
    return None


def shown(value: object) -> str:
    """A value as TOML writes it, shortened."""
    text = _spelled(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_spelled(one)}" for key, one in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_spelled, value)) + "]"
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else str(value)


def written(document: object, field: str) -> object:
    """What stands in a document at a field called as messages call it,
    `program[2].burst.pulses`; KeyError if nothing.
    """
    for name, number in _PLACE.findall(field):
        if number and isinstance(document, list) and 1 <= int(number) <= len(document):
            document = document[int(number) - 1]
        elif name and isinstance(document, dict):
            document = document[name]
        else:
            raise KeyError(field)
    return document
