"""A twin brought to where a use of it begins, as a clinic and a patient would: its clinic's key in
flash, a prescription accepted over the link, READY, RUNNING.

In simulated time, and always the same calls: two twins brought up alike are alike, clock for clock.
"""

from evenpulse.base import boards
from evenpulse.base.errors import Problem
from evenpulse.link.client import Device
from evenpulse.prescription.signed import sign
from evenpulse.twin import clinic
from evenpulse.twin.port import TwinPort
from evenpulse.twin.states import READY, RUNNING, name
from evenpulse.twin.twin import Twin

BOOT_LIMIT_MS = 5_000
ACCEPT_HOLD_MS = 1_200
START_HOLD_MS = 1_100
_START_LIMIT_MS = 2_200


def new(board: str = boards.DEFAULT) -> Twin:
    """A twin without power that trusts the twin's own clinic and has no prescription yet."""
    return Twin(board, clinic.flash(boards.load(board)))


def device(twin: Twin) -> Device:
    """The twin's link. Its first id is always the same, so that the same calls take the same
    clocks.
    """
    return Device(TwinPort(twin), first_id=0)


def reach(twin: Twin, state: int, limit_ms: float) -> None:
    """Let time pass until the device is in a state; raises Problem when the time is up."""
    if not twin.run_until_state(state, limit_ms):
        raise Problem(
            f"the twin is not {name(state)} within {limit_ms:.0f} simulated ms",
            seen=f"{name(twin.state)}; {twin.chip.resets} resets",
            do_next="make firmware; then evenpulse twin serve shows its console",
        )


def switch_on(twin: Twin, usb: bool = False) -> Twin:
    """A new life of the twin, until READY."""
    twin.power_on(usb=usb)
    reach(twin, READY, BOOT_LIMIT_MS)
    return twin


def prescribe(twin: Twin, rx: dict, now_s: int | None = None, over: Device | None = None) -> dict:
    """Sign a prescription in device form, offer it and hold SELECT; what Device.configure gives.

    `now_s`: the device's time, noon of the day of issue unless it is said. `over`: its link.
    """
    return (over or device(twin)).configure(
        sign(rx, clinic.key()),
        clinic.noon_s(rx) if now_s is None else now_s,
        lambda: twin.press("SELECT", ACCEPT_HOLD_MS),
    )


def prescribed(twin: Twin, rx: dict, now_s: int | None = None) -> Twin:
    """The same with a computer at a twin that is then switched off: its flash is what it keeps."""
    prescribe(switch_on(twin, usb=True), rx, now_s)
    twin.power_off()
    return twin


def hold_start(twin: Twin) -> None:
    """START held until the device is RUNNING."""
    twin.press("START", START_HOLD_MS)
    reach(twin, RUNNING, _START_LIMIT_MS)


def press(twin: Twin, button: str, times: int, for_ms: float, pause_ms: float) -> None:
    """A button pressed again and again, each time let go for a while."""
    for _ in range(times):
        twin.press(button, for_ms)
        twin.run_ms(for_ms + pause_ms)
