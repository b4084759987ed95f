"""`evenpulse log`: read the journal, verify it, and print it or keep it in a file."""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse.cli.options import AsJson, Port
from evenpulse.cli.output import note, print_json, print_table, progress

_SET_S = 1_600_000_000  # earlier than this (2020) was never a time that a host gave
_END_S = 4_102_444_800  # 2100


def log(
    port: Port = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write JSON Lines to this file instead.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read and verify a device's journal.

    Checks the CRC of every record and the hash chain; exit code 1 if the journal is not whole.
    """
    import json

    from evenpulse import journal
    from evenpulse.device import connect
    from evenpulse.files import refuse_existing, write_whole

    if output:
        refuse_existing(output, force)
    with connect(port) as device, progress("reading the journal") as seen:
        records = list(journal.linked(journal.fetch(device, seen)))
    entries = [journal.as_dict(record) for record in records]
    if output:
        write_whole(output, "".join(json.dumps(entry) + "\n" for entry in entries))
    elif as_json:
        print_json(entries)
    else:
        print_table(
            ["seq", "time (UTC)", "uptime_ms", "event", "details"], [_row(record) for record in records]
        )
    journal.require_whole(records)
    note(
        f"{len(records)} records, every CRC and every link of the hash chain holds"
        + (f"; in {output}" if output else "")
    )


def _row(record) -> list[object]:
    payload = dict(record.payload)
    when, uptime_ms, event = (payload.pop(name, None) for name in ("t", "ms", "e"))
    details = "  ".join(f"{name}={value}" for name, value in payload.items())
    return [
        record.sequence,
        _time(when),
        uptime_ms,
        event,
        details if record.linked else f"{details}  BROKEN LINK",
    ]


def _time(unix_s: object) -> str:
    """The device's time; a device that no host has ever told the time starts near 0."""
    import datetime

    if not isinstance(unix_s, int) or not _SET_S <= unix_s < _END_S:
        return "not set"
    return datetime.datetime.fromtimestamp(unix_s, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")
