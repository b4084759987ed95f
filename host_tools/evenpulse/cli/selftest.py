"""`evenpulse selftest`: what the checks at power-on measured."""

from evenpulse.cli.options import AsJson, Port
from evenpulse.cli.output import print_json, print_table

_FIELDS = ("check", "value", "lowest", "highest", "unit", "ok")


def selftest(port: Port = None, as_json: AsJson = False) -> None:
    """Show the device's power-on self-test: each check with its value and window.

    Exit code 6 if a failed check keeps the device in FAULT. Runs nothing: START held in that FAULT tests again.
    """
    from evenpulse.device import connect
    from evenpulse.errors import SafetyFault
    from evenpulse.printable import printable

    with connect(port) as device:
        told = device.call("self_test")
    rows = [dict(zip(_FIELDS, row, strict=True)) for row in told["checks"]]
    if as_json:
        print_json({"failed": told["failed"], "checks": rows})
    else:
        marks = {True: "ok", False: "outside", None: "not fitted"}
        print_table(
            ["check", "value", "window", "unit", ""],
            [[r["check"], r["value"], _window(r), r["unit"], marks[r["ok"]]] for r in rows],
        )
    if told["failed"]:
        raise SafetyFault(
            printable(f"the self-test failed: {', '.join(told['failed'])}"),
            do_next="mend what it names; then hold START, or switch off and on",
        )


def _window(row: dict) -> str:
    return "" if row["ok"] is None else f"{row['lowest']} … {row['highest']}"
