"""A comment stands on a line of its own, above what it explains. Behind code stand directives to
tools alone, and in a PIO program the clocks of each line (firmware/TIMING.md derives them).
"""

import ast
import re
import tokenize
from io import StringIO
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
FILES = [
    file
    for tree in ("firmware", "boards", "host_tools", "tests")
    for file in sorted((CHECKOUT / tree).rglob("*.py"))
    if "_boards" not in file.parts
]
_CODES = r"[A-Za-z0-9-]+(, ?[A-Za-z0-9-]+)*"
# A line that could: a file without one has none, and need not be read as Python.
_BEHIND_SOMETHING = re.compile(r"^.*\S.*#", re.M)
_DIRECTIVE = re.compile(rf"# (type: ignore\[{_CODES}\]|noqa: {_CODES}|fmt: skip)")


def _pio_lines(text: str) -> set[int]:
    """The lines of functions that the PIO assembler reads."""
    if "asm_pio" not in text:
        return set()
    return {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and any("asm_pio" in ast.unparse(one) for one in node.decorator_list)
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }


def _behind_code(text: str) -> list[str]:
    """Comments that share a line with code and are no directive."""
    if not _BEHIND_SOMETHING.search(text):
        return []
    clocks = _pio_lines(text)
    return [
        token.string
        for token in tokenize.generate_tokens(StringIO(text).readline)
        if token.type == tokenize.COMMENT
        and token.line[: token.start[1]].strip()
        and token.start[0] not in clocks
        and not _DIRECTIVE.fullmatch(token.string)
    ]


def test_comments_stand_above_what_they_explain():
    found = {
        file.relative_to(CHECKOUT).as_posix(): _behind_code(file.read_text(encoding="utf-8"))
        for file in FILES
    }
    assert {name: comments for name, comments in found.items() if comments} == {}


@pytest.mark.parametrize(
    "text, found",
    [
        ("# why\nx = 1\n", []),
        ("x = 1  # why\n", ["# why"]),
        ("x = (  # why\n    1,\n    2,  # and this\n)\n", ["# why", "# and this"]),
        ("x = '  # no comment'\n", []),
        ("x = f()  # type: ignore[call-arg]\n", []),
        ("import x  # noqa: F401, E402\n", []),
        ("x = {1: 2}  # fmt: skip\n", []),
        ("import x  # noqa: F401  first of all\n", ["# noqa: F401  first of all"]),
        ("import x  # noqa\n", ["# noqa"]),
        ("@rp2.asm_pio()\ndef program():\n    nop()  # 1 clock\n", []),
        ("@cached\ndef program():\n    nop()  # 1 clock\n", ["# 1 clock"]),
    ],
)
def test_what_stands_behind_code_is_seen(text, found):
    assert _behind_code(text) == found
