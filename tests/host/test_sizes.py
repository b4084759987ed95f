"""The firmware's rooms stay small: so many lines a file, so many a class."""

import ast
from pathlib import Path

import pytest


CHECKOUT = Path(__file__).resolve().parents[2]
FILE_LINES_MOST = 300
CLASS_LINES_MOST = 250
FILES = sorted((CHECKOUT / "firmware").rglob("*.py"))


def _too_long(text: str) -> list[str]:
    """What of a file is longer than it may be."""
    found = ["the file"] if text.count("\n") > FILE_LINES_MOST else []
    return found + [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
        and (node.end_lineno or 0) - node.lineno + 1 >= CLASS_LINES_MOST
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(CHECKOUT).as_posix())
def test_no_file_and_no_class_of_the_firmware_is_too_long(file):
    assert not _too_long(file.read_text())


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
    assert FILES
