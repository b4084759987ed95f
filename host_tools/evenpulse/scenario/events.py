"""What can happen around a device in a scenario: a row an event.

A row says what an event is, gives an example, and names the function that does it (doing.py): the
parameters of the event are those of the function, and those without a default must be given.
`evenpulse twin new`, `twin check`, the player and docs/reference/scenario.md read this table.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from evenpulse.scenario import doing
from evenpulse.scenario.parameters import CLOCKS_PER_MS, CRASHES, PARAMETERS


@dataclass
class Event:
    """One event: what, at which clock after READY, and its parameters; `where` names it in
    messages, `at` its line.
    """

    do: str
    clock: int
    where: str
    at: str
    parameters: dict = field(default_factory=dict)


# --- what it cannot happen beside -----------------------------------------------------------------

# What an event takes, and for how long (ms; None: for good). Two events that take the same at the
# same time cannot both happen.
Taken = tuple[object, "Decimal | int | None"]
# No time: nothing else may take it at the same clock.
_AT_ONCE_MS = Decimal(1) / CLOCKS_PER_MS


def _itself(event: Event) -> Iterable[Taken]:
    return [((event.do, event.parameters.get("address"), event.clock), _AT_ONCE_MS)]


def _a_button(event: Event) -> Iterable[Taken]:
    return [
        (("button", event.parameters["button"]), event.parameters.get("for_ms", doing.PRESS_MS))
    ]


def _its_time(event: Event) -> Iterable[Taken]:
    which = event.parameters.get("pin", event.parameters.get("channel"))
    return [((event.do, which), event.parameters.get("for_ms"))]


def _leads(event: Event) -> Iterable[Taken]:
    channels = [event.parameters["channel"]] if "channel" in event.parameters else [1, 2]
    return [(("lead", channel, event.clock), _AT_ONCE_MS) for channel in channels]


# What only a running chip can do, or suffer.
_POWER = ("no power", False)


# --- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A row of EVENTS. `takes`: what nothing else may take meanwhile; `turns`: a switch, and where
    it is afterwards; `needs`: a switch, and where it must be. All switches are off as the timeline
    begins.
    """

    says: str
    does: Callable[..., None]
    example: dict[str, object] = field(default_factory=dict)
    takes: Callable[[Event], Iterable[Taken]] = _itself
    turns: tuple[str, bool] | None = None
    needs: tuple[tuple[str, bool], ...] = ()
    needs_symbols: bool = False

    def __post_init__(self) -> None:
        for name in (*self.must, *self.may):
            if name not in PARAMETERS:
                raise ValueError(
                    f"parameter {name} of {self.does.__name__} has no row in PARAMETERS of "
                    f"evenpulse/scenario/parameters.py: its meaning, unit and range"
                )

    @property
    def must(self) -> list[str]:
        """Parameters that must be given."""
        return sorted(one.name for one in self._own() if one.default is one.empty)

    @property
    def may(self) -> list[str]:
        """Parameters that may be left out."""
        return sorted(one.name for one in self._own() if one.default is not one.empty)

    def _own(self) -> list[inspect.Parameter]:
        return list(inspect.signature(self.does).parameters.values())[1:]


EVENTS = {
    "press": Kind(
        f"a button is pressed; for_ms: for how long, {doing.PRESS_MS} if left out",
        doing.press,
        {"button": "UP", "for_ms": 80},
        takes=_a_button,
    ),
    "hold": Kind(
        "the same, for_ms must be given; what is held acts after 1000 ms",
        doing.hold,
        {"button": "SELECT", "for_ms": 1200},
        takes=_a_button,
    ),
    "lead_off": Kind(
        "the lead comes off; without a channel: of both",
        doing.lead_off,
        {"channel": 1},
        takes=_leads,
    ),
    "lead_on": Kind(
        "it is put on again, with its last load", doing.lead_on, {"channel": 1}, takes=_leads
    ),
    "load": Kind(
        (
            "what a channel drives is another: ohm in series with skin_ohm beside skin_nf, 0 if "
            "left out"
        ),
        doing.load,
        {"channel": 1, "ohm": 1000},
        takes=_leads,
    ),
    "dry": Kind(
        f"a pad is dry; ohm: what it has then, {doing.DRY_OHM} if left out",
        doing.dry,
        {"channel": 1},
        takes=_leads,
    ),
    "short": Kind(
        "the electrodes touch; ohm: what is left between them, 0 if left out",
        doing.short,
        {"channel": 1, "ohm": 0},
        takes=_leads,
    ),
    "stop_open": Kind(
        "the STOP loop opens (a cut cable), without the button",
        doing.stop_open,
        turns=("stop", True),
    ),
    "stop_close": Kind("it is closed again", doing.stop_close, turns=("stop", False)),
    "overcurrent": Kind(
        "the over-current comparator pulls INTERLOCK_N for 10 us", doing.overcurrent
    ),
    "usb_plug": Kind("USB is plugged in: power and data", doing.usb_plug, turns=("usb", True)),
    "forged": Kind(
        "a prescription that another key has signed is offered over USB as if the clinic's had",
        doing.forged,
        needs=(_POWER, ("usb", True)),
    ),
    "usb_unplug": Kind("it is unplugged again", doing.usb_unplug, turns=("usb", False)),
    "supply_mv": Kind("the supply changes to so many mV", doing.supply, {"mv": 4000}),
    "power_off": Kind(
        "the supply is cut; flash, loads, cables and fingers stay as they are",
        doing.power_off,
        turns=("no power", True),
    ),
    "power_on": Kind(
        "it is there again: the device starts as from its switch", doing.power_on, turns=_POWER
    ),
    "freeze_cpu": Kind(
        "the CPU stands still; for_ms: for how long, until a reset if left out",
        doing.freeze_cpu,
        {"for_ms": 20},
        takes=_its_time,
        needs=(_POWER,),
    ),
    "crash": Kind(
        f"the program fails; kind: {' or '.join(CRASHES)} (left out: {CRASHES[0]})",
        doing.crash,
        {"kind": CRASHES[0]},
        needs=(_POWER,),
        needs_symbols=True,
    ),
    "soft_reset": Kind(
        "the program ends with a soft reset", doing.soft_reset, needs=(_POWER,), needs_symbols=True
    ),
    "stuck_high": Kind(
        "a driver stays high; for_ms: for how long, for good if left out",
        doing.stuck_high,
        {"pin": "CH1_A", "for_ms": 5},
        takes=_its_time,
    ),
    "adc_stuck": Kind(
        "a channel's sense line stays at so many mv, 0 if left out; for_ms: as above",
        doing.adc_stuck,
        {"channel": 1, "mv": 0, "for_ms": 50},
        takes=_its_time,
    ),
    "advance": Kind(
        "the device has been switched on and left alone for so many minutes more, in no time",
        doing.advance,
        {"minutes": 90},
        needs=(_POWER,),
    ),
    "poke": Kind(
        "a word is written over the chip's bus",
        doing.poke,
        {"address": 0x2003FFFC, "value": 0},
        needs=(_POWER,),
    ),
}
