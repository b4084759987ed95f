"""The host's floors: what each room of host_tools may import of ours, from the ground up. A room is
a folder; what only the command line and the Makefile start may import everything below it.
"""

import ast
import functools
from pathlib import Path

_TOOLS = "host_tools"
_LINK = {"base", "link"}
_TWIN = {"base", "emulator", "prescription", "twin"}
_CONNECT = _LINK | _TWIN | {"connect"}

# {room of evenpulse: the other rooms that it may import}
ROOMS = {
    "base": set(),
    "link": {"base"},
    "prescription": {"base"},
    "emulator": {"base"},
    "twin": {"base", "emulator", "prescription"},
    "connect": {"base", "link", "prescription", "twin"},
    "live": _CONNECT,
    "journal": _LINK | {"connect"},
    # A run writes the journal that its device kept, as `log pull` would have.
    "scenario": _CONNECT | {"journal"},
    "web": _CONNECT | {"journal", "live", "scenario"},
    "flashing": _LINK | {"connect"},
    "capture": {"base"},
    # It knows the twin by its files alone: its session is played by the product's own command.
    "analog": {"base", "capture"},
    "likeness": {"base", "analog", "twin"},
    "looped": _CONNECT | {"analog", "emulator"},
    "monitor": _LINK | {"connect", "journal"},
    "report": {"base", "prescription", "journal"},
    "output_table": _CONNECT | {"scenario", "analog"},
    "faults": _CONNECT | {"scenario"},
    "bench": _CONNECT,
    "silicon": _CONNECT | {"bench"},
    "demo": _CONNECT | {"journal", "report", "scenario"},
    "evidence": {"base", "emulator", "bench", "faults", "silicon"},
}
# The command line, and the pages that are written from it, may import every room but what stands
# beside them.
TOP = {
    "cli": {"demo", "evidence", "faults", "bench", "silicon", "reference"},
    "reference": {"demo"},
}
# Packages beside evenpulse: the builds run before it is there, and an installed one has no builds.
GROUND = {"stimcore", "evenpulse_ground"}
PACKAGES = {
    "toolchain": {"toolchain"} | GROUND,
    "evenpulse_ground": GROUND,
}
# The files of evenpulse that know of the builds: where firmware is, of which sources it is made,
# and what is copied onto a board between two builds.
OF_THE_BUILDS = {"base/firmware_files.py", "base/sources.py", "flashing/dev_loop.py"}
_OURS = {"evenpulse", "toolchain"} | GROUND
# The device's own: what the host knows of it, it knows from stimcore.
_DEVICE = {"hal", "app", "main", "board"}
# Programs for the board's REPL: the host never imports them. A link to boards/.
_NOT_OURS = {"device", "_boards"}


def violations(checkout: Path) -> list[str]:
    """One line for each import of the host that a floor does not allow, and one for each ring."""
    arrows = list(_arrows(checkout / _TOOLS))
    wrong = [
        f"{_TOOLS}/{file}:{line} imports {name}; {_home(file)} may not"
        for file, line, name in arrows
        if not _may(file, name)
    ]
    return wrong + [f"a ring: {' → '.join(ring)}" for ring in rings(checkout)]


def rings(checkout: Path) -> list[list[str]]:
    """Files that import each other in a circle, late imports counted; each circle once."""
    tools = checkout / _TOOLS
    below: dict[str, set[str]] = {}
    for file, _line, name in _arrows(tools):
        below.setdefault(_module(file), set()).add(_module_of(tools, name))
    found, done = [], set()

    def walk(module: str, path: list[str]) -> None:
        if module in path:
            found.append([*path[path.index(module) :], module])
        elif module not in done:
            for other in sorted(below.get(module, set()) - {module}):
                walk(other, [*path, module])
            done.add(module)

    for module in sorted(below):
        walk(module, [])
    return found


def unsaid(checkout: Path) -> list[str]:
    """Late imports of our own rooms that do not say why: no comment above them, and not in a
    command, whose imports are all late.
    """
    tools, found = checkout / _TOOLS, []
    for path in _files(tools):
        file = str(path.relative_to(tools))
        if _home(file) == "cli" or not file.startswith("evenpulse/"):
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        for block in _late_blocks(path):
            above = lines[block[0].lineno - 2].strip()
            if any(_root(name) in _OURS for node in block for name in _names(node)):
                found += [] if above.startswith("#") else [f"{_TOOLS}/{file}:{block[0].lineno}"]
    return found


def _may(file: str, name: str) -> bool:
    package, room = file.split("/", 1)[0].removesuffix(".py"), _home(file)
    if _root(name) not in _OURS:
        return _root(name) not in _DEVICE
    if package in PACKAGES:
        return _root(name) in PACKAGES[package]
    if _root(name) == "toolchain":
        return file.removeprefix("evenpulse/") in OF_THE_BUILDS
    if _root(name) in GROUND:
        return True
    other = (name.split(".") + [""])[1]
    if room in TOP:
        return other not in TOP[room]
    return room == "" or other == room or other in ROOMS.get(room, set()) or other == "__version__"


def _home(file: str) -> str:
    """The room of a file below host_tools; "" for what stands in evenpulse itself."""
    parts = file.split("/")
    return parts[0] if parts[0] != "evenpulse" else parts[1] if len(parts) > 2 else ""


def _arrows(tools: Path):
    """(file below host_tools, line, "package.room.module.name") of each import."""
    for path in _files(tools):
        file = path.relative_to(tools)
        for line, name in _imported(path.read_text(encoding="utf-8"), file.parts[0], str(path)):
            yield str(file), line, name


@functools.cache
def _imported(text: str, package: str, path: str) -> list[tuple[int, str]]:
    """(line, "package.room.module.name") of each import of one file."""
    return [
        (node.lineno, name)
        for node in ast.walk(ast.parse(text, path))
        for name in _names(node, package)
    ]


def _files(tools: Path):
    for path in sorted(tools.rglob("*.py")):
        if not _NOT_OURS & set(path.relative_to(tools).parts):
            yield path


def _late_blocks(path: Path):
    """Imports inside a function, those that stand together as one."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for body in _bodies(function):
            block: list[ast.stmt] = []
            for statement in [*body, None]:
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    block.append(statement)
                elif block:
                    yield block
                    block = []


def _bodies(node):
    for inner in ast.walk(node):
        if inner is not node and isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for name in ("body", "orelse", "handlers", "finalbody"):
            body = getattr(inner, name, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield body


def _names(node, package: str = "") -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        home = f"{package}.{node.module}" if node.level and node.module else node.module or package
        return [f"{home}.{alias.name}" for alias in node.names]
    return []


def _root(name: str) -> str:
    return name.split(".", 1)[0]


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _module_of(tools: Path, name: str) -> str:
    """The module that a name is imported from: the name itself, or what it is in."""
    there = (tools / name.replace(".", "/")).with_suffix(".py").is_file()
    return name if there else name.rpartition(".")[0]
