"""Rooms stay small: so many lines a file, so many a class."""

import ast
from pathlib import Path

import pytest


CHECKOUT = Path(__file__).resolve().parents[2]
TREES = ("boards", "firmware", "host_tools", "tests")
FILE_LINES_MOST, CLASS_LINES_MOST = 300, 250
# The host's: those of a link to boards/ are checked there.
FILES = [
    file
    for tree in TREES
    for file in sorted((CHECKOUT / tree).rglob("*.py"))
    if "_boards" not in file.parts
]
# Longer than that, and why.
LONGER = {
    "host_tools/evenpulse/faults/table.py": "one table: a row a fault, every one of many lines",
    "tests/browser/in_chromium.py": "one browser: its last test looks at what all others asked for",
    "tests/host/wrong_prescriptions.py": "one table: a row a file that is refused",
    "tests/pio/reference_machine.py": "one class: a state machine as its chapter describes it",
    "tests/planted/drivers.py": "one table: a row a defect",
    "tests/planted/drivers_rest.py": "one table: a row a defect",
    "tests/unit/wrong_boards.py": "one table: a row a board that is refused",
}


def _too_long(text: str) -> list[str]:
    """What of a file is longer than it may be."""
    lines = text.count("\n")
    found = ["the file"] if lines > FILE_LINES_MOST else []
    # No class is longer than its file
    if lines + 1 < CLASS_LINES_MOST:
        return found
    return found + [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
        and (node.end_lineno or 0) - node.lineno + 1 >= CLASS_LINES_MOST
    ]


def _named(file: Path) -> str:
    return file.relative_to(CHECKOUT).as_posix()


def test_no_file_and_no_class_is_too_long():
    found = {_named(file): _too_long(file.read_text(encoding="utf-8")) for file in FILES}
    assert {name: what for name, what in found.items() if what and name not in LONGER} == {}
    assert all(found[name] for name in LONGER), "short enough by now"


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
