"""What can happen around a device in a scenario: a row an event.

A row says what an event is, gives an example, and names the function that does it: the parameters
of the event are those of the function, and those without a default must be given. `evenpulse twin
new`, `twin check`, the player and docs/reference/scenario.md read this table.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from evenpulse.emulator import crash
from evenpulse.scenario.parameters import CLOCKS_PER_MS, CRASHES

if TYPE_CHECKING:
    from evenpulse.twin.twin import Twin

PRESS_MS = 100
DRY_OHM = 20_000  # of a pad whose gel has dried


class Run(Protocol):
    """What an event finds: the twin, its loads as the scenario begins with them, and the
    firmware's symbols where an event needs them.
    """

    twin: "Twin"
    loads_ohm: list[float]
    symbols: dict[str, tuple[int, int]]


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


# --- what an event does ---------------------------------------------------------------------------


def _press(run: Run, button: str, for_ms: float = PRESS_MS) -> None:
    run.twin.press(button, for_ms)


def _hold(run: Run, button: str, for_ms: float) -> None:
    run.twin.press(button, for_ms)


def _lead_off(run: Run, channel: int | None = None) -> None:
    for index in _indexes(run, channel):
        run.twin.world.change_electrode(index, open=True)


def _lead_on(run: Run, channel: int | None = None) -> None:
    for index in _indexes(run, channel):
        run.twin.world.change_electrode(index, open=False, series_ohm=run.loads_ohm[index])


def _load(run: Run, channel: int, ohm: float, skin_ohm: float = 0, skin_nf: float = 0) -> None:
    run.loads_ohm[channel - 1] = float(ohm)
    changes = {"series_ohm": float(ohm), "skin_ohm": float(skin_ohm), "skin_nf": float(skin_nf)}
    run.twin.world.change_electrode(channel - 1, **changes)


def _dry(run: Run, channel: int | None = None, ohm: float = DRY_OHM) -> None:
    for index in _indexes(run, channel):
        run.twin.world.change_electrode(index, open=False, series_ohm=float(ohm))


def _short(run: Run, channel: int | None = None, ohm: float = 0) -> None:
    for index in _indexes(run, channel):
        run.twin.world.change_electrode(index, open=False, series_ohm=float(ohm))


def _indexes(run: Run, channel: int | None) -> Iterable[int]:
    return range(len(run.loads_ohm)) if channel is None else [int(channel) - 1]


def _stop_open(run: Run) -> None:
    run.twin.world.pull_interlock("STOP loop", True)


def _stop_close(run: Run) -> None:
    run.twin.world.pull_interlock("STOP loop", False)


def _overcurrent(run: Run) -> None:
    run.twin.overcurrent()


def _usb_plug(run: Run) -> None:
    run.twin.plug(True)


def _usb_unplug(run: Run) -> None:
    run.twin.plug(False)


def _supply(run: Run, mv: int) -> None:
    run.twin.set_supply(mv)


def _freeze_cpu(run: Run, for_ms: float | None = None) -> None:
    run.twin.freeze(for_ms)


def _crash(run: Run, kind: str = CRASHES[0]) -> None:
    if kind == "hardfault":
        crash.hard_fault(run.twin.chip)
    else:
        crash.raise_exception(run.twin.chip, run.symbols, "RuntimeError")


def _soft_reset(run: Run) -> None:
    crash.raise_exception(run.twin.chip, run.symbols, "SystemExit")


def _stuck_high(run: Run, pin: str, for_ms: float | None = None) -> None:
    run.twin.stick(pin, for_ms)


def _adc_stuck(run: Run, channel: int, mv: int = 0, for_ms: float | None = None) -> None:
    world = run.twin.world
    world.hold_sense(channel - 1, mv)
    if for_ms is not None:
        run.twin.later(for_ms, lambda: world.hold_sense(channel - 1, None))


def _advance(run: Run, minutes: float) -> None:
    run.twin.advance_powered(float(minutes))


def _poke(run: Run, address: int, value: int) -> None:
    run.twin.poke(address, value)


# --- what it cannot happen beside -----------------------------------------------------------------

# What an event takes, and for how long (ms; None: for good). Two events that take the same at the
# same time cannot both happen.
Taken = tuple[object, "Decimal | int | None"]
# No time: nothing else may take it at the same clock.
_AT_ONCE_MS = Decimal(1) / CLOCKS_PER_MS


def _itself(event: Event) -> Iterable[Taken]:
    return [((event.do, event.parameters.get("address"), event.clock), _AT_ONCE_MS)]


def _a_button(event: Event) -> Iterable[Taken]:
    return [(("button", event.parameters["button"]), event.parameters.get("for_ms", PRESS_MS))]


def _its_time(event: Event) -> Iterable[Taken]:
    which = event.parameters.get("pin", event.parameters.get("channel"))
    return [((event.do, which), event.parameters.get("for_ms"))]


def _leads(event: Event) -> Iterable[Taken]:
    channels = [event.parameters["channel"]] if "channel" in event.parameters else [1, 2]
    return [(("lead", channel, event.clock), _AT_ONCE_MS) for channel in channels]


# --- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A row of EVENTS. `takes`: what nothing else may take meanwhile; `turns`: a switch, and where
    it is afterwards. All switches are off as the timeline begins.
    """

    says: str
    does: Callable[..., None]
    example: dict[str, object] = field(default_factory=dict)
    takes: Callable[[Event], Iterable[Taken]] = _itself
    turns: tuple[str, bool] | None = None
    needs_symbols: bool = False

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
        f"a button is pressed; for_ms: for how long, {PRESS_MS} if left out",
        _press,
        {"button": "UP", "for_ms": 80},
        takes=_a_button,
    ),
    "hold": Kind(
        "the same, for_ms must be given; what is held acts after 1000 ms",
        _hold,
        {"button": "SELECT", "for_ms": 1200},
        takes=_a_button,
    ),
    "lead_off": Kind(
        "the lead comes off; without a channel: of both", _lead_off, {"channel": 1}, takes=_leads
    ),
    "lead_on": Kind(
        "it is put on again, with its last load", _lead_on, {"channel": 1}, takes=_leads
    ),
    "load": Kind(
        (
            "what a channel drives is another: ohm in series with skin_ohm beside skin_nf, 0 if "
            "left out"
        ),
        _load,
        {"channel": 1, "ohm": 1000},
        takes=_leads,
    ),
    "dry": Kind(
        f"a pad is dry; ohm: what it has then, {DRY_OHM} if left out",
        _dry,
        {"channel": 1},
        takes=_leads,
    ),
    "short": Kind(
        "the electrodes touch; ohm: what is left between them, 0 if left out",
        _short,
        {"channel": 1, "ohm": 0},
        takes=_leads,
    ),
    "stop_open": Kind(
        "the STOP loop opens (a cut cable), without the button", _stop_open, turns=("stop", True)
    ),
    "stop_close": Kind("it is closed again", _stop_close, turns=("stop", False)),
    "overcurrent": Kind("the over-current comparator pulls INTERLOCK_N for 10 us", _overcurrent),
    "usb_plug": Kind("USB is plugged in: power and data", _usb_plug, turns=("usb", True)),
    "usb_unplug": Kind("it is unplugged again", _usb_unplug, turns=("usb", False)),
    "supply_mv": Kind("the supply changes to so many mV", _supply, {"mv": 4000}),
    "freeze_cpu": Kind(
        "the CPU stands still; for_ms: for how long, until a reset if left out",
        _freeze_cpu,
        {"for_ms": 20},
        takes=_its_time,
    ),
    "crash": Kind(
        f"the program fails; kind: {' or '.join(CRASHES)} (left out: {CRASHES[0]})",
        _crash,
        {"kind": CRASHES[0]},
        needs_symbols=True,
    ),
    "soft_reset": Kind("the program ends with a soft reset", _soft_reset, needs_symbols=True),
    "stuck_high": Kind(
        "a driver stays high; for_ms: for how long, for good if left out",
        _stuck_high,
        {"pin": "CH1_A", "for_ms": 5},
        takes=_its_time,
    ),
    "adc_stuck": Kind(
        "a channel's sense line stays at so many mv, 0 if left out; for_ms: as above",
        _adc_stuck,
        {"channel": 1, "mv": 0, "for_ms": 50},
        takes=_its_time,
    ),
    "advance": Kind(
        "the device has been switched on and left alone for so many minutes more, in no time",
        _advance,
        {"minutes": 90},
    ),
    "poke": Kind(
        "a word is written over the chip's bus", _poke, {"address": 0x2003FFFC, "value": 0}
    ),
}
