"""`evenpulse patients`: everybody in an archive on one page: who has not trained, whose skin,
whose faults.
"""

from pathlib import Path
from typing import Annotated

import typer

from evenpulse.base.printable import counted
from evenpulse.base.printing import note, print_json, print_table
from evenpulse.cli.options import DEFAULT_BOARD, AsJson, ImageBoard, Since, TimeZone, Until


def patients(
    archive: Annotated[
        Path,
        typer.Option(
            "--archive",
            "-a",
            metavar="PATH",
            envvar="EVENPULSE_ARCHIVE",
            help="The folder of pulled journals, or one of them.",
        ),
    ],
    prescription: Annotated[
        list[Path] | None,
        typer.Option(
            "--prescription",
            metavar="RX.toml",
            help="Names a patient whom older journals do not name; may be repeated.",
        ),
    ] = None,
    board: ImageBoard = DEFAULT_BOARD,
    since: Since = None,
    until: Until = None,
    tz: TimeZone = None,
    as_json: AsJson = False,
) -> None:
    """List the patients of an archive, those who need somebody first.

    Who has not trained, whose skin is not fine, whose device stopped; over all their devices and
    prescriptions. Exit code 1 if a journal is not whole.
    """
    from evenpulse.base.days import period
    from evenpulse.journal.source import load_all
    from evenpulse.prescription import file as prescriptions
    from evenpulse.report.patients import as_dict, rows

    days = period(tz, since, until)
    rxs = [prescriptions.read(one, board) for one in prescription or ()]
    sources = load_all(archive)
    listed = rows(sources, rxs, days)
    if as_json:
        print_json([as_dict(one) for one in listed])
    else:
        head = [
            "patient",
            "attention",
            "last session",
            "days since",
            "complete",
            "goal",
            "last 7 days",
            "skin not fine",
            "stops and faults",
            "prescriptions",
            "devices",
            "read",
        ]
        print_table(head, [_cells(one) for one in listed])
    note(
        f"{counted(len(listed), 'patient')} in {counted(len(sources), 'journal')}; days are those "
        f"of {days.zone.says(max((one.read_on for one in sources if one.read_on), default=None))}"
    )
    for source in sources:
        source.require_whole()


def _cells(one: "object") -> list[object]:
    from evenpulse.report.patients import Row

    assert isinstance(one, Row)
    goal = "-" if one.goal is None else f"{one.goal:.0f}"
    skin = f"{one.skin_not_fine}, last {one.skin_last}" if one.skin_not_fine else "-"
    faults = f"{one.faults}, last {one.fault_last}" if one.faults else "-"
    since = "-" if one.days_since is None else one.days_since
    attention = ", ".join(one.attention) or "-"
    return [
        one.patient,
        attention,
        one.last_session or "never",
        since,
        one.complete,
        goal,
        one.last_7_days,
        skin,
        faults,
        ", ".join(one.prescriptions),
        ", ".join(one.devices),
        one.read_on or "-",
    ]
