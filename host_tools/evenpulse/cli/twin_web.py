"""`evenpulse twin web`: the emulated device in a page of this computer's browser."""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base.printing import note
from evenpulse.cli.options import DEFAULT_BOARD, complete_board


def web(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SCENARIO or RX]",
            help="A scenario to play, or a prescription (both TOML). Without it: one to try.",
        ),
    ] = None,
    board: Annotated[
        str,
        typer.Option(
            "--board",
            autocompletion=complete_board,
            help="Which board it is; a scenario says it itself.",
        ),
    ] = DEFAULT_BOARD,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="Where to listen; 0: any free one.")
    ] = 0,
    open_it: Annotated[
        bool, typer.Option("--open", help="Open the page in this computer's browser, too.")
    ] = False,
) -> None:
    """Hold the emulated device in a page of your browser.

    Prints the address that opens the page, good for one browser. Only this computer can reach it.
    Until interrupted.
    """
    from evenpulse.base.errors import Problem

    try:
        from evenpulse.web import begin
        from evenpulse.web.serve import serve
    except ImportError as error:
        if not (error.name or "").startswith(("starlette", "uvicorn", "wsproto")):
            raise
        raise Problem(
            "the page needs packages that are not installed",
            seen=f"no module {error.name}",
            do_next="install the tools with their extra web: pip install 'evenpulse[web]'",
        ) from error

    at = begin.at(file, board)

    def ready(address: str) -> None:
        print(address, flush=True)
        note("open this address, on this computer; Ctrl-C ends it")
        if open_it:
            import webbrowser

            webbrowser.open(address)

    serve(at.board, at.rx, at.scenario, port, ready)
