"""What the firmware of a board is made from: the boards that there are, its modules as they are
frozen, and the files that the C build reads.
"""

import ast
import os
import runpy
import sys
from graphlib import TopologicalSorter
from pathlib import Path

from evenpulse_ground import board_file
from evenpulse_ground.problem import Problem
from evenpulse_ground.uf2 import DEV_MARK

from . import cache
from .errors import ToolchainError

CHECKOUT = Path(__file__).resolve().parents[2]
EDITION = Path("firmware/hal/edition.py")
# In development builds alone
OVERLAY = Path("firmware/hal/overlay.py")


def boards() -> list[str]:
    """The boards that firmware can be built for: those of this checkout, or of EVENPULSE_BOARDS."""
    return sorted(path.parent.name for path in _boards_folder().glob("*/mpconfigboard.cmake"))


def _boards_folder() -> Path:
    return Path(os.environ.get("EVENPULSE_BOARDS") or CHECKOUT / "boards").absolute()


def board_folder(board: str) -> Path:
    if board not in boards():
        raise ToolchainError(
            f"board '{board}': there is no {board}/mpconfigboard.cmake in {_boards_folder()}.\n"
            f"Boards there: {', '.join(boards()) or 'none (not a folder of boards)'}"
        )
    return _boards_folder() / board


def check_board(board: str) -> None:
    """Refuse a board that its firmware would not start on, by the same code: file, line and
    limit.
    """
    sys.path[:0] = [str(CHECKOUT / "firmware")] * (str(CHECKOUT / "firmware") not in sys.path)
    board_folder(board)
    try:
        board_file.load(_boards_folder(), board)
    except Problem as problem:
        raise ToolchainError(str(problem)) from problem


def frozen_modules(board: str) -> dict[str, str]:
    """{path as frozen, such as "stimcore/panel.py": SHA-256 of its source in this checkout} of
    what firmware is frozen from.
    """
    return {
        _as_frozen(file): cache.file_hash(file)
        for file in sorted(frozen_files(board))
        if file != CHECKOUT / EDITION
    }


def _as_frozen(file: Path) -> str:
    firmware = CHECKOUT / "firmware"
    return file.relative_to(firmware).as_posix() if file.is_relative_to(firmware) else file.name


def version(dev: bool = False) -> str:
    """The version that firmware of this checkout tells."""
    return runpy.run_path(str(CHECKOUT / EDITION))["VERSION"] + DEV_MARK * dev


def edition(board: str) -> str:
    """The text of hal/edition.py in a development build."""
    frozen = "\n".join(f"{name} {digest}" for name, digest in frozen_modules(board).items())
    order = " ".join(_import_order(CHECKOUT / "firmware", "app.build"))
    return (
        f"VERSION = {version(True)!r}\nDEV = True\nFROZEN = {frozen!r}\nORDER = {order!r}\n"
        f"modules = ()\n"
    )


def _import_order(folder: Path, first: str) -> list[str]:
    """`first` and what it imports, each module after those that it imports itself: nothing is
    imported in another's depth.
    """
    graph: dict[str, set[str]] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in graph:
            graph[name] = _imported(folder, name)
            waiting.extend(graph[name])
    return list(TopologicalSorter(graph).static_order())


def _imported(folder: Path, name: str) -> set[str]:
    """Modules of the firmware's packages that this one imports as it begins; those that it
    imports later are not among them.
    """
    names = set()
    for line in ast.parse((folder / (name.replace(".", "/") + ".py")).read_bytes()).body:
        if isinstance(line, ast.ImportFrom) and line.module:
            names |= {line.module, *(f"{line.module}.{alias.name}" for alias in line.names)}
        elif isinstance(line, ast.Import):
            names |= {alias.name for alias in line.names}
    return {
        name
        for name in names
        if "." in name and (folder / (name.replace(".", "/") + ".py")).is_file()
    }


def frozen_files(board: str) -> list[Path]:
    files = [*CHECKOUT.glob("firmware/**/*.py"), board_folder(board) / "board.py"]
    return [file for file in files if file.is_file()]


def port_files(board: str) -> list[Path]:
    """What the C build reads of a board: all but its description as data and its documents."""
    return [
        file
        for folder in (CHECKOUT / "boards", board_folder(board))
        for file in folder.iterdir()
        if file.is_file() and file.name != "board.py" and file.suffix != ".md"
    ]


def staged_as(files: list[Path]) -> dict[str, Path]:
    """Each file by its path in the checkout, or what it would be there."""
    beside, checkout = f"{_boards_folder()}{os.sep}", f"{CHECKOUT}{os.sep}"
    paths = sorted((str(file), file) for file in files)
    return {
        (
            f"boards/{path.removeprefix(beside)}"
            if path.startswith(beside)
            else path.removeprefix(checkout)
        ).replace(os.sep, "/"): file
        for path, file in paths
    }


def hashes(files: list[Path]) -> dict[str, str]:
    """{path: SHA-256}, so that a renamed file changes the key too."""
    return {name: cache.file_hash(file) for name, file in staged_as(files).items()}
