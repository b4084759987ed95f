"""`evenpulse log export`: a journal as a table, for a program of somebody's own."""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base.printable import counted
from evenpulse.base.printing import note
from evenpulse.cli.options import DEFAULT_BOARD, Archive, Force, Image, ImageBoard, Port
from evenpulse.cli.reading import read_journal


def export(
    port: Port = None,
    archive: Archive = None,
    image: Image = None,
    board: ImageBoard = DEFAULT_BOARD,
    form: Annotated[
        str | None,
        typer.Option("--format", help="csv or jsonl. Default: by the file's name, else csv."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.")
    ] = None,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format jsonl.")] = False,
) -> None:
    """Write the journal as a table, CSV or JSON Lines.

    The same columns for every record, units in their names; a text is never a spreadsheet's
    formula.
    """
    from evenpulse.base.errors import BadUsage
    from evenpulse.base.files import refuse_existing, write_whole
    from evenpulse.journal import table as journal_table

    form = (
        "jsonl" if as_json else form or ("jsonl" if output and output.suffix == ".jsonl" else "csv")
    )
    if form not in journal_table.FORMATS:
        raise BadUsage(
            f"--format {form} is none of {', '.join(journal_table.FORMATS)}", do_next="choose one"
        )
    if output:
        refuse_existing(output, force)
    source = read_journal(port, archive, image, board)
    text = journal_table.FORMATS[form]([journal_table.row(one) for one in source.entries])
    if output:
        write_whole(output, text)
    else:
        print(text, end="")
    source.require_whole()
    note(f"{counted(len(source.records), 'record')}" + (f" in {output}" if output else ""))
