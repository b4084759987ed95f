"""`evenpulse selftest`: what the checks at power-on measured."""

from typing import TYPE_CHECKING

from evenpulse.base.printing import print_json, print_table
from evenpulse.cli.options import AsJson, Port

if TYPE_CHECKING:
    from stimcore.checks import Check


def selftest(port: Port = None, as_json: AsJson = False) -> None:
    """Show the device's power-on self-test: each check with its value and window.

    Exit code 6 if a failed check keeps the device in FAULT. Runs nothing: START held in that FAULT
    tests again.
    """
    from stimcore.checks import advice, says

    from evenpulse.base.errors import SafetyFault
    from evenpulse.base.printable import printable
    from evenpulse.connect.ports import connect

    with connect(port) as device:
        failed, rows = device.self_test()
    if as_json:
        print_json(
            {
                "failed": failed,
                "checks": [
                    {"check": row.id, "says": says(row.id), **row._asdict()} for row in rows
                ],
            }
        )
    else:
        marks = {True: "ok", False: "outside", None: "not fitted"}
        print_table(
            ["check", "value", "window", "unit", ""],
            [[says(r.id), r.value, _window(r), r.unit, marks.get(r.ok, "?")] for r in rows],
        )
    if failed:
        raise SafetyFault(
            printable(f"the self-test failed: {', '.join(map(says, failed))}"),
            do_next=printable("; ".join(f"{says(one)}: {advice(one)}" for one in failed))
            + "; then hold START, or switch off and on",
        )


def _window(row: "Check") -> str:
    return "" if row.ok is None else f"{row.lowest} … {row.highest}"
