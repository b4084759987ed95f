"""A board as its board.py says it: read, and refused by the code by which its firmware would refuse
it, with file, line and limit.
"""

from pathlib import Path

from evenpulse_ground.problem import Problem


def names(folder: Path) -> list[str]:
    """Names of every board in a folder of boards."""
    return sorted(path.parent.name for path in folder.glob("*/board.py"))


def load(folder: Path, name: str) -> dict:
    """The public names of a board's board.py; raises Problem for a board that is not there or
    that no device would start with.
    """
    # Late, all that is imported in a function here: most commands ask for no board.
    import difflib

    from stimcore import board_facts
    from stimcore.errors import Refused

    known = names(folder)
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        raise Problem(
            f"there is no board {name!r}",
            tried=str(folder),
            seen=", ".join(known) or "no board at all",
            do_next=f"use {close[0]!r}?"
            if close
            else "use one of these, or set EVENPULSE_BOARDS to their folder",
        )
    path = folder / name / "board.py"
    board = _names(path, name)
    try:
        board_facts.check(board)
    except Refused as no:
        raise Problem(
            f"board {name!r} is not safe to use: {no.field} = {no.value}",
            tried=f"{path}{_line(path, no.field)}",
            seen=f"limit {no.limit} ({no.source})",
            do_next=no.advice,
        ) from no
    return board


def _names(path: Path, name: str) -> dict:
    """The public names of a board file; raises Problem where it cannot be run."""
    import runpy

    try:
        found = runpy.run_path(str(path))
    except Exception as error:
        # A board file is Python: it can fail in any way
        line = getattr(error, "lineno", None) or _line_run(path, error)
        raise Problem(
            f"board {name!r} cannot be read: {type(error).__name__}: {error}",
            tried=f"{path}:{line}" if line else str(path),
            do_next="correct that line",
        ) from error
    return {key: value for key, value in found.items() if key.isupper()}


def _line_run(path: Path, error: Exception) -> int | None:
    """The line of a file at which an exception was raised."""
    import traceback

    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    return lines[-1] if lines else None


def _line(path: Path, field: str) -> str:
    """ ":LINE" of the entry that a refusal names (`MAX_UA`, `PINS.CH1_A GPIO`), of its table when
    it is not there, or "".
    """
    import ast

    name, _, role = field.partition(" ")[0].partition(".")
    found: ast.stmt | ast.expr | None = None
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            # The last one counts
            found = node
            if role and isinstance(node.value, ast.Dict):
                rows = [
                    key
                    for key in node.value.keys
                    if isinstance(key, ast.Constant) and key.value == role
                ]
                found = rows[-1] if rows else node
    return f":{found.lineno}" if found else ""
