"""Options that several commands share."""

from collections.abc import Iterator
from typing import Annotated

import typer


def _complete_port(incomplete: str) -> Iterator[str]:
    from evenpulse.ports import serial_ports

    for port in serial_ports():
        yield port.port
        if port.id:
            yield f"id:{port.id}"
    yield "twin:"


Port = Annotated[
    str | None,
    typer.Option(
        "--port",
        "-p",
        envvar="EVENPULSE_PORT",
        autocompletion=_complete_port,
        metavar="PORT",
        help="A device path, id:SERIAL, socket://HOST:PORT or twin:[FOLDER]. Default: the only board.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the data as JSON.")]
