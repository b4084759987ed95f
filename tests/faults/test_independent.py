"""The judge shares no code with the firmware: what it imports, all the way down, is the host's
own.
"""

import ast
from pathlib import Path

import evenpulse

_ROOT = Path(evenpulse.__file__).parent
_FIRMWARE = {"stimcore", "hal", "app", "board", "main"}


def _imports(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    found = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    return found | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def _reached(module: str, seen: set[str]) -> set[str]:
    if module in seen:
        return seen
    seen.add(module)
    file = _ROOT.parent / (module.replace(".", "/") + ".py")
    if file.is_file():
        for name in _imports(file):
            _reached(name, seen)
    return seen


def test_the_judge_imports_nothing_of_the_firmware():
    reached = _reached("evenpulse.faults.judge", set())
    assert not {name for name in reached if name.split(".")[0] in _FIRMWARE}
    # The search does go down
    assert "evenpulse.twin.load" in reached


def test_the_search_would_find_it():
    assert "stimcore" in {
        name.split(".")[0] for name in _reached("evenpulse.faults.situations", set())
    }
