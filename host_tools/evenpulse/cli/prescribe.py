"""`evenpulse prescribe`: work on prescription files."""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse import boards
from evenpulse.cli.options import AsJson
from evenpulse.cli.output import note, print_fields, print_json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Work on prescription files.")
Board = Annotated[str, typer.Option("--board", help="The board whose limits count.")]
PrescriptionFile = Annotated[Path, typer.Argument(help="A prescription in TOML.")]


@app.callback()
def prescribe() -> None:
    """Work on prescription files."""


@app.command()
def check(file: PrescriptionFile, board: Board = boards.DEFAULT, as_json: AsJson = False) -> None:
    """Check a prescription file.

    With the device's own code, against the limits of a board.
    """
    from evenpulse import prescription

    rx = prescription.read(file, board)
    if as_json:
        print_json(rx)
    else:
        print_fields(summary(rx))
    note(f"{file}: within every limit of board {board}")


def summary(rx: dict) -> dict[str, object]:
    """What a person wants to see of a prescription in device form."""
    return {
        "id": rx["id"],
        "counter": rx["counter"],
        "patient": rx["patient"],
        "expires": rx["expires"],
        "device": rx["device"],
        "programs": [program["name"] for program in rx["programs"]],
    }
