"""`evenpulse report`: a treatment for the clinician, as one file of two printed pages, HTML or
PDF.
"""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base.printing import note, print_json, progress
from evenpulse.cli.options import (
    DEFAULT_BOARD,
    Archive,
    AsJson,
    Force,
    Image,
    ImageBoard,
    Port,
    Since,
    TimeZone,
    Until,
)


def report(
    port: Port = None,
    archive: Archive = None,
    image: Image = None,
    board: ImageBoard = DEFAULT_BOARD,
    prescription: Annotated[
        list[Path] | None,
        typer.Option(
            "--prescription",
            metavar="RX.toml",
            help="Compare with this prescription; may be repeated.",
        ),
    ] = None,
    patient: Annotated[
        str | None,
        typer.Option(
            "--patient",
            metavar="NAME",
            help="Everything of this patient: all prescriptions, on all devices of the archive.",
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    tz: TimeZone = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The file to write: .html or .pdf."),
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write the report of a treatment: use, pain, dose, faults.

    The name of the file says which: .html, one file that loads nothing from elsewhere, or .pdf, the
    same on two A4 pages. Exit code 1 if a journal is not whole; the report is written, and says so.
    """
    from evenpulse.base.days import period
    from evenpulse.base.errors import BadUsage
    from evenpulse.base.files import refuse_existing, write_whole
    from evenpulse.journal.source import load, load_all
    from evenpulse.prescription import file as prescriptions
    from evenpulse.base.printable import counted
    from evenpulse.report.numbers import as_dict
    from evenpulse.report.page import notices, render
    from evenpulse.report.pdf import as_pdf
    from evenpulse.report.summary import gather

    if not output and not as_json:
        raise BadUsage(
            "a report needs a file", do_next="add -o report.html, or --json for its numbers"
        )
    if output and output.suffix.lower() not in (".html", ".htm", ".pdf"):
        raise BadUsage(
            f"{output}: a report is an HTML or a PDF file",
            do_next="name it report.html or report.pdf",
        )
    days = period(tz, since, until)
    if output:
        refuse_existing(output, force)
    rxs = [prescriptions.read(one, board) for one in prescription or ()]
    several = archive and not image and (patient or rxs)
    if several and archive:
        sources = load_all(archive)
    else:
        with progress("reading the journal") as count:
            sources = [load(port, archive, image, board, count)]
    summary = gather(sources, rxs, patient, days)
    if output:
        page = render(summary)
        write_whole(output, as_pdf(page) if output.suffix.lower() == ".pdf" else page)
    if as_json:
        print_json(as_dict(summary, notices(summary)))
    if output:
        note(f"{counted(summary.treatment.begun(), 'session')} in {output}")
    for part in summary.parts:
        part.audit.require_whole(part.name)
