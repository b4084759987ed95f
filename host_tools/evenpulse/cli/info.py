"""`evenpulse info`: who the device is and how it is."""

from evenpulse.cli.options import AsJson, Port
from evenpulse.cli.output import print_fields, print_json

# A device's answer has no order of its own: identity first, then state, the rest by name.
_FIRST = (
    "port",
    "product",
    "version",
    "board",
    "serial",
    "micropython",
    "protocol",
    "state",
    "fault",
    "advice",
    "prescription",
    "programs",
    "program",
    "ua",
)


def info(port: Port = None, as_json: AsJson = False) -> None:
    """Show a device's identity and state.

    Exit code 6 if it has latched a safety fault.
    """
    from evenpulse.device import connect
    from evenpulse.errors import SafetyFault
    from evenpulse.printable import printable

    with connect(port) as device:
        told = {"port": device.transport.name, **device.info, **device.call("status")}
    known = {
        name: told[name] for name in [*_FIRST, *sorted(told.keys() - set(_FIRST))] if name in told
    }
    if as_json:
        print_json(known)
    else:
        print_fields(known)
    if known.get("state") == "FAULT":
        raise SafetyFault(
            printable(f"the device has latched a safety fault: {known.get('fault')}"),
            do_next=printable(known.get("advice") or "see the device's screen"),
        )
