"""`evenpulse prescribe`: work on prescription files."""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base import boards
from evenpulse.base.printing import note, print_fields, print_json
from evenpulse.cli.keys import private_key
from evenpulse.cli.options import AsJson

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Work on prescription files.")
Board = Annotated[str, typer.Option("--board", help="The board whose limits count.")]
PrescriptionFile = Annotated[Path, typer.Argument(help="A prescription in TOML.")]
SignedFile = Annotated[
    Path, typer.Argument(help="A signed prescription, as `prescribe sign` wrote it.")
]
_AnyFile = Annotated[Path, typer.Argument(help="A prescription, in TOML or signed.")]


@app.callback()
def prescribe() -> None:
    """Work on prescription files."""


def _complete_preset(incomplete: str) -> list[str]:
    from stimcore.presets import PRESETS

    return [name for name in PRESETS if name.startswith(incomplete)]


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="The prescription to write, in TOML.")],
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="NAME",
            autocompletion=_complete_preset,
            help="A preset to begin with.",
        ),
    ] = None,
    board: Board = boards.DEFAULT,
) -> None:
    """Write a prescription to begin with.

    Issued today and valid for 90 days; every key is explained in it. Its check-list is yours to
    answer: until then it is refused. No file is replaced.
    """
    from evenpulse.base import today
    from evenpulse.base.errors import BadUsage
    from evenpulse.base.files import write_whole
    from evenpulse.prescription import template as prescription_template

    text = prescription_template.text(boards.load(board), today.day(), preset)
    if file.exists():
        raise BadUsage(
            f"{file} is already there, and is not replaced", do_next="choose another name or folder"
        )
    write_whole(file, text)
    print(file)
    note(
        f"A clinician confirms every number, and answers the two [checks]. "
        f"Next: evenpulse prescribe check {file}"
    )


@app.command()
def check(file: PrescriptionFile, board: Board = boards.DEFAULT, as_json: AsJson = False) -> None:
    """Check a prescription file.

    With the device's own code, against the limits of a board.
    """
    from evenpulse.prescription import file as prescription

    rx = prescription.read(file, board)
    if as_json:
        print_json(rx)
    else:
        print_fields(summary(rx))
    note(f"{file}: within every limit of board {board}")


@app.command()
def sign(
    file: PrescriptionFile,
    key: Annotated[Path, typer.Option("--key", help="The clinic's private key, NAME.key.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The signed prescription; default: FILE with .signed."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if it is there.")
    ] = False,
    board: Board = boards.DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Check a prescription file and sign it; one that has expired is refused.

    What is signed is its one canonical text, which the device keeps and verifies.
    """
    from evenpulse.base import today
    from evenpulse.base.files import refuse_existing, write_whole
    from evenpulse.prescription import file as prescription
    from evenpulse.prescription import signed

    output = output or file.parent / f"{file.stem}.signed"
    refuse_existing(output, force)
    rx = prescription.read(file, board)
    day = today.day()
    prescription.check_dates(file, rx, day)
    if rx["issued"] > day.isoformat():
        note(
            f"It is issued on {rx['issued']}, after today ({day}) by this computer's clock: is "
            f"that clock right?"
        )
    envelope = signed.sign(rx, private_key(key))
    write_whole(output, signed.as_text(envelope))
    shown = {**summary(rx), "key": envelope.key, "file": str(output)}
    if as_json:
        print_json(shown)
    else:
        print_fields(shown)
    note(f"Signed. Read it once more: evenpulse prescribe show {output}")


@app.command()
def show(
    file: _AnyFile,
    key: Annotated[
        Path | None,
        typer.Option("--key", help="The clinic's public key, NAME.pub: verifies the signature."),
    ] = None,
    board: Board = boards.DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show what a prescription allows, for a person to read.

    Signed or not yet, a file in TOML; against the limits of a board; with --key the signature is
    verified too.
    """
    from evenpulse.base.errors import BadUsage
    from evenpulse.prescription import file as prescription
    from evenpulse.prescription import keys, signed
    from evenpulse.prescription import words as legible

    if signed.is_toml(file):
        if key:
            raise BadUsage(
                f"{file} is not signed: there is nothing to verify",
                do_next="leave out --key, or sign it first",
            )
        envelope, rx, state = None, prescription.read(file, board), "nobody: not signed"
    else:
        envelope, rx = signed.load(file)
        signed.check(file, rx, boards.load(board))
        if key:
            signed.verify(file, envelope, keys.load_public(key))
        state = f"key {envelope.key}, " + ("verified" if key else "not verified")
    if as_json:
        signature = None if envelope is None else "verified" if key else "not verified"
        print_json({"key": envelope and envelope.key, "signature": signature, "rx": rx})
    else:
        print_fields({**legible.head(rx), "signed by": state})
        for number in range(1, len(rx["programs"]) + 1):
            print()
            print_fields(legible.program(rx, number))
    if envelope is None:
        note("It is not signed: no device takes it so. evenpulse prescribe sign")
    elif not key:
        note(
            "The signature was not verified: add --key NAME.pub. The device verifies it with its "
            "own keys."
        )


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
