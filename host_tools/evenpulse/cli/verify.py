"""`evenpulse verify`: the file of a logic analyser or an oscilloscope, held against a
prescription.
"""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base.printing import note, print_fields, print_json, print_table
from evenpulse.cli.options import DEFAULT_BOARD, AsJson, Force, complete_board

# A Pico's crystal is good for 30 ppm, a cheap analyser's for 50; warm ones for some more.
_CRYSTALS_PPM = 100.0


def verify(
    file: Annotated[Path, typer.Argument(metavar="RX.toml", help="A prescription in TOML.")],
    capture: Annotated[
        Path,
        typer.Argument(
            metavar="CAPTURE", help="VCD, sigrok's .sr, Saleae's CSV, or time,pin,level as CSV."
        ),
    ],
    program: Annotated[int, typer.Option("--program", help="Which [[program]] of it, from 1.")] = 1,
    pin: Annotated[
        list[str] | None,
        typer.Option(
            "--pin",
            metavar="ROLE=LINE",
            help=(
                "Which line is which pin: CH1_A=D0; may be repeated. Default: by name, or guessed."
            ),
        ),
    ] = None,
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate", metavar="HZ", help="Samples a second, as 24M, where the file does not say."
        ),
    ] = None,
    crystal_ppm: Annotated[
        float,
        typer.Option(
            "--crystal-ppm", help="How far both crystals together may be off.", min=0, max=10_000
        ),
    ] = _CRYSTALS_PPM,
    board: Annotated[
        str,
        typer.Option("--board", autocompletion=complete_board, help="The board that was measured."),
    ] = DEFAULT_BOARD,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.png", help="Also draw histograms."),
    ] = None,
    during: Annotated[
        str | None,
        typer.Option("--during", metavar="TEXT", help="What else the board did, for the record."),
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Hold a capture of the pins against a prescription.

    Every phase, gap, period and offset: asked, least, most, and how far the capture itself can be
    off. Exit code 0 if it is as prescribed, 1 if not, 2 if the capture cannot be read.
    """
    from evenpulse.base import boards
    from evenpulse.base.errors import BadUsage
    from evenpulse.base.files import refuse_existing
    from evenpulse.capture import measure, pins, read, verdict, view
    from evenpulse.prescription import file as prescription

    if output:
        if output.suffix.lower() != ".png":
            raise BadUsage(f"{output}: the picture is a PNG", do_next="name it errors.png")
        refuse_existing(output, force)
    asked, hz = pins.told(pin or ()), _hz(rate)
    rx = prescription.read(file, board)
    if not 1 <= program <= len(rx["programs"]):
        raise BadUsage(
            f"--program {program}: the prescription has {len(rx['programs'])}",
            do_next="choose one of them, from 1",
        )
    chosen = rx["programs"][program - 1]
    taken = read.read(capture, hz)
    named = pins.name(taken, asked, chosen, boards.load(board))
    told = measure.measure(taken, named, chosen, crystal_ppm)
    found = verdict.findings(told, crystal_ppm)
    if as_json:
        about = {"board": board, "prescription": rx["id"], "program": chosen["name"]}
        print_json(view.as_dict(told, found, {**about, "during": during}))
    else:
        print_fields(view.head(told))
        print()
        print_table(view.COLUMNS, view.table(told))
    for text in verdict.notes(told):
        note(f"note: {text}")
    if output:
        from evenpulse.capture import picture

        picture.draw(output, told, found)
        note(f"histograms in {output}")
    verdict.require(found, capture)
    note("as prescribed")


def _hz(text: str | None) -> float | None:
    import re

    from evenpulse.base.errors import BadUsage

    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?) ?([kMG]?)(?:Hz|S/s)?", text)
    hz = float(found[1]) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[found[2]] if found else 0.0
    if not 1e4 <= hz <= 1e12:
        raise BadUsage(f"--rate {text} is no rate of samples", do_next="write it as 24M or 500k")
    return hz
