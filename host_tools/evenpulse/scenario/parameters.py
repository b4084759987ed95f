"""What may stand for a parameter of a scenario's event: its meaning, unit and range, or the choices
that a board gives.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

CLOCKS_PER_MS = 125_000
UNTIL_MS_MAX = 86_400_000
OHM_MAX = 10_000_000
FORMAT = "scenario format"
CRASHES = ("exception", "hardfault")
# The firmware's clock must be asked every six days (hal/clock.py).
_MINUTES_MAX = 5 * 24 * 60
_MV_MAX = 20_000
_WORD_MAX = 0xFFFFFFFF


def driven(pins: dict[str, tuple]) -> list[str]:
    """Roles of the pins that are levels: those that the converter does not read."""
    return [role for role, (_, direction, *_) in pins.items() if direction != "adc"]


class Parameter(NamedTuple):
    """What may stand for a parameter: one of the choices that a board gives, or a number from 0 (or
    above it) to `most`.
    """

    means: str
    unit: str = ""
    most: int = 0
    above_0: bool = False
    whole: bool = False
    multiple_of: int = 1
    choices: Callable[[dict], list] | None = None
    # The choices
    of_board: bool = True


PARAMETERS = {
    "at_ms": Parameter("when, after READY", "ms", UNTIL_MS_MAX),
    "for_ms": Parameter("for how long", "ms", UNTIL_MS_MAX, above_0=True),
    "button": Parameter(
        "which",
        choices=lambda board: [r.removeprefix("BTN_") for r in board["PINS"] if r[:4] == "BTN_"],
    ),
    "channel": Parameter(
        "of one channel; left out: of each",
        choices=lambda board: list(range(1, board["CHANNELS"] + 1)),
    ),
    "ohm": Parameter("what is between the electrodes then", "ohm", OHM_MAX),
    "skin_ohm": Parameter("of the skin", "ohm", OHM_MAX),
    "skin_nf": Parameter("beside it", "nF", OHM_MAX),
    "mv": Parameter("the voltage", "mV", _MV_MAX, whole=True),
    "kind": Parameter("how", choices=lambda _board: list(CRASHES), of_board=False),
    "pin": Parameter(
        "which, by its role",
        choices=lambda board: driven(board["PINS"]),
    ),
    "minutes": Parameter("how many", "min", _MINUTES_MAX, above_0=True),
    "address": Parameter("of a word", "", _WORD_MAX, whole=True, multiple_of=4),
    "value": Parameter("what is written there", "", _WORD_MAX, whole=True),
}


def to_clocks(milliseconds: Decimal | int | float | str) -> int:
    """Clocks nearest to a time in ms; Decimal in, so that a fraction counts exactly."""
    return round(Decimal(milliseconds) * CLOCKS_PER_MS)
