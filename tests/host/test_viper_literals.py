"""Frozen viper code must hold no number beyond 16 bits: it would be loaded from a literal that
frozen code does not align.
"""

import ast
from pathlib import Path

FIRMWARE = Path(__file__).parents[2] / "firmware"


def constants(tree: ast.AST) -> dict[str, int]:
    """What `const(…)` names stand for: the compiler puts the number in their place."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            pairs = (
                zip(node.targets[0].elts, node.value.elts, strict=True)
                if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(node.targets[0], node.value)]
            )
            for target, value in pairs:
                if isinstance(value, ast.Call) and ast.unparse(value.func) == "const":
                    number = eval(compile(ast.Expression(value.args[0]), "", "eval"), {}, found)
                    found[ast.unparse(target)] = number
    return found


def offending(source: str) -> list[tuple[int, int]]:
    """(line, number) of each number beyond 16 bits inside a viper or native function, by itself
    or by the name of a constant.
    """
    tree, found = ast.parse(source), []
    named = constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            "viper" in ast.dump(d) or "native" in ast.dump(d) for d in node.decorator_list
        ):
            for one in ast.walk(node):
                number = (
                    one.value
                    if isinstance(one, ast.Constant) and isinstance(one.value, int)
                    else named.get(one.id, 0)
                    if isinstance(one, ast.Name)
                    else 0
                )
                if not -0x10000 < number < 0x10000:
                    found.append((one.lineno, number))
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
    by_name = (
        "_A, B = const(5), const(0x2810003C)\n@micropython.viper\ndef f() -> int:\n    return {}\n"
    )
    assert offending(by_name.format("B << 1")) == [(4, 0x2810003C)]
    assert offending(by_name.format("_A + 0xFFFF")) == []
