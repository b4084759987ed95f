"""`evenpulse configure`: give a device a prescription and its time, and read back what it holds."""

import time
from typing import Annotated

import typer

from evenpulse.cli.options import AsJson, Port
from evenpulse.cli.output import note, print_fields, print_json
from evenpulse.cli.prescribe import PrescriptionFile, summary


def configure(
    file: PrescriptionFile,
    port: Port = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, send nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a device a prescription.

    Checks the file with the device's own code, sends it, sets the device's time, and shows what the
    device then holds.
    """
    import datetime

    from evenpulse import prescription
    from evenpulse.device import connect

    rx = prescription.load(file)
    with connect(port) as device:
        prescription.check(file, rx, device.info["board"])
        prescription.check_for_device(
            file, rx, device.info["serial"], datetime.datetime.now(datetime.UTC).date()
        )
        shown: dict[str, object] = {
            "port": device.transport.name,
            "serial": device.info["serial"],
            **summary(rx),
        }
        if not dry_run:
            shown |= device.configure(prescription.canonical(rx), int(time.time()))
    if as_json:
        print_json({"accepted": not dry_run, **shown})
    else:
        print_fields(shown)
    note("Checked; nothing was sent." if dry_run else "Accepted; the device holds exactly this prescription.")
