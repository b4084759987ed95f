"""Who may import whom, read from the syntax tree. Downwards only: on the device main.py, app/, then
stimcore/ and hal/; on the host the floors of host_floors.py.
"""

import ast
from pathlib import Path

import host_floors

_PURE = {"json", "binascii", "hashlib", "struct", "collections"}
_CHIP = {
    "machine",
    "rp2",
    "micropython",
    "os",
    "time",
    "uctypes",
    "framebuf",
    "vfs",
    "select",
    "sys",
    "builtins",
}
# A compiler directive, not the chip
_CONST = "micropython.const"

# {folder or file below the checkout: what it may import}; a name allows its submodules too.
ALLOWED = {
    "firmware/stimcore": {"stimcore"} | _PURE,
    "firmware/hal": {"hal", "board", "stimcore.limits", "stimcore.pulse", "array", "gc"}
    | _CHIP
    | _PURE,
    "firmware/app": {"app", "stimcore", "hal", "board", "array", "gc", _CONST} | _PURE,
    "firmware/main.py": {"app", "stimcore", "hal", "board", "machine", "micropython", "gc"},
    "firmware/_boot.py": {"hal", "vfs", "rp2"},
    "boards": set(),
}


def violations(checkout: Path) -> list[str]:
    """One line for each import that goes the wrong way."""
    found = []
    for part, allowed in ALLOWED.items():
        found += [
            f"{where} imports {name}; {part} may not"
            for where, name in _imports(checkout, part)
            if not _within(name, allowed)
        ]
    return found + host_floors.violations(checkout)


def _imports(checkout, part):
    """[("path:line", "module.name")] of a folder or file of the checkout."""
    path = checkout / part
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.is_file() else []:
        if file.name == "manifest.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(), str(file))):
            for name in _names(node):
                yield f"{file.relative_to(checkout)}:{node.lineno}", name


def _names(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _within(name, allowed):
    return any(name == root or name.startswith(root + ".") for root in allowed)
