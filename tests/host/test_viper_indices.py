"""No viper function indexes words or half-words by a variable: MicroPython from 1.26 to its pull
request 18821 multiplies the variable itself, where it lies in a register (issue 18800).

What is worked out in the brackets is right under every compiler, and so is a pointer that goes on.
"""

import ast
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
# Bytes are not multiplied.
_BYTES = "ptr8"
# A cast leaves the variable where it is.
_CASTS = ("int", "uint")


def offending(source: str) -> list[tuple[int, str]]:
    """(line, what is indexed by) of each such place."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef) and any(
            "viper" in ast.unparse(one) for one in function.decorator_list
        ):
            variables, of_bytes = _variables(function)
            found += [
                (place.lineno, ast.unparse(place))
                for place in ast.walk(function)
                if isinstance(place, ast.Subscript)
                and _uncast(place.slice) in variables
                and not _is_bytes(place.value, of_bytes)
            ]
    return sorted(found)


def _variables(function: ast.FunctionDef) -> tuple[set[str], set[str]]:
    """Names that the function's code changes or is given, and those of them that point to bytes."""
    names = {argument.arg for argument in function.args.args}
    of_bytes: dict[str, bool] = {}
    for line in ast.walk(function):
        targets = line.targets if isinstance(line, ast.Assign) else []
        if isinstance(line, ast.AugAssign):
            targets = [line.target]
        for target in targets:
            values = line.value.elts if isinstance(line.value, ast.Tuple) else [line.value]
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            for part, value in zip(parts, values, strict=True):
                if isinstance(part, ast.Name):
                    names.add(part.id)
                    of_bytes[part.id] = of_bytes.get(part.id, True) and _is_bytes(value, set())
    return names, {name for name, every in of_bytes.items() if every}


def _is_bytes(value: ast.expr, of_bytes: set[str]) -> bool:
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == _BYTES
    return isinstance(value, ast.Name) and value.id in of_bytes


def _uncast(index: ast.expr) -> str | None:
    while (
        isinstance(index, ast.Call)
        and isinstance(index.func, ast.Name)
        and index.func.id in _CASTS
        and len(index.args) == 1
    ):
        (index,) = index.args
    return index.id if isinstance(index, ast.Name) else None


def test_no_viper_function_indexes_words_by_a_variable():
    found = {str(file): offending(file.read_text()) for file in FIRMWARE.rglob("*.py")}
    assert found
    assert {file: places for file, places in found.items() if places} == {}


_BODY = "@micropython.viper\ndef f(words, n: int, i: int) -> int:\n    p = ptr32(words)\n    {}\n"


@pytest.mark.parametrize(
    "line", ["return p[i]", "p[n] = 0", "return int(ptr16(words)[int(i)])", "k = n\n    p[k] += 1"]
)
def test_the_check_sees_one(line):
    assert len(offending(_BODY.format(line))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "return p[_PLACE]",
        "return p[3]",
        "return p[i + 1]",
        "return ptr8(words)[i]",
        "b, c = ptr8(words), 1\n    return b[i]",
    ],
)
def test_the_check_takes_what_is_right(line):
    assert offending(_BODY.format(line)) == []


def test_the_check_asks_viper_alone():
    assert offending("def f(words, i):\n    return words[i]\n") == []
