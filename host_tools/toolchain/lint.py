"""The checks that read the code and run none of it: ruff and its format, vulture, mypy over
the host's tools, mypy over the firmware.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from . import cache, made_from, stubs
from .errors import ToolchainError
from .made_from import CHECKOUT
from .venv import VENV

# What mypy knows of unchanged files, in the tree that it reads.
KNOWN = Path("build", "mypy")
_HOST = ("evenpulse", "evenpulse_ground", "toolchain")


@dataclass(frozen=True)
class Check:
    """A tool's command line, what it needs in its environment, and the tree that it reads."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    checkout: Path
    # What mends it, where a tool does
    mend: str = ""

    def complaints(self) -> str:
        """What the tool has to say against the tree: empty when nothing is wrong."""
        with reading(self.checkout):
            answer = subprocess.run(
                self.command,
                cwd=self.checkout,
                env={**os.environ, **self.environment},
                capture_output=True,
                text=True,
                check=False,
            )
        if answer.returncode == 0:
            return ""
        told = f"{answer.stdout}{answer.stderr}" or f"{self.name}: exit {answer.returncode}"
        return f"{told.rstrip()}\n{self.mend}".rstrip()


def reading(checkout: Path) -> AbstractContextManager[None]:
    """One at a time in a tree, so that what mypy knows of it is whole for whoever copies it."""
    return cache.locked(f"lint-{cache.digest({'checkout': str(checkout)})}")


def ruff(checkout: Path = CHECKOUT) -> Check:
    """Every Python file of the tree; what it looks for is in pyproject.toml."""
    return Check("ruff", (_tool("ruff"), "check", "."), {}, checkout)


def form(checkout: Path = CHECKOUT) -> Check:
    """Every Python file as `ruff format` writes it; it names those that are not."""
    command = (_tool("ruff"), "format", "--check", ".")
    return Check("ruff format", command, {}, checkout, "mend it with: .venv/bin/ruff format FILE")


def unused(checkout: Path = CHECKOUT) -> Check:
    """What nothing names anywhere; what only looks so is in pyproject.toml, with its reason."""
    return Check("vulture", (_tool("vulture"),), {}, checkout)


def host(checkout: Path = CHECKOUT) -> Check:
    """host_tools, strict; what is let off is in pyproject.toml."""
    folders = [f"host_tools/{name}" for name in _HOST]
    return _mypy(
        "mypy host_tools",
        "host",
        folders,
        {"MYPYPATH": os.pathsep.join(["host_tools", "firmware"])},
        checkout,
    )


def board(name: str, checkout: Path = CHECKOUT) -> Check:
    """firmware/ with the facts of a board, against the modules that the RP2040 has; settings in
    firmware/mypy.ini.
    """
    typeshed = str(stubs.artefact().find())
    arguments = [
        "firmware",
        f"boards/{name}/board.py",
        "--config-file",
        "firmware/mypy.ini",
        "--custom-typeshed-dir",
        typeshed,
    ]
    environment = {"MYPYPATH": os.pathsep.join([typeshed, "firmware", f"boards/{name}"])}
    return _mypy(f"mypy firmware, board {name}", name, arguments, environment, checkout)


def run() -> None:
    """All of them; ToolchainError with what they complain of."""
    complaints = []
    for check in (ruff(), form(), unused(), host(), *map(board, made_from.boards())):
        found = check.complaints()
        print(f"{check.name}: {'FAILED' if found else 'ok'}", file=sys.stderr)
        complaints += [found] if found else []
    if complaints:
        raise ToolchainError("lint:\n" + "\n".join(complaints))


def _mypy(
    name: str, kept: str, arguments: list[str], environment: Mapping[str, str], checkout: Path
) -> Check:
    known = str(KNOWN / kept)
    command = (_tool("mypy"), "--no-error-summary", "--cache-dir", known, *arguments)
    return Check(name, command, environment, checkout)


def _tool(name: str) -> str:
    path = VENV / "bin" / name
    if not path.exists():
        raise ToolchainError(f"lint: {name} is not there (looked for {path}).\nRun: make venv")
    return str(path)
