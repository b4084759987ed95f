"""The commands together. Each command's file imports what it needs when it runs, so that --help
stays quick.
"""

import functools
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from evenpulse import __version__
from evenpulse.cli import (
    bench,
    calibrate,
    configure,
    examples,
    flash,
    info,
    keys,
    log,
    monitor,
    outputs,
    patients,
    ports,
    prescribe,
    report,
    selftest,
    twin,
    verify,
)

# Plain help: rich help costs 80 ms at every start, tables use rich only when they are printed.
app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        print(f"evenpulse {__version__}")
        raise typer.Exit


def _show_link(asked: bool) -> None:
    """Every line of the link on stderr, bytes as Python writes them: whatever came, a terminal
    can show it.
    """
    if asked or "logging" in sys.modules:
        import logging

        lines, shown = logging.getLogger("evenpulse.link"), logging.StreamHandler(sys.stderr)
        shown.setFormatter(logging.Formatter("link %(message)s"))
        lines.handlers = [shown] if asked else []
        lines.setLevel(logging.DEBUG if asked else logging.NOTSET)


@app.callback()
def evenpulse(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            callback=_show_link,
            help="Also show each line of the link, on stderr.",
        ),
    ] = False,
) -> None:
    """Prescribe to, read and emulate Evenpulse, a two-channel neuromuscular stimulator on an
    RP2040.

    Exit codes: 0 ok, 1 failed, 2 usage, 3 no board, 4 several boards, 5 busy or no permission,
    6 safety fault, 130 interrupted.
    """


app.command("ports")(ports.ports)
app.command("info")(info.info)
app.command("monitor")(monitor.monitor)
app.command("selftest")(selftest.selftest)
app.command("flash")(flash.flash)
app.command("configure")(configure.configure)
app.command("calibrate")(calibrate.calibrate)
app.add_typer(log.app, name="log")
app.command("report")(report.report)
app.command("patients")(patients.patients)
app.add_typer(keys.app, name="keys")
app.add_typer(prescribe.app, name="prescribe")
app.command("outputs")(outputs.outputs)
app.command("verify")(verify.verify)
app.add_typer(twin.app, name="twin")
app.add_typer(bench.app, name="bench")
examples.add(app)


@functools.cache
def command() -> Callable[..., object]:
    """All of them as one that takes the words of a command line: made once, it takes 0.1 s."""
    return typer.main.get_command(app)
