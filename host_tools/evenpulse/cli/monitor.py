"""`evenpulse monitor`: a device's status, live: on the terminal, as lines, and into a file."""

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base.printable import counted
from evenpulse.base.printing import note
from evenpulse.cli.options import Force, Port


_WEEK_S = 604_800


def monitor(
    port: Port = None,
    interval_ms: Annotated[
        int,
        typer.Option("--interval-ms", min=50, max=3_600_000, help="How often the device is asked."),
    ] = 500,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write each row to FILE.jsonl or FILE.csv too."
        ),
    ] = None,
    for_s: Annotated[
        float | None,
        # Without an upper bound `inf` is a number of seconds too
        typer.Option("--for-s", min=0.1, max=_WEEK_S, help="End after so many seconds."),
    ] = None,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print rows as JSON Lines.")] = False,
) -> None:
    """Watch a device: state, currents, electrodes, supply, faults.

    Only asks, never changes or resets anything. Waits for a device that is unplugged or armed, and
    goes on. Until Ctrl-C (exit code 130), or for so many seconds (0). The port is its own
    meanwhile.
    """
    import json

    from evenpulse.base.files import refuse_existing
    from evenpulse.monitor.rows import RowFile, Tally, row
    from evenpulse.monitor.view import View, line
    from evenpulse.monitor.watching import Monitor

    if output:
        RowFile.check(output)
        refuse_existing(output, force)
    watcher = Monitor(port, interval_ms / 1000)
    file = RowFile(output) if output else None
    tally, began_s = Tally(), time.monotonic()
    view = View(watcher.info, watcher.name) if sys.stdout.isatty() and not as_json else None
    try:
        with view or nullcontext():
            for sample in watcher.samples():
                if sample:
                    one = row(sample)
                    tally.add(sample, one)
                    if file:
                        file.write(one)
                    if view:
                        view.take(sample, one)
                    else:
                        print(json.dumps(one) if as_json else line(sample, one), flush=True)
                if for_s is not None and time.monotonic() - began_s >= for_s:
                    break
    finally:
        watcher.close()
        if file:
            file.close()
        note(
            tally.text(time.monotonic() - began_s)
            + (f"\n  {counted(file.rows, 'row')} in {output}" if file else "")
        )
