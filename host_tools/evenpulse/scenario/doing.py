"""What an event of a scenario does: a function each, whose parameters are the event's."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from stimcore import link

from evenpulse.emulator import crash as crashes
from evenpulse.link.client import offer
from evenpulse.scenario.parameters import CRASHES
from evenpulse.twin import clinic

if TYPE_CHECKING:
    from evenpulse.twin.twin import Twin

PRESS_MS = 100
# A pad whose gel has dried
DRY_OHM = 20_000
# Numbers of requests
_NUMBERS = 1 << 28


class Run(Protocol):
    """What an event finds: the twin, its prescription, its loads as the scenario begins with
    them, and the firmware's symbols where an event needs them.
    """

    twin: "Twin"
    rx: dict
    loads_ohm: list[float]
    symbols: dict[str, tuple[int, int]]


def press(run: Run, button: str, for_ms: float = PRESS_MS) -> None:
    run.twin.press(button, for_ms)


def hold(run: Run, button: str, for_ms: float) -> None:
    run.twin.press(button, for_ms)


def lead_off(run: Run, channel: int | None = None) -> None:
    for index in _indexes(run, channel):
        run.twin.world.change_electrode(index, open=True)


def lead_on(run: Run, channel: int | None = None) -> None:
    for index in _indexes(run, channel):
        run.twin.world.change_electrode(index, open=False, series_ohm=run.loads_ohm[index])


def load(run: Run, channel: int, ohm: float, skin_ohm: float = 0, skin_nf: float = 0) -> None:
    run.loads_ohm[channel - 1] = float(ohm)
    changes = {"series_ohm": float(ohm), "skin_ohm": float(skin_ohm), "skin_nf": float(skin_nf)}
    run.twin.world.change_electrode(channel - 1, **changes)


def dry(run: Run, channel: int | None = None, ohm: float = DRY_OHM) -> None:
    for index in _indexes(run, channel):
        run.twin.world.change_electrode(index, open=False, series_ohm=float(ohm))


def short(run: Run, channel: int | None = None, ohm: float = 0) -> None:
    for index in _indexes(run, channel):
        run.twin.world.change_electrode(index, open=False, series_ohm=float(ohm))


def _indexes(run: Run, channel: int | None) -> Iterable[int]:
    return range(len(run.loads_ohm)) if channel is None else [int(channel) - 1]


def stop_open(run: Run) -> None:
    run.twin.world.pull_interlock("STOP loop", True)


def stop_close(run: Run) -> None:
    run.twin.world.pull_interlock("STOP loop", False)


def overcurrent(run: Run) -> None:
    run.twin.overcurrent()


def usb_plug(run: Run) -> None:
    run.twin.plug(True)


def usb_unplug(run: Run) -> None:
    run.twin.plug(False)


def forged(run: Run) -> None:
    # A device answers a line that it has just had from memory: another number each time.
    number, asked = run.twin.now % _NUMBERS, offer(clinic.forged(run.rx), clinic.noon_s(run.rx))
    run.twin.usb.write(link.encode(link.request(number, "configure", asked)))


def supply(run: Run, mv: int) -> None:
    run.twin.set_supply(mv)


def power_off(run: Run) -> None:
    run.twin.switch(False)


def power_on(run: Run) -> None:
    run.twin.switch(True)


def freeze_cpu(run: Run, for_ms: float | None = None) -> None:
    run.twin.freeze(for_ms)


def crash(run: Run, kind: str = CRASHES[0]) -> None:
    if kind == "hardfault":
        crashes.hard_fault(run.twin.chip)
    else:
        crashes.raise_exception(run.twin.chip, run.symbols, "RuntimeError")


def soft_reset(run: Run) -> None:
    crashes.raise_exception(run.twin.chip, run.symbols, "SystemExit")


def stuck_high(run: Run, pin: str, for_ms: float | None = None) -> None:
    run.twin.stick(pin, for_ms)


def adc_stuck(run: Run, channel: int, mv: int = 0, for_ms: float | None = None) -> None:
    world = run.twin.world
    world.hold_sense(channel - 1, mv)
    if for_ms is not None:
        run.twin.later(for_ms, lambda: world.hold_sense(channel - 1, None))


def advance(run: Run, minutes: float) -> None:
    run.twin.advance_powered(float(minutes))


def poke(run: Run, address: int, value: int) -> None:
    run.twin.poke(address, value)
