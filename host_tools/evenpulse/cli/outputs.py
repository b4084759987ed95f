"""`evenpulse outputs`: the table of outputs that reviewers ask for, of a prescription on a
board.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evenpulse.base.printable import counted
from evenpulse.base.printing import note, print_fields, print_json, print_table, progress
from evenpulse.cli.options import DEFAULT_BOARD, AsJson, Force

if TYPE_CHECKING:
    from evenpulse.output_table.table import Table


def outputs(
    file: Annotated[Path, typer.Argument(metavar="RX.toml", help="A prescription in TOML.")],
    board: Annotated[
        str, typer.Option("--board", help="The board whose output stage counts.")
    ] = DEFAULT_BOARD,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure", help="Also play every program on the twin, into each load, and compare."
        ),
    ] = False,
    circuit: Annotated[
        bool | None,
        typer.Option(
            "--circuit/--no-circuit",
            help="With --measure: a pulse into each load in the board's circuit too, in ngspice.",
        ),
    ] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the values as CSV.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.html", help="Also write a page to print."),
    ] = None,
    force: Force = False,
) -> None:
    """Tell what a prescription can put out, beside the limits.

    For each program at 500 ohm, 2 kohm and 10 kohm. With --measure, exit code 1 if what was
    measured differs from what was computed by more than 1 clock or 1 %.
    """
    from evenpulse.base.errors import BadUsage, Problem
    from evenpulse.base.files import refuse_existing, write_whole
    from evenpulse.output_table import rows as told
    from evenpulse.output_table import table
    from evenpulse.prescription import file as prescription

    if as_json and as_csv:
        raise BadUsage("--json and --csv are two formats", do_next="choose one")
    if circuit is not None and not measure:
        flag = "--circuit" if circuit else "--no-circuit"
        raise BadUsage(f"{flag} says how to measure", do_next="add --measure, or leave it out")
    if output:
        refuse_existing(output, force)
    rx = prescription.read(file, board)
    with progress("playing programs") as seen:
        made = table.build(rx, board, measure, seen, circuit is not False)
    if output:
        from evenpulse.output_table.page import render

        write_whole(output, render(made))
    if as_json:
        print_json(told.as_dict(made))
    elif as_csv:
        print(told.as_csv(made), end="")
    else:
        _print(made)
    if output:
        note(f"{counted(len(made.modes), 'mode')} in {output}")
    if differences := made.differences():
        raise Problem(
            (
                f"measured and computed differ in {len(differences)} "
                f"place{'s' if len(differences) > 1 else ''}"
            ),
            seen="\n".join(differences),
            do_next="trust neither until it is explained",
        )


def _print(made: "Table") -> None:
    from evenpulse.output_table import facts, limit_table
    from evenpulse.output_table import rows as told
    from evenpulse.output_table.table import DISCLAIMER, pattern, waveform

    for mode in made.modes:
        print_fields(
            {
                "mode": mode.name,
                "cap": f"{mode.cap_ua / 1_000:g} mA",
                "waveform": waveform(mode.program),
                **dict(pattern(mode.program)),
            }
        )
        print()
        print_table(*told.value_rows(mode, made.measured))
        print()
        ends = zip(mode.loads, told.trips(mode, made.measured), strict=True)
        at_loads: dict[str, object] = {
            f"ends by itself at {told.load_name(load.ohm)}": text for load, text in ends
        }
        for load_name, text in told.in_circuit(mode):
            at_loads[f"in the circuit at {load_name}"] = text
        print_fields(at_loads)
        print()
        print_table(
            ["limit", "highest", "limit", "margin", "source (confidence)"],
            [list(row) for row in told.limit_rows(mode)],
        )
        print()
    print_fields(dict(made.facts()))
    if made.events:
        print()
        print_table(
            ["on the twin", "reason", "outputs off", "the patient reads"],
            [list(row) for row in told.event_rows(made)],
        )
    print()
    print(
        "Confidence: "
        + "; ".join(f"{name}, {what}" for name, what in limit_table.CONFIDENCE.items())
        + "."
    )
    print(
        "Only the output stage's own datasheet and measurement can tell: "
        + "; ".join(name for name, _ in facts.DATASHEET)
        + "."
    )
    print(DISCLAIMER)
