"""docs/reference/cli.md: what `--help` says of every command."""

import re
from collections.abc import Iterator

from typer.testing import CliRunner

from evenpulse.base import errors
from evenpulse.cli.app import app
from evenpulse.reference import tables

_ABOUT = """\
Data goes to stdout, everything else to stderr. `--json` prints data as JSON. `-v` before a
command shows each line of the link. What every command does stands in the
[tutorial](../tutorial.md) and the [how-to pages](../README.md).\
"""
_WIDTH = 100
_ENDINGS = (
    errors.Problem,
    errors.BadUsage,
    errors.NoBoard,
    errors.SeveralBoards,
    errors.PortBusy,
    errors.SafetyFault,
)
_INTERRUPTED = (130, "Interrupted: Ctrl-C.")


def text() -> str:
    """The page."""
    parts = [tables.head("The `evenpulse` command", "the commands' own `--help`", _ABOUT)]
    codes = [
        (0, "Done."),
        *((one.exit_code, _first_sentence(one)) for one in _ENDINGS),
        _INTERRUPTED,
    ]
    parts.append("## Exit codes\n\n" + tables.table(("code", "means"), codes))
    for words in _commands(()):
        title = " ".join(["evenpulse", *words])
        parts.append(f"## {title}\n\n```text\n{_help(words).strip()}\n```\n")
    return "\n".join(parts)


def _first_sentence(ending: type) -> str:
    return (ending.__doc__ or "").partition(". Exit code")[0].partition("; only")[0].removesuffix(
        "."
    ) + "."


def _commands(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    for name in re.findall(r"^  ([a-z]+)  ", _help(words).partition("\nCommands:\n")[2], re.M):
        yield from _commands((*words, name))


def _help(words: tuple[str, ...]) -> str:
    asked = CliRunner().invoke(
        app,
        [*words, "--help"],
        prog_name="evenpulse",
        terminal_width=_WIDTH,
        env={"COLUMNS": str(_WIDTH)},
    )
    return asked.output
