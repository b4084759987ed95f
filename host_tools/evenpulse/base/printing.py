"""Printing: data as a table or as JSON on stdout; notes and progress on stderr, progress only on a
terminal.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from evenpulse.base.printable import plain, printable

# A pipe has no width: do not cut what a script reads
_FILE_COLUMNS = 200

Progress = Callable[[float, float | None], None]


def note(text: str) -> None:
    """Say something that is not data."""
    print(text, file=sys.stderr)


def print_json(data: object) -> None:
    """Print data as JSON."""
    import json

    print(json.dumps(data, indent=2))


def print_table(columns: list[str], rows: list[list[object]]) -> None:
    """Print rows below their headings."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else printable(plain(cell))) for cell in row))
    Console(width=None if sys.stdout.isatty() else _FILE_COLUMNS, highlight=False).print(table)


def print_fields(fields: dict[str, object]) -> None:
    """Print name and value pairs, one a line."""
    width = max(map(len, fields))
    for name, value in fields.items():
        print(printable(f"{name:<{width}}  {plain(value) or '-'}"))


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Yield a function (done, total or None) that shows how far `what` is, if a person is
    looking.
    """
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def show(done: float, total: float | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield show


def _silent(_done: float, _total: float | None = None) -> None:
    """Nobody is looking."""
