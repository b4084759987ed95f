"""Frozen viper code must hold no number beyond 16 bits: it would be loaded from a literal that
frozen code does not align.
"""

import ast
from pathlib import Path

FIRMWARE = Path(__file__).parents[2] / "firmware"


def offending(source: str) -> list[tuple[int, int]]:
    """(line, number) of each number beyond 16 bits inside a viper or native function."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any(
            "viper" in ast.dump(d) or "native" in ast.dump(d) for d in node.decorator_list
        ):
            found += [
                (c.lineno, c.value)
                for c in ast.walk(node)
                if isinstance(c, ast.Constant) and isinstance(c.value, int) and c.value > 0xFFFF
            ]
    return sorted(found)


def test_no_viper_function_holds_a_wide_literal():
    files = sorted(FIRMWARE.rglob("*.py"))
    assert (
        files
        and {str(f): offending(f.read_text()) for f in files if offending(f.read_text())} == {}
    )


def test_the_check_sees_one():
    assert offending(
        "@micropython.viper\ndef f() -> int:\n    return ptr32(0xD0000000)[1] & 0x3FFFFFFF\n"
    ) == [(3, 0x3FFFFFFF), (3, 0xD0000000)]
    assert offending("@micropython.viper\ndef f() -> int:\n    return 0xFFFF\n") == []
