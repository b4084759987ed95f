"""`evenpulse bench`: a board without an output stage, run from here. `make bench` is something
else: the contract, measured.
"""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base.printing import note, print_fields, print_json, progress
from evenpulse.cli.options import AsJson, Port

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def bench() -> None:
    """Run a bench board: one that has no output stage."""


@app.command()
def run(
    file: Annotated[
        Path, typer.Argument(metavar="RX.toml", help="A prescription; it need not be signed.")
    ],
    program: Annotated[int, typer.Option("--program", help="Which [[program]] of it, from 1.")] = 1,
    seconds: Annotated[
        int | None, typer.Option("--seconds", help="For so long, instead of the program's minutes.")
    ] = None,
    ch1_ma: Annotated[
        float,
        typer.Option("--ch1-ma", help="Current of channel 1, reached step by step as with UP."),
    ] = 0,
    ch2_ma: Annotated[float, typer.Option("--ch2-ma", help="Current of channel 2.")] = 0,
    port: Port = None,
    as_json: AsJson = False,
) -> None:
    """Run a program of a prescription, kept alive from here.

    Ctrl-C stops it at once. Without this computer the board stops within 100 ms. A board with an
    output stage refuses: there only a person starts.
    """
    from evenpulse.connect.ports import connect
    from evenpulse.link import host_run
    from evenpulse.prescription import file as prescription

    rx = prescription.load(file)
    _shorten(rx, program, seconds)
    with connect(port) as device:
        prescription.check(file, rx, device.info["board"])
        with progress("seconds left") as show:
            told = host_run.run(
                device,
                rx,
                program,
                [_ua("--ch1-ma", ch1_ma), _ua("--ch2-ma", ch2_ma)],
                lambda answer: show(answer["left_s"], None),
            )
        shown = {
            "port": device.transport.name,
            "serial": device.info["serial"],
            "program": rx["programs"][program - 1]["name"],
            **told,
        }
    if as_json:
        print_json(shown)
    else:
        print_fields(shown)
    note("The program has run to its end.")


def _shorten(rx: dict, program: int, seconds: int | None) -> None:
    """The program's own time, or what was asked for; raises BadUsage for a program that is not
    there.
    """
    from evenpulse.base.errors import BadUsage

    programs = rx["programs"]
    if not 1 <= program <= len(programs):
        raise BadUsage(
            f"--program {program}: the prescription has {len(programs)}",
            do_next="choose one of them, from 1",
        )
    if seconds is not None:
        if seconds < 1:
            raise BadUsage(f"--seconds {seconds} is not 1 or more", do_next="choose another time")
        programs[program - 1]["session_s"] = seconds


# More digits than a device reads are no answer of it
_UA_MAX = 1_000_000


def _ua(option: str, milliamperes: float) -> int:
    from decimal import Decimal

    from evenpulse.base.errors import BadUsage

    ua = Decimal(repr(milliamperes)) * 1000
    if not ua.is_finite() or ua != int(ua):
        raise BadUsage(
            f"{option} {milliamperes} is not a whole number of uA",
            do_next="round it: UP goes in steps of 1 mA",
        )
    if abs(ua) > _UA_MAX:
        raise BadUsage(
            f"{option} {milliamperes} is beyond {_UA_MAX // 1000} mA, what any device takes",
            do_next="stay below the caps of the prescription",
        )
    return int(ua)
