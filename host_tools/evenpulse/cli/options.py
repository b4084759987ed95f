"""Options that several commands share."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base import boards


def _complete_port(incomplete: str) -> Iterator[str]:
    from evenpulse.link.serial_ports import serial_ports

    for port in serial_ports():
        yield port.port
        if port.id:
            yield f"id:{port.id}"
    yield "twin:"
    yield from (f"twin@{name}:" for name in boards.names())


def complete_board(incomplete: str) -> list[str]:
    """Boards whose name begins so."""
    return [name for name in boards.names() if name.startswith(incomplete)]


Port = Annotated[
    str | None,
    typer.Option(
        "--port",
        "-p",
        envvar="EVENPULSE_PORT",
        autocompletion=_complete_port,
        metavar="PORT",
        help=(
            "A device path, id:SERIAL, socket://HOST:PORT or twin[@BOARD]:[FOLDER]. Default: the "
            "only board."
        ),
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the data as JSON.")]
Archive = Annotated[
    Path | None,
    typer.Option(
        "--archive",
        "-a",
        metavar="PATH",
        help="Read pulled records instead: a folder, or a file in it.",
    ),
]
Image = Annotated[
    Path | None,
    typer.Option(
        "--image",
        metavar="FILE",
        help="Read a dump of the device's flash, or of its journal, instead.",
    ),
]
ImageBoard = Annotated[
    str,
    typer.Option(
        "--board", autocompletion=complete_board, help="The board whose flash --image holds."
    ),
]
DEFAULT_BOARD = boards.DEFAULT
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")]
_DAY = "YYYY-MM-DD"
Since = Annotated[
    datetime.datetime | None,
    typer.Option(
        "--since",
        formats=["%Y-%m-%d"],
        metavar=_DAY,
        help="Only from this day on, in the zone of --tz.",
    ),
]
Until = Annotated[
    datetime.datetime | None,
    typer.Option(
        "--until", formats=["%Y-%m-%d"], metavar=_DAY, help="Only to this day, in the zone of --tz."
    ),
]
TimeZone = Annotated[
    str | None,
    typer.Option(
        "--tz",
        envvar="EVENPULSE_TZ",
        metavar="ZONE",
        help="The clinic's time zone: Europe/Berlin, UTC, +13:00. Default: this computer's.",
    ),
]
