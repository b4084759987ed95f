"""`evenpulse info`: who the device is and how it is."""

from evenpulse.base.printing import print_fields, print_json
from evenpulse.cli.options import AsJson, Port

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
    from evenpulse.base.errors import SafetyFault
    from evenpulse.base.printable import printable
    from evenpulse.connect.ports import connect

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
