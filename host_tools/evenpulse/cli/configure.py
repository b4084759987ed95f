"""`evenpulse configure`: offer a signed prescription and the time, wait for the person at the
device, read back what it holds.
"""

from typing import Annotated

import typer

from evenpulse.base.printing import note, print_fields, print_json
from evenpulse.cli.options import AsJson, Port
from evenpulse.cli.prescribe import SignedFile, summary

_HOLD_MS = 1_500


def configure(
    file: SignedFile,
    port: Port = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, send nothing.")
    ] = False,
    clock_is_right: Annotated[
        bool,
        typer.Option("--clock-is-right", help="Go on although this computer's date looks wrong."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give a device a signed prescription.

    Checks it with the device's own code, sends it, waits until somebody holds SELECT at the device,
    sets the device's time, and shows what the device then holds. A twin (--port twin:) has nobody:
    SELECT is held for it.
    """
    import datetime

    from evenpulse.base import boards, host_clock, today
    from evenpulse.base.errors import Problem, Refused
    from evenpulse.connect.ports import connect
    from evenpulse.journal.entries import utc
    from evenpulse.prescription import file as prescription
    from evenpulse.prescription import signed

    envelope, rx = signed.load(file)
    now = today.now()
    with connect(port) as device:
        signed.check(file, rx, boards.load(device.info["board"]))
        dated = utc(device.call("status").get("time_s"))
        its_date = f"the device's date is {host_clock.told(dated)}"
        wrong = host_clock.odd(now, datetime.date.fromisoformat(rx["issued"]), dated)
        try:
            prescription.check_for_device(file, rx, device.info["serial"], now.date())
        except Problem as no:
            no.seen = f"this computer's date is {now.date()}; {its_date}"
            raise
        if wrong and not clock_is_right:
            raise Problem(
                (
                    "this computer's clock looks wrong: the device would take its date, for good "
                    "where it is ahead"
                ),
                seen=f"{wrong}; {its_date}",
                do_next=(
                    "set the clock and the date; if they are right: --clock-is-right. See "
                    "docs/how-to/keys-and-devices.md, Wrong clock"
                ),
            )
        shown: dict[str, object] = {
            "port": device.transport.name,
            "serial": device.info["serial"],
            "device_date": host_clock.told(dated),
            **summary(rx),
            "key": envelope.key,
        }
        if not dry_run:
            try:
                shown |= device.configure(
                    envelope,
                    int(now.timestamp()),
                    lambda: ask_person(device.transport, "prescription"),
                )
            except Refused as no:
                if isinstance(no.data, dict) and no.data.get("field") in ("expires", "now_s"):
                    no.seen = f"{no.seen}; {its_date}, this computer's {now.date()}"
                    no.do_next += (
                        "; a device whose date was set too far ahead: "
                        "docs/how-to/keys-and-devices.md, Wrong clock"
                    )
                raise
    if as_json:
        print_json({"accepted": not dry_run, **shown})
    else:
        print_fields(shown)
    note(
        "Checked; nothing was sent."
        if dry_run
        else "Accepted; the device holds exactly this prescription."
    )


def ask_person(transport: object, what: str) -> None:
    """Tell the person what to do; a twin has nobody, so its button is held here."""
    note(
        f"The device shows the {what}. To accept it, hold SELECT there for a second; DOWN refuses. "
        f"It waits 60 s."
    )
    if hasattr(transport, "press"):
        note("A twin has nobody to do that: SELECT is held now.")
        transport.press("SELECT", _HOLD_MS)
