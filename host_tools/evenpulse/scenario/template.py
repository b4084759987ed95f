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
from evenpulse.scenario.events import EVENTS, Kind
from evenpulse.scenario.parameters import driven

# The name of the one that is written beside a scenario
PRESCRIPTION = "prescription.toml"

# Times of the events in comments
_FIRST_MS, _APART_MS = 4_000, 100


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
        *_wrapped("# pin: ", driven(pins)),
        "",
    ]
    if {"START", "UP", "STOP"} <= set(buttons):
        head += _session()
    head += ["# Every event there is. Take away the '# ' to have it happen.", ""]
    for index, (name, kind) in enumerate(EVENTS.items()):
        if "button" not in kind.example or kind.example["button"] in buttons:
            head += _commented(name, kind, _FIRST_MS + _APART_MS * index)
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


def _commented(name: str, kind: Kind, at_ms: int) -> list[str]:
    needs = f" (needs {', '.join(kind.must)})" if kind.must else ""
    free = f" (may have {', '.join(kind.may)})" if kind.may else ""
    return [
        f"## {name}: {kind.says}{needs}{free}",
        *(f"# {line}" for line in _event(name, at_ms, kind.example)[:-1]),
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
    beside = path.parent / PRESCRIPTION
    texts = {path: scenario(board, beside.name)}
    if with_prescription:
        texts[beside] = prescription_template.text(board, today, for_a_twin=True)
    for one in texts:
        if one.exists():
            raise BadUsage(
                f"{one} is already there, and is not replaced",
                do_next="choose another name or folder",
            )
    for one, text in texts.items():
        write_whole(one, text)
    return list(texts)
