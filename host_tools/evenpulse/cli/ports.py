"""`evenpulse ports`: what is connected to this computer. Opens nothing."""

from typing import Annotated

import typer

from evenpulse.base.printing import note, print_json, print_table
from evenpulse.cli.options import AsJson


def ports(
    every: Annotated[
        bool,
        typer.Option("--all", help="Show every serial port, not only those that can be a board."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the boards that are connected.

    Opens none of them. Exit code 3 if there is none.
    """
    from evenpulse.connect.ports import FORMS
    from evenpulse.link.serial_ports import serial_ports

    found = serial_ports()
    boards = [port for port in found if port.board]
    listed = found if every else boards
    if as_json:
        print_json([port.as_dict() for port in listed])
    elif listed:
        print_table(
            ["port", "id", "board", "description"],
            [
                [port.port, port.id, "yes" if port.board else "no", port.description]
                for port in listed
            ],
        )
    if not boards:
        others = len(found)
        note(
            f"No board is connected ({others} other serial port{'' if others == 1 else 's'}).\n"
            f"  next: plug one in, or use --port with {FORMS}"
        )
        raise typer.Exit(3)
