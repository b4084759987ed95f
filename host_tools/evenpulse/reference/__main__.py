"""`python -m evenpulse.reference` writes the pages of docs/reference; a test holds them to the
tables.
"""

from collections.abc import Callable
from pathlib import Path

from evenpulse.base import ending
from evenpulse.reference import (
    board,
    cli,
    faults,
    journal,
    link,
    output_stage,
    prescription,
    scenario,
)

_FOLDER = Path(__file__).resolve().parents[3] / "docs" / "reference"
PAGES: dict[Path, Callable[[], str]] = {
    _FOLDER / f"{module.__name__.rpartition('.')[2].replace('_', '-')}.md": module.text
    for module in (board, cli, faults, journal, link, output_stage, prescription, scenario)
}


def main(_arguments: list[str] | None = None) -> int:
    for page, text in PAGES.items():
        page.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    ending.run("reference", main)
