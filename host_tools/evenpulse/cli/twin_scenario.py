"""`evenpulse twin new` and `evenpulse twin check`: scenario files, begun and checked."""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base.printing import note, print_fields, print_json
from evenpulse.cli.options import DEFAULT_BOARD, AsJson


def new(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The scenario to write.")] = Path(
        "scenario.toml"
    ),
    board: Annotated[str, typer.Option("--board", help="The board it is for.")] = DEFAULT_BOARD,
    prescription: Annotated[
        bool, typer.Option("--prescription", help="Write a prescription.toml beside it, too.")
    ] = False,
) -> None:
    """Write a scenario to begin with.

    Every key and every event is explained in it. No file is replaced.
    """
    from evenpulse.base import boards, today
    from evenpulse.base.errors import BadUsage
    from evenpulse.scenario import template

    if prescription and file.name == template.PRESCRIPTION:
        raise BadUsage(
            f"{file} is to be the scenario, and its prescription has that name",
            do_next="choose another name",
        )
    written = template.write(file, boards.load(board), prescription, today.day())
    for one in written:
        print(one)
    if not (file.parent / template.PRESCRIPTION).is_file():
        note(
            f"There is no {template.PRESCRIPTION} beside it yet: write one, or add --prescription."
        )
    note(f"next: evenpulse twin check {file}")


def check(
    scenario: Annotated[Path, typer.Argument(help="The timeline to check, a TOML file.")],
    as_json: AsJson = False,
) -> None:
    """Check a scenario and its prescription.

    As run does before it plays them; nothing is played. What is wrong is told with file and line.
    """
    from evenpulse.prescription import file as prescription
    from evenpulse.scenario.file import read
    from evenpulse.scenario.parameters import CLOCKS_PER_MS

    told = read(scenario)
    rx = prescription.read(told.prescription, told.board)
    events = [
        {"at_ms": one.clock / CLOCKS_PER_MS, "do": one.do}
        for one in sorted(told.events, key=lambda one: one.clock)
    ]
    shown: dict[str, object] = {
        "board": told.board,
        "until_ms": told.until_clock / CLOCKS_PER_MS,
        "prescription": str(told.prescription),
        "programs": [program["name"] for program in rx["programs"]],
        "load": told.load,
        "events": events,
    }
    if as_json:
        print_json(shown)
    else:
        load = ", ".join(f"{key} {value:g}" for key, value in told.load.items())
        until_ms = f"{told.until_clock / CLOCKS_PER_MS:g}"
        happens = [f"{one['do']} at {one['at_ms']:g}" for one in events] or "none"
        print_fields(
            {**shown, "until_ms": until_ms, "load": load or "500 ohm a channel", "events": happens}
        )
    note(f"{scenario}: can be played")
