"""`evenpulse twin`: the emulated device. It plays scenarios, or waits on a TCP port for any tool
that speaks to a board.
"""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base.printing import note, print_fields, print_json, print_table, progress
from evenpulse.cli import twin_scenario, twin_web
from evenpulse.cli.options import DEFAULT_BOARD, AsJson, complete_board

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def twin() -> None:
    """Run the emulated device.

    The real firmware on an emulated RP2040, with electrodes, buttons and a screen around it.
    """


@app.command()
def run(
    scenario: Annotated[Path, typer.Argument(help="The timeline to play, a TOML file.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help=(
                "Folder for edges.csv, waves.vcd (and .gtkw), journal.jsonl, screens, summary.json."
            ),
        ),
    ],
    silicon_time: Annotated[
        bool,
        typer.Option(
            "--silicon-time/--emulator-time",
            help="CPU and flash take the time that they take on silicon, or none to wait for.",
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Play a scenario.

    Writes what left the pins, the journal and the screens into a folder.
    """
    from evenpulse.scenario.player import run as run_scenario

    with progress("simulated ms") as seen:
        summary = run_scenario(scenario, out, seen, silicon_time)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary)
    note(f"files are in {out}")


@app.command()
def serve(
    tcp: Annotated[
        str,
        typer.Option(
            "--tcp", metavar="[HOST:]PORT", help="Where to listen; HOST is 127.0.0.1 if left out."
        ),
    ],
    state: Annotated[
        Path | None,
        typer.Option("--state", help="A folder that keeps its flash; without it, a new device."),
    ] = None,
    service: Annotated[
        bool,
        typer.Option(
            "--service",
            help="Hold SELECT at power-on: service mode, the REPL is open for mpremote.",
        ),
    ] = False,
    board: Annotated[str, typer.Option("--board", help="Which board it is.")] = DEFAULT_BOARD,
    buttons: Annotated[
        bool,
        typer.Option(
            "--buttons", help="A line typed here presses a button, such as SELECT 1500 (ms)."
        ),
    ] = False,
    drive: Annotated[
        Path | None,
        typer.Option(
            "--drive",
            metavar="FOLDER",
            help=(
                "Where the boot loader's drive appears when the firmware enters it (evenpulse "
                "flash)."
            ),
        ),
    ] = None,
    bootsel: Annotated[
        bool,
        typer.Option(
            "--bootsel", help="Hold BOOTSEL at power-on: begin in the boot loader; needs --drive."
        ),
    ] = False,
    firmware: Annotated[
        Path | None,
        typer.Option(
            "--firmware",
            metavar="UF2",
            help="The firmware it has at first. Default: the board's own.",
        ),
    ] = None,
) -> None:
    """Serve its USB serial port on TCP.

    Until interrupted; evenpulse connects to socket://HOST:PORT, and with --service so does
    mpremote. With --buttons you are the person at the device.
    """
    from evenpulse.base.errors import BadUsage

    host, number = _address(tcp)
    if bootsel and not drive:
        raise BadUsage(
            "--bootsel needs --drive",
            do_next="name the folder as which the boot loader's drive appears",
        )
    from evenpulse.live.serve import serve as serve_twin

    serve_twin(
        host,
        number,
        state,
        ready=lambda bound_host, bound: note(
            f"the twin listens on socket://{bound_host}:{bound}; Ctrl-C ends it"
        ),
        service=service,
        firmware=firmware,
        buttons=buttons,
        board=board,
        drive=drive,
        bootsel=bootsel,
    )


@app.command()
def live(
    prescription: Annotated[
        Path | None,
        typer.Argument(
            help=(
                "A prescription (TOML): signed with the twin's own key and accepted. Without it: "
                "a new device."
            )
        ),
    ] = None,
    tcp: Annotated[
        str | None,
        typer.Option(
            "--tcp",
            metavar="[HOST:]PORT",
            help="Serve its USB serial port too, and begin with USB plugged in.",
        ),
    ] = None,
    board: Annotated[
        str, typer.Option("--board", autocompletion=complete_board, help="Which board it is.")
    ] = DEFAULT_BOARD,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", metavar="FOLDER", help="A folder that keeps its flash, as twin:FOLDER."
        ),
    ] = None,
) -> None:
    """Use the emulated device by hand, in a terminal.

    Its screen, lights, buttons, electrodes and pulses, by keys that are shown. Nothing of it is
    kept without --state.
    """
    from evenpulse.base import boards
    from evenpulse.base.terminal import Keys
    from evenpulse.prescription.file import read

    keys = Keys()
    facts = boards.load(board)
    rx = read(prescription, board) if prescription else None
    address = _address(tcp) if tcp else None
    from evenpulse.live.run import run as run_at_hand

    note("switching the device on" + (" and accepting the prescription" if rx else "") + " …")
    run_at_hand(facts, rx, address, keys, state)


app.command("new")(twin_scenario.new)
app.command("check")(twin_scenario.check)
app.command("web")(twin_web.web)


def _print_summary(summary: dict) -> None:
    channels = {name: row for name, row in summary.items() if name.isdigit()}
    shown = {
        name: value for name, value in summary.items() if name not in channels and name != "trips"
    }
    print_fields({**shown, "firmware": summary["firmware"]["version"]})
    for heading, rows in (
        ("channel", channels),
        ("trip", {str(number): row for number, row in enumerate(summary["trips"], 1)}),
    ):
        if rows:
            columns = list(next(iter(rows.values())))
            print()
            print_table(
                [heading, *columns],
                [[name, *(row[column] for column in columns)] for name, row in rows.items()],
            )


def _address(tcp: str) -> tuple[str, int]:
    from evenpulse.base.errors import BadUsage

    host, _, port = tcp.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise BadUsage(
            f"--tcp {tcp} is not [HOST:]PORT",
            do_next="write a port up to 65535 (0: any free one), for example --tcp 4000",
        )
    return host.strip("[]") or "127.0.0.1", int(port)
