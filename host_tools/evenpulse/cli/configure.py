"""`evenpulse configure`: offer a signed prescription and the time, wait for the person at the device, read back what it holds."""

from typing import Annotated

import typer

from evenpulse.cli.options import AsJson, Port
from evenpulse.cli.output import note, print_fields, print_json
from evenpulse.cli.prescribe import SignedFile, summary

_HOLD_MS = 1_500


def configure(
    file: SignedFile,
    port: Port = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, send nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a device a signed prescription.

    Checks it with the device's own code, sends it, waits until somebody holds SELECT at the device, sets the
    device's time, and shows what the device then holds. A twin (--port twin:) has nobody: SELECT is held for it.
    """
    from evenpulse import boards, prescription, signed, today
    from evenpulse.device import connect

    envelope, rx = signed.load(file)
    with connect(port) as device:
        signed.check(file, rx, boards.load(device.info["board"]))
        prescription.check_for_device(file, rx, device.info["serial"], today.day())
        shown: dict[str, object] = {
            "port": device.transport.name,
            "serial": device.info["serial"],
            **summary(rx),
            "key": envelope.key,
        }
        if not dry_run:
            shown |= device.configure(envelope, int(today.now().timestamp()), lambda: ask_person(device.transport, "prescription"))
    if as_json:
        print_json({"accepted": not dry_run, **shown})
    else:
        print_fields(shown)
    note("Checked; nothing was sent." if dry_run else "Accepted; the device holds exactly this prescription.")


def ask_person(transport: object, what: str) -> None:
    """Tell the person what to do; a twin has nobody, so its button is held here."""
    note(f"The device shows the {what}. To accept it, hold SELECT there for a second; DOWN refuses. It waits 60 s.")
    if hasattr(transport, "press"):
        note("A twin has nobody to do that: SELECT is held now.")
        transport.press("SELECT", _HOLD_MS)
