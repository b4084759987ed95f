"""The journal that the options of a command name, read whole."""

from pathlib import Path
from typing import TYPE_CHECKING

from evenpulse.base.printing import progress

if TYPE_CHECKING:
    from evenpulse.journal.source import Source


def read_journal(
    port: str | None, archive: Path | None, image: Path | None, board: str
) -> "Source":
    from evenpulse.journal.source import load

    with progress("reading the journal") as count:
        return load(port, archive, image, board, count)
