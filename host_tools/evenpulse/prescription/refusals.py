"""Every mistake of a prescription at once: what is refused is put right in a copy, until nothing is
refused any more.

The device's own code finds each; nothing is judged here. What stands in for a refused value never
gives rise to another refusal.
"""

import copy
import datetime
import re
from collections.abc import Callable
from decimal import Decimal

from stimcore import limits
from stimcore.errors import Refused

_MOST = 40
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

# Field (without its program's number): a value that no other field makes wrong. A field that is not
# here is left out.
_SAFE: dict[str, object] = {
    "id": "x",
    "counter": 1,
    "patient": "x",
    "issued": datetime.date(1970, 1, 2),
    "expires": datetime.date(2099, 12, 31),
    "device": "*",
    "electrode_cm2": Decimal(limits.RANGES["electrode_mm2"][1]) / 100,
    "checks": {"contraindications_excluded": True, "sensation_tested": True},
    "checks.contraindications_excluded": True,
    "checks.sensation_tested": True,
    "caps": {
        "ch1_ma": Decimal("0.1"),
        "ch2_ma": Decimal("0.1"),
        "session_min": 60,
        "sessions_per_day": 24,
        "rest_min": 30,
    },
    "caps.ch1_ma": Decimal("0.1"),
    "caps.ch2_ma": Decimal("0.1"),
    "caps.session_min": 60,
    "caps.sessions_per_day": 24,
    "caps.rest_min": limits.RANGES["rest_s"][0] // 60,
    "program": [],
    "program.name": "x",
    "program.channels": [1],
    "program.phase_us": limits.RANGES["phase_us"][0],
    "program.gap_us": 100,
    "program.rate_pps": 2,
    "program.minutes": 1,
}
_PROGRAM = {
    name.partition(".")[2]: value for name, value in _SAFE.items() if name.startswith("program.")
}
# Fields from which others follow: with one of them goes all of it, and what followed from it gets a
# value.
_SOURCES = ("preset", "burst", "sweep")
# Fields that mean nothing without the other.
_PAIRS = {"on_s": ("off_s",), "off_s": ("on_s",)}


def every(document: dict, examine: Callable[[dict], object]) -> list[Refused]:
    """All that `examine` (which raises Refused for the first) refuses in a parsed TOML document."""
    document = copy.deepcopy(document)
    found: list[Refused] = []
    for _ in range(_MOST):
        try:
            examine(document)
            break
        except Refused as refusal:
            if refusal.field in [one.field for one in found]:
                # It cannot be put right by itself: what is known so far must do
                break
            found.append(refusal)
            _put_right(document, refusal.field)
    return found


def _put_right(document: dict, field: str) -> None:
    """Replace a refused value, or take it away."""
    steps: list[str | int] = [
        int(number) - 1 if number else name for name, number in _STEP.findall(field)
    ]
    source = next((number for number, step in enumerate(steps) if step in _SOURCES), None)
    if source is not None:
        steps = steps[: source + 1]
    name = re.sub(r"\[\d+\]", "", field)
    if name == "program" and len(steps) > 1:
        name = "program[]"
    safe = copy.deepcopy(_SAFE.get(name))
    if name in ("program", "program[]") and not safe:
        safe = [dict(_PROGRAM)] if name == "program" else dict(_PROGRAM)
    place: object = document
    for step in steps[:-1]:
        place = _inside(place, step)
    last = steps[-1]
    if isinstance(place, dict):
        for one in (last, *_PAIRS.get(str(last), ())):
            place.pop(one, None)
        if source is not None:
            place |= {key: value for key, value in _PROGRAM.items() if key not in place}
        if safe is not None:
            place[last] = safe
    elif isinstance(place, list) and isinstance(last, int) and last < len(place):
        place[last] = safe


def _inside(place: object, step: str | int) -> object:
    if isinstance(place, dict):
        return place.get(step)
    return (
        place[step]
        if isinstance(place, list) and isinstance(step, int) and step < len(place)
        else None
    )
