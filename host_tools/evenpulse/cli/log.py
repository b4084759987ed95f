"""`evenpulse log`: the journal of a device, of an archive, or of a flash image: pulled, listed,
checked, exported.
"""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evenpulse.base.printable import counted
from evenpulse.base.printing import note, print_fields, print_json, print_table, progress
from evenpulse.cli import log_export
from evenpulse.cli.options import (
    DEFAULT_BOARD,
    Archive,
    AsJson,
    Force,
    Image,
    ImageBoard,
    Port,
    Since,
    TimeZone,
    Until,
)
from evenpulse.cli.reading import read_journal

if TYPE_CHECKING:
    from evenpulse.base.days import Zone
    from evenpulse.journal.entries import Entry

app = typer.Typer(rich_markup_mode=None)
_OUTPUT_HELP = "Write JSON Lines to this file instead."


@app.callback(invoke_without_command=True)
def log(
    context: typer.Context,
    port: Port = None,
    archive: Archive = None,
    image: Image = None,
    board: ImageBoard = DEFAULT_BOARD,
    output: Annotated[Path | None, typer.Option("--output", "-o", help=_OUTPUT_HELP)] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Read and check the journal of a device, an archive or a flash image.

    Without a command: list. Checks every CRC and the hash chain; exit code 1 if the journal is not
    whole.
    """
    if context.invoked_subcommand:
        # Options may stand before the command as well.
        given = {name: value for name, value in context.params.items() if value}
        context.default_map = {context.invoked_subcommand: given}
        return
    list_records(port, archive, image, board, output, force, as_json=as_json)


@app.command("list")
def list_records(
    port: Port = None,
    archive: Archive = None,
    image: Image = None,
    board: ImageBoard = DEFAULT_BOARD,
    output: Annotated[Path | None, typer.Option("--output", "-o", help=_OUTPUT_HELP)] = None,
    force: Force = False,
    event: Annotated[
        list[str] | None, typer.Option("--event", "-e", help="Only this event; may be repeated.")
    ] = None,
    since: Since = None,
    until: Until = None,
    tz: TimeZone = None,
    as_json: AsJson = False,
) -> None:
    """List records, by event and day where that is asked for. Exit code 1 if the journal is not
    whole.
    """
    import json

    from evenpulse.base.days import period
    from evenpulse.base.files import refuse_existing, write_whole
    from evenpulse.journal import fetch as journal
    from evenpulse.journal.entries import TABLE

    days = period(tz, since, until)
    if output:
        refuse_existing(output, force)
    source = read_journal(port, archive, image, board)
    shown = [
        (record, entry)
        for record, entry in zip(source.records, source.entries, strict=True)
        if (not event or entry.event in event) and days.has(entry.at)
    ]
    if output:
        write_whole(
            output, "".join(json.dumps(journal.as_dict(record)) + "\n" for record, _ in shown)
        )
    elif as_json:
        print_json([journal.as_dict(record) for record, _ in shown])
    else:
        newest = next((entry.at for _, entry in reversed(shown) if entry.at), None)
        head = ["seq", f"time, {days.zone.says(newest)}", "uptime_ms", "event", "details"]
        print_table(head, [_row(entry, days.zone) for _, entry in shown])
    source.require_whole()
    note(
        f"{counted(len(source.records), 'record')}, every CRC and every link of the hash chain "
        "holds"
        + (f"; {len(shown)} of them shown" if len(shown) < len(source.records) else "")
        + (f"; in {output}" if output else "")
    )
    for name in sorted(set(event or ()) - set(TABLE)):
        note(f"this version's firmware writes no event {name}; it writes {', '.join(TABLE)}")


@app.command()
def pull(
    archive: Annotated[
        Path,
        typer.Option(
            "--archive",
            "-a",
            metavar="FOLDER",
            envvar="EVENPULSE_ARCHIVE",
            help="Where the journals of devices are kept.",
        ),
    ],
    port: Port = None,
    as_json: AsJson = False,
) -> None:
    """Append a device's new records to an archive.

    Raw records in one file for each device, never rewritten; an interrupted pull is gone on with.
    """
    from evenpulse.connect.ports import connect
    from evenpulse.journal import archive as archives

    with connect(port) as device, progress("pulling the journal") as count:
        told = archives.pull(device, archive, datetime.datetime.now(datetime.UTC), count)
    if as_json:
        print_json({**told._asdict(), "file": str(told.file)})
    else:
        print_fields(
            {"file": told.file, "new": told.new, "last": "-" if told.last is None else told.last}
        )
    if told.lost:
        note(
            f"records {told.lost[0]} to {told.lost[1]} were overwritten on the device before this "
            f"pull: pull more often"
        )
    note(f"new records: {told.new}" if told.new else "nothing new")


@app.command()
def show(
    sequence: Annotated[
        int, typer.Argument(metavar="SEQ", help="The number of a record, as list shows it.")
    ],
    port: Port = None,
    archive: Archive = None,
    image: Image = None,
    board: ImageBoard = DEFAULT_BOARD,
    tz: TimeZone = None,
    as_json: AsJson = False,
) -> None:
    """Show everything about one record."""
    from stimcore.journal import link_of

    from evenpulse.base.days import zone
    from evenpulse.base.errors import Problem
    from evenpulse.journal import fetch as journal
    from evenpulse.journal.entries import entry as read

    where = zone(tz)

    source = read_journal(port, archive, image, board)
    record = next((one for one in source.records if one.sequence == sequence), None)
    if record is None:
        held = (
            f"records {source.records[0].sequence} to {source.records[-1].sequence}"
            if source.records
            else "no record"
        )
        raise Problem(
            f"there is no record {sequence}", seen=held, do_next="evenpulse log list shows them"
        )
    entry = journal.as_dict(record)
    shown = {
        **entry,
        "bytes": len(record.frame),
        "names": record.frame[8:16].hex(),
        "hash": link_of(record.frame).hex(),
        "raw": record.frame.hex(),
    }
    if as_json:
        print_json(shown)
    else:
        when = read(record).at
        print_fields({"time": f"{_time(when, where)}, {where.says(when)}", **shown})


@app.command()
def verify(
    port: Port = None,
    archive: Archive = None,
    image: Image = None,
    board: ImageBoard = DEFAULT_BOARD,
    as_json: AsJson = False,
) -> None:
    """Check a journal with a second, independent reader.

    Length, checksum, hash chain, numbers and times of every record; names each damage. Exit code 1
    if there is any. The end of a journal that was cut off between two records cannot be seen.
    """
    from evenpulse.base.errors import Problem

    source = read_journal(port, archive, image, board)
    audit = source.audit
    findings = [
        {
            "record": one.record,
            "kind": one.kind,
            "what": one.what,
            "means": one.means,
            "grave": one.grave,
        }
        for one in audit.findings
    ]
    numbers = [frame.sequence for frame in audit.frames]
    if as_json:
        first, last = (numbers[0], numbers[-1]) if numbers else (None, None)
        print_json(
            {
                "source": source.name,
                "serial": source.serial,
                "records": len(numbers),
                "first": first,
                "last": last,
                "whole": audit.whole,
                "findings": findings,
            }
        )
    elif findings:
        print_table(
            ["record", "is", "seen", "means"],
            [[one["record"], one["kind"], one["what"], one["means"]] for one in findings],
        )
    if not audit.whole:
        raise Problem(
            f"the journal in {source.name} is not whole",
            tried="length, checksum, hash chain, numbers and times of every record",
            seen=(
                f"{counted(len(numbers), 'sound record')}, "
                f"{counted(sum(bool(one['grave']) for one in findings), 'finding')}"
            ),
            do_next="keep the device and this journal; do not rely on what the named records said",
        )
    note(
        f"{counted(len(numbers), 'record')}"
        + (f", {numbers[0]} to {numbers[-1]}" if numbers else "")
        + ": whole"
    )


app.command()(log_export.export)


def _row(entry: "Entry", zone: "Zone") -> list[object]:
    from evenpulse.base.printable import plain
    from evenpulse.journal.entries import words

    told = {
        name: words(entry.event, name, value) for name, value in entry.fields.items()
    } | entry.odd
    details = "  ".join(f"{name}={plain(value)}" for name, value in told.items())
    return [
        entry.sequence,
        _time(entry.at, zone),
        entry.ms,
        entry.event or "?",
        details if entry.linked else f"{details}  BROKEN LINK",
    ]


def _time(when: datetime.datetime | None, zone: "Zone") -> str:
    return zone.text(when) if when else "not set"
