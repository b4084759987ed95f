"""`evenpulse flash`: firmware onto a board, whatever state it is in; with --dev, changed modules
onto a development build.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evenpulse.base.printing import note, print_fields, print_json, print_table, progress
from evenpulse.cli.options import AsJson, Port

if TYPE_CHECKING:
    from evenpulse.flashing.finding import Connected, Found
    from evenpulse.flashing.image import Image

_HEX = 16


def flash(
    board: Annotated[
        str | None,
        typer.Option(
            "--board",
            "-b",
            help="The board's kind. Default: what the device says; a bare drive cannot say.",
        ),
    ] = None,
    port: Port = None,
    uf2: Annotated[
        Path | None,
        typer.Option(
            "--uf2",
            metavar="FILE",
            help="The firmware. Default: what `make firmware` built for the board.",
        ),
    ] = None,
    drive: Annotated[
        Path | None,
        typer.Option(
            "--drive",
            metavar="FOLDER",
            help="Where the boot loader's drive is, or will be, mounted. Default: found by itself.",
        ),
    ] = None,
    dev: Annotated[
        bool,
        typer.Option(
            "--dev",
            help="Copy changed modules onto a development build in service mode; flashes nothing.",
        ),
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Every board that is connected, one after another.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Write it even if the device runs exactly this firmware."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put firmware onto a board and read it back.

    Our own firmware asks first: SELECT held at the device allows it. A board in service mode, at a
    MicroPython prompt or in its boot loader is taken as it is. Never a board of another kind than
    the firmware's.
    """
    from evenpulse.base.errors import BadUsage

    if every and (port or drive):
        raise BadUsage(
            "--all takes every board: --port (or EVENPULSE_PORT) and --drive choose one",
            do_next="leave out one of the two",
        )
    if dev and (every or uf2 or drive or force):
        raise BadUsage(
            "--dev copies modules: --all, --uf2, --drive and --force mean nothing to it",
            do_next="leave out one of the two",
        )
    if every:
        _flash_all(board, uf2, force, as_json)
    elif dev:
        _sync(board, port, as_json)
    else:
        _flash_one(board, port, uf2, drive, force, as_json)


def _flash_one(
    board: str | None,
    port: str | None,
    uf2: Path | None,
    drive: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    from evenpulse.flashing import finding

    # A bad file or board is told before any device is spoken to
    image = _image(board, uf2) if uf2 or board else None
    there = finding.found(port, drive)
    note(f"Found {there}.")
    image = image or _image(_board_of(there), None)
    result = _put(there, image, board, drive, force)
    if as_json:
        print_json(result)
    else:
        print_fields({name: _told(value) for name, value in result.items() if value is not None})
    _check_self_test(result)


def _put(
    there: "Found", image: "Image", board: str | None, drive: Path | None, force: bool
) -> dict:
    """Write one device, unless it has this firmware already."""
    from evenpulse.flashing import steps as work

    work.check_board(there, image, board)
    if work.holds(there, image) and not force:
        note(
            f"It runs exactly this firmware ({image.version}, {image.sha256[:_HEX]}) already: "
            f"nothing to do. --force writes it all the same."
        )
        return {"written": False, **work.same(there)}
    if there.board is None:
        note(
            f"It cannot say what board it is; you say {image.board}. On another board the "
            f"self-test fails, and nothing can be armed."
        )
    return {"written": True, **work.put(there, image, drive, work.Says(note, _bytes))}


@contextmanager
def _bytes(what: str) -> Iterator[Callable[[int, int], None]]:
    with progress(what) as shown:
        yield lambda done, total: shown(done, total)


def _image(board: str | None, uf2: Path | None) -> "Image":
    from evenpulse.base import boards
    from evenpulse.flashing import image

    if uf2 is None:
        if board not in boards.names():
            # This says which boards there are
            boards.load(str(board))
        uf2 = image.built(str(board))
    return image.load(uf2)


def _board_of(there: "Found") -> str:
    from evenpulse.base.errors import BadUsage

    if there.board is None:
        raise BadUsage(
            "a board without our firmware cannot say what it is",
            seen=str(there),
            do_next="name it with --board, or the file with --uf2",
        )
    return there.board


def _told(value: object) -> object:
    """The self-test in words, the rest as it is."""
    if not isinstance(value, dict):
        return value
    from stimcore.checks import says

    wrong = value["outside"]
    return f"{value['checks'] - len(wrong)} of {value['checks']} checks within their windows" + (
        f"; not: {', '.join(map(says, wrong))}" if wrong else ""
    )


def _check_self_test(result: dict) -> None:
    from stimcore.checks import says

    from evenpulse.base.errors import SafetyFault
    from evenpulse.base.printable import printable

    failed = result.get("self_test", {}).get("failed")
    if failed:
        raise SafetyFault(
            printable(
                f"the firmware is on, and its self-test fails: {', '.join(map(says, failed))}"
            ),
            do_next=(
                "is it the right board? `evenpulse selftest` shows each value; nothing can be "
                "armed until it passes"
            ),
        )


def _flash_all(board: str | None, uf2: Path | None, force: bool, as_json: bool) -> None:
    """Look at every device and load every image first; then write one after another, and go on
    when one fails.
    """
    from evenpulse.base.errors import NoBoard, Problem
    from evenpulse.flashing import finding

    there = finding.everything()
    if not there:
        raise NoBoard(
            "no board is connected",
            tried="every USB serial port and every mounted drive",
            do_next="plug the boards in; `evenpulse ports` lists them",
        )
    jobs: list[tuple[str, Callable[[], dict]]] = []
    for look in there:
        jobs.append((look.name, _prepared(look, board, uf2, force)))
    rows: list[dict[str, Any]] = []
    worst = 0
    for name, job in jobs:
        try:
            result = job()
            _check_self_test(result)
            rows.append(
                {
                    "device": name,
                    "ok": True,
                    "what": "written" if result["written"] else "had it already",
                    **result,
                }
            )
        except Problem as problem:
            note(f"{name}: {problem}")
            worst = max(worst, problem.exit_code)
            rows.append(
                {"device": name, "ok": False, "what": problem.what, "exit_code": problem.exit_code}
            )
    if as_json:
        print_json(rows)
    else:
        columns = ["device", "ok", "board", "version", "what"]
        print_table(
            columns,
            [[("no", "yes")[row[c]] if c == "ok" else row.get(c) for c in columns] for row in rows],
        )
    if worst:
        raise typer.Exit(worst)


def _prepared(
    connected: "Connected", board: str | None, uf2: Path | None, force: bool
) -> Callable[[], dict]:
    """What to do with one device, or its error to raise later."""
    from evenpulse.base.errors import Problem

    try:
        there = connected.look()
        note(f"Found {there}.")
        image = _image(board or (None if uf2 else _board_of(there)), uf2)
    except Problem as problem:
        failure = problem

        def fail() -> dict:
            raise failure

        return fail
    return lambda: _put(there, image, board, None, force)


def _sync(board: str | None, port: str | None, as_json: bool) -> None:
    from evenpulse.flashing import dev_loop
    from evenpulse.flashing.steps import Says

    result = dev_loop.sync(port, board, Says(note, _bytes))
    if as_json:
        print_json(result)
    else:
        print_fields({name: value or "-" for name, value in result.items()})
    note(
        "Switch the device off and on: it then runs these modules. Its version ends in +dev, and "
        "`evenpulse info` names them."
    )
