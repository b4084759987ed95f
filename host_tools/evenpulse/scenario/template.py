"""A scenario and a prescription to begin with: valid as they stand, with every key and every event
explained in comments.

What may be written is read from the board, the limits and the scenario's own tables, so that
comments and checks agree.
"""

import datetime
from pathlib import Path

from evenpulse.base.errors import BadUsage
from evenpulse.base.files import write_whole
from evenpulse.prescription import template as prescription_template
from evenpulse.scenario.file import CRASHES, EVENTS

PRESCRIPTION = "prescription.toml"  # the name of the one that is written beside a scenario

# event: (what happens, its parameters in an example)
EXPLAINED: dict[str, tuple[str, dict[str, object]]] = {
    "press": (
        "a button is pressed; for_ms: for how long, 100 if left out",
        {"button": "UP", "for_ms": 80},
    ),
    "hold": (
        "the same, for_ms must be given; what is held acts after 1000 ms",
        {"button": "SELECT", "for_ms": 1200},
    ),
    "lead_off": ("the lead comes off; without a channel: of both", {"channel": 1}),
    "lead_on": ("it is put on again, with the load of [load]", {"channel": 1}),
    "short": (
        "the electrodes touch; ohm: what is left between them, 0 if left out",
        {"channel": 1, "ohm": 0},
    ),
    "stop_open": ("the STOP loop opens (a cut cable), without the button", {}),
    "stop_close": ("it is closed again", {}),
    "overcurrent": ("the over-current comparator pulls INTERLOCK_N for 10 us", {}),
    "usb_plug": ("USB is plugged in: power and data", {}),
    "usb_unplug": ("it is unplugged again", {}),
    "supply_mv": ("the supply changes to so many mV", {"mv": 4000}),
    "freeze_cpu": (
        "the CPU stands still; for_ms: for how long, until a reset if left out",
        {"for_ms": 20},
    ),
    "crash": (
        f"the program fails; kind: {' or '.join(CRASHES)} (left out: {CRASHES[0]})",
        {"kind": CRASHES[0]},
    ),
    "soft_reset": ("the program ends with a soft reset", {}),
    "stuck_high": (
        "a driver stays high; for_ms: for how long, for good if left out",
        {"pin": "CH1_A", "for_ms": 5},
    ),
    "advance": (
        "the device has been switched on and left alone for so many minutes more, in no time",
        {"minutes": 90},
    ),
    "poke": ("a word is written over the chip's bus", {"address": 0x2003FFFC, "value": 0}),
}
_FIRST_MS, _APART_MS = 4_000, 100  # of the events in comments


def scenario(board: dict, prescription: str) -> str:
    """A scenario for a board: a session begins, the current goes to 3 mA, STOP is pressed. Every
    other event is in comments.
    """
    pins = board["PINS"]
    buttons = [role.removeprefix("BTN_") for role in pins if role.startswith("BTN_")]
    head = [
        (
            "# A timeline for the twin: `evenpulse twin check THIS` reads it, `evenpulse twin run "
            "THIS --out FOLDER` plays it."
        ),
        (
            "# Time 0 is READY after power-on, with the prescription accepted, its first program "
            "selected and USB unplugged."
        ),
        "",
        f'board = "{board["NAME"]}"',
        (
            f'prescription = "{prescription}"  # a TOML file, relative to this one; signed with '
            f"the "
            f"twin's own key when it is played"
        ),
        "until_ms = 8000                       # where the run ends; above 0",
        "",
        (
            "[load]                                # what each channel drives: ohm in series with "
            "skin_ohm beside skin_nf"
        ),
    ]
    for number in range(1, board["CHANNELS"] + 1):
        head += [
            f"ch{number}_ohm = 500",
            f"# ch{number}_skin_ohm = 1000",
            f"# ch{number}_skin_nf = 100",
        ]
    head += [
        "",
        (
            "# Events, in any order. at_ms: a fraction counts, to the clock of 0.000008 ms; 0 or "
            "more, and before until_ms."
        ),
        (
            f"# button: {', '.join(buttons) or 'none on this board'}.  channel: "
            f"{', '.join(str(n + 1) for n in range(board['CHANNELS']))}."
        ),
        *_wrapped("# pin: ", [role for role, pin in pins.items() if pin[1] != "adc"]),
        "",
    ]
    if {"START", "UP", "STOP"} <= set(buttons):
        head += _session()
    head += ["# Every event there is. Take away the '# ' to have it happen.", ""]
    for index, (name, (what, parameters)) in enumerate(EXPLAINED.items()):
        if parameters.get("button", "UP") in buttons or "button" not in parameters:
            head += _commented(name, what, _FIRST_MS + _APART_MS * index, parameters)
    return "\n".join(head)


def _session() -> list[str]:
    rows = _event("hold", 100, {"button": "START", "for_ms": 1200}, "  # arms, and starts at 0 mA")
    for number in range(3):
        rows += _event(
            "press", 1_800 + 300 * number, {"button": "UP", "for_ms": 80}, "  # 1 mA more"
        )
    return rows + _event("press", 7_000, {"button": "STOP"}, "  # hardware: off at once")


def _event(name: str, at_ms: int, parameters: dict[str, object], remark: str = "") -> list[str]:
    values = [
        f'{key} = "{value}"'
        if isinstance(value, str)
        else f"{key} = {value:#x}"
        if key == "address"
        else f"{key} = {value}"
        for key, value in parameters.items()
    ]
    return ["[[event]]", f"at_ms = {at_ms}", f'do = "{name}"{remark}', *values, ""]


def _commented(name: str, what: str, at_ms: int, parameters: dict[str, object]) -> list[str]:
    must, may = EVENTS[name]
    needs = f" (needs {', '.join(sorted(must))})" if must else ""
    free = f" (may have {', '.join(sorted(may))})" if may else ""
    return [
        f"## {name}: {what}{needs}{free}",
        *(f"# {line}" for line in _event(name, at_ms, parameters)[:-1]),
        "",
    ]


def _wrapped(begin: str, words: list[str]) -> list[str]:
    rows = [begin]
    for word in words:
        if len(rows[-1]) + len(word) > 110:
            rows.append("#      ")
        rows[-1] += word + " "
    return [row.rstrip() for row in rows]


def write(path: Path, board: dict, with_prescription: bool, today: datetime.date) -> list[Path]:
    """Write a scenario, and beside it its prescription if wanted; refuses to replace a file. The
    files written.
    """
    beside = path.with_name(PRESCRIPTION)
    texts = {path: scenario(board, beside.name)}
    if with_prescription:
        texts[beside] = prescription_template.text(board, today)
    for one in texts:
        if one.exists():
            raise BadUsage(
                f"{one} is already there, and is not replaced",
                do_next="choose another name or folder",
            )
    for one, text in texts.items():
        write_whole(one, text)
    return list(texts)
