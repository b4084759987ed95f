"""`evenpulse report`: a treatment for the clinician, as one file of two printed pages, HTML or PDF."""

import datetime
from pathlib import Path
from typing import Annotated

import typer

from evenpulse.cli.options import DEFAULT_BOARD, Archive, AsJson, Force, Image, ImageBoard, Port
from evenpulse.cli.output import note, print_json, progress

_Until = Annotated[
    datetime.datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The period's last day. Default: the day the journal was read."),
]


def report(
    port: Port = None,
    archive: Archive = None,
    image: Image = None,
    board: ImageBoard = DEFAULT_BOARD,
    prescription: Annotated[
        Path | None, typer.Option("--prescription", metavar="RX.toml", help="Compare with this prescription.")
    ] = None,
    until: _Until = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="The file to write: .html or .pdf.")] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write the report of a treatment: use, pain, dose, faults.

    The name of the file says which: .html, one file that loads nothing from elsewhere, or .pdf, the same on two A4 pages.
    """
    from evenpulse import journal
    from evenpulse import prescription as prescriptions
    from evenpulse.errors import BadUsage
    from evenpulse.files import refuse_existing, write_whole
    from evenpulse.journal_source import load
    from evenpulse.report.page import as_pdf, render
    from evenpulse.report.summary import as_dict, summarize
    from evenpulse.report.treatment import read

    if not output and not as_json:
        raise BadUsage("a report needs a file", do_next="add -o report.html, or --json for its numbers")
    if output and output.suffix.lower() not in (".html", ".htm", ".pdf"):
        raise BadUsage(f"{output}: a report is an HTML or a PDF file", do_next="name it report.html or report.pdf")
    if output:
        refuse_existing(output, force)
    rx = prescriptions.load(prescription) if prescription else None
    if rx and prescription:
        prescriptions.check(prescription, rx, board)
    with progress("reading the journal") as seen:
        source = load(port, archive, image, board, seen)
    treatment = read([journal.as_dict(one) for one in source.records], (rx["id"], rx["counter"]) if rx else None)
    summary = summarize(source, treatment, rx, until.date() if until else None)
    if output:
        page = render(summary, source.audit)
        write_whole(output, as_pdf(page) if output.suffix.lower() == ".pdf" else page)
    if as_json:
        print_json(as_dict(summary, source.audit))
    if not source.audit.whole:
        note("the journal is not whole, and the report says so: evenpulse log verify names each damage")
    if output:
        note(f"{len(treatment.sessions)} sessions in {output}")
