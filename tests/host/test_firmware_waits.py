"""Whatever the firmware waits for, it stops waiting: a loop steps a name of its own condition, or
the line above it says what ends it.
"""

import ast
from pathlib import Path

FIRMWARE = Path(__file__).parents[2] / "firmware"
REASON = "# Ends: "


def stepped(loop: ast.While) -> set[str]:
    """Names that the body sets from themselves: `left -= 1`, `text = text[:-1]`."""
    found = set()
    for node in [n for statement in loop.body for n in ast.walk(statement)]:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.Assign):
            read = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            written = {n.id for one in node.targets for n in ast.walk(one) if hasattr(n, "id")}
            found |= read & written
    return found


def asks_itself(condition: ast.expr) -> set[str]:
    """Names that decide by themselves: alone or a side of a comparison, of an `and` any part."""
    if isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.And):
        return set().union(*map(asks_itself, condition.values))
    if isinstance(condition, ast.Call) and isinstance(condition.func, ast.Attribute):
        # A method of a text that grows shorter
        return asks_itself(condition.func.value)
    sides = [condition]
    if isinstance(condition, ast.Compare):
        sides = [condition.left, *condition.comparators]
    sums = [side.left if isinstance(side, ast.BinOp) else side for side in sides]
    return {side.id for side in sums if isinstance(side, ast.Name)}


def endless(source: str) -> list[int]:
    """Lines of `while` that nobody bounds and nobody gives a reason for."""
    lines = source.splitlines()
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.While)
        and not asks_itself(node.test) & stepped(node)
        and not lines[node.lineno - 2].strip().startswith(REASON)
    ]


def test_every_wait_of_the_firmware_has_an_end():
    """HZ2: who waits for hardware that does not answer feeds no watchdog."""
    found = {str(f): endless(f.read_text()) for f in sorted(FIRMWARE.rglob("*.py"))}
    assert len(found) > 80 and {name: lines for name, lines in found.items() if lines} == {}


def test_the_check_sees_what_never_ends_and_what_does():
    for waits in (
        "while not a[0] & 0x100:\n    pass\n",
        "while regs.read(X) & bits:\n    pass\n",
        "while again:\n    again = s[0] - t[0]\n",
        "while True:\n    i += 1\n",
        "while not done():\n    left -= 1\n",
        "while left or not a[0]:\n    left -= 1\n",
    ):
        assert endless("import it\n" + waits) == [2], waits
    for ends in (
        "while left and not a[0]:\n    left -= 1\n",
        "while i < 3 * count:\n    i += 1\n",
        'while text.endswith("0"):\n    text = text[:-1]\n',
        "# Ends: the timer goes on\nwhile not done():\n    pass\n",
    ):
        assert endless("import it\n" + ends) == [], ends
