"""Rooms stay small: so many lines a file, so many a class."""

import ast
from pathlib import Path

import pytest


CHECKOUT = Path(__file__).resolve().parents[2]
# A test file of one subject has its table of cases in it.
FILE_LINES_MOST = {"boards": 300, "firmware": 300, "host_tools": 300, "tests": 500}
CLASS_LINES_MOST = 250
# The host's: those of a link to boards/ are checked there.
FILES = [
    file
    for tree in FILE_LINES_MOST
    for file in sorted((CHECKOUT / tree).rglob("*.py"))
    if "_boards" not in file.parts
]
# Longer than that, and why.
LONGER = {
    "host_tools/evenpulse/faults/table.py": "one table: a row a fault, every one of many lines",
    "tests/pio/reference_machine.py": "one class: a state machine as its chapter describes it",
    "firmware/hal/meters.py": "one interrupt and what it shares: viper has its constants in it",
}


def _too_long(text: str, most: int = 300) -> list[str]:
    """What of a file is longer than it may be."""
    found = ["the file"] if text.count("\n") > most else []
    return found + [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
        and (node.end_lineno or 0) - node.lineno + 1 >= CLASS_LINES_MOST
    ]


def _named(file: Path) -> str:
    return file.relative_to(CHECKOUT).as_posix()


def test_no_file_and_no_class_is_too_long():
    found = {}
    for file in FILES:
        name = _named(file)
        most = FILE_LINES_MOST[name.partition("/")[0]]
        found[name] = _too_long(file.read_text(encoding="utf-8"), most)
    assert {name: what for name, what in found.items() if what and name not in LONGER} == {}
    assert LONGER.keys() <= found.keys()


@pytest.mark.parametrize(
    "text, found",
    [
        ("x = 1\n" * 300, []),
        ("x = 1\n" * 301, ["the file"]),
        ("class Session:\n" + "    x = 1\n" * 248, []),
        ("class Session:\n" + "    x = 1\n" * 249, ["Session"]),
    ],
)
def test_both_bounds_are_seen(text, found):
    assert _too_long(text) == found
