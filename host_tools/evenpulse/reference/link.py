"""docs/reference/link.md: the methods, who may use them when, and what they answer. A test asks
a device for the fields.
"""

from stimcore import bounds, link, roles

from evenpulse.reference import tables

# Method: (what it takes, what it does)
METHODS = {
    "info": ("", "what this device is"),
    "status": ("", "how it stands"),
    "log": (
        "`from`: a sequence number from 1",
        "records from there on, as many as fit, and the number to go on with",
    ),
    "self_test": ("", "what the checks at power-on found; runs nothing"),
    "configure": (
        "`rx`, `key`, `signature`, `now_s`",
        "offers a signed prescription to the person at the device",
    ),
    "calibrate": ("`channel`, `gain_permyriad`, `offset_ua`", "offers a calibration"),
    "update": ("`board`, `version`, `sha256`", "offers other firmware"),
    "run": ("`rx`, `program`, `ua`", "runs a program; only on a board without an output stage"),
    "keep_alive": ("", "says that the host is still there, which it must every 100 ms of a run"),
    "stop": ("", "ends a run at once"),
}
INFO = {
    "product": "`evenpulse`",
    "protocol": f"{link.PROTOCOL}",
    "board": "name of the board",
    "serial": "of the flash chip: the device",
    "version": "of the firmware",
    "firmware": "SHA-256 of the program",
    "micropython": "its version",
    "dev": "true for a development build",
    "modules": "what such a build takes from its filesystem",
    "state": "of the session",
    "prescription": "id of what is in force",
    "calibration": "gain and offset of each channel",
    "keys": "id and name of each installed key",
}
STATUS = {
    "state": "of the session",
    "program": "the one that is chosen",
    "programs": "all of the prescription",
    "prescription": "its id",
    "prescription_sha256": "of its text",
    "acceptance": "how an offered prescription stands: `sha256`, `state`, `why`, `left_s`",
    "update": "the same of other firmware",
    "calibration": "the same of a calibration",
    "ua": "currents asked for",
    "measured_ua": "of each channel's newest pulse; null without pulses",
    "contact": "electrodes: good, bad, or null without pulses",
    "left_s": "of the session",
    "fault": "its reason, or null",
    "advice": "what to do about it",
    "usb_power": "true with USB plugged in",
    "uptime_ms": "since power-on",
    "time_s": "the device's time, Unix",
    "supply_mv": "of the board",
    "temperature_c": "of the chip",
    "bad_lines": "that the link has dropped",
    "journal": "number of its last record",
    "journal_lost": "records that flash did not take",
    "free_bytes": "of memory",
    "round_us_max": "longest round since power-on",
}
# Of JSON-RPC: its codes, and two of this product.
_CODES = (
    (link.PARSE_ERROR, "torn, corrupt, out of bounds, or no JSON: counted and dropped, `id` null"),
    (link.INVALID_REQUEST, "no request of JSON-RPC 2.0"),
    (link.METHOD_NOT_FOUND, "`data.methods` names those that there are"),
    (link.INVALID_PARAMS, "what the method takes is said"),
    (
        link.REFUSED,
        "a value outside a limit: `data` has `field`, `value`, `limit`, `source`, `advice`",
    ),
    (link.BUSY, "not in this state"),
)
_ABOUT = f"""\
One JSON-RPC 2.0 message a line, a blank, and the CRC-32 (zlib) of its bytes as 8 hex digits. The
same line sent again gets the same answer and acts once. Nothing that a host sends can arm an
output stage or answer for a person. Why it is so is in
[firmware/README.md](../../firmware/README.md#link).

```console
$ evenpulse -v info --port twin:
link…"method":"info"…
```

A line has at most {link.LINE_BYTES_MAX} bytes; a request at most {link.REQUEST_TEXTS_MAX} keys
and texts, {bounds.DEPTH_MAX} levels, {bounds.DIGITS_MAX} digits a number and
{bounds.BETWEEN_CHARS_MAX} characters between two texts. What goes beyond is refused before it is
parsed.\
"""
_PEOPLE = """\
What a person may do at the device is in the same table of the firmware: `accept` an offer (the
patient), and `keys` (service mode: SELECT held at power-on).\
"""


def text() -> str:
    """The page."""
    rows = [
        (f"`{method}`", takes, does, *_may(method)) for method, (takes, does) in METHODS.items()
    ]
    return "\n".join(
        [
            tables.head(
                "The link", "`firmware/stimcore/link.py`, `bounds.py` and `roles.py`", _ABOUT
            ),
            "## Methods\n",
            tables.table(("method", "takes", "does", "who", "in state"), rows),
            _PEOPLE + "\n",
            "## What info answers\n",
            tables.table(("field", "is"), ((f"`{name}`", says) for name, says in INFO.items())),
            "## What status answers\n",
            tables.table(("field", "is"), ((f"`{name}`", says) for name, says in STATUS.items())),
            "## Errors\n",
            tables.table(("code", "means"), _CODES),
        ]
    )


def _may(method: str) -> tuple[str, str]:
    may: dict[str, tuple[str, ...]] = roles.MAY[method]  # type: ignore[assignment]
    ((role, states),) = may.items()
    return role, "any" if states == roles._ALWAYS else ", ".join(states)
