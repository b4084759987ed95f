"""Which program a person sees chosen when the output comes on: the name on READY's screen.

It is compared with what a sound device's screen shows for each program; where it is none of them,
nobody has seen another program chosen.
"""

from evenpulse.connect import bring_up
from evenpulse.faults.situations import SITUATIONS, press
from evenpulse.twin.oled import WIDTH
from evenpulse.twin.twin import Twin

# READY's upper half
_NAME_PAGES = 4
_DRAWN_MS = 150


def name(twin: Twin) -> bytes:
    """The dots of the screen's upper half, as they stand; none without a screen."""
    screen = twin.world.screen
    return bytes(screen.ram[: _NAME_PAGES * WIDTH]) if screen else b""


def names(flash: bytes) -> list[bytes]:
    """The same of a sound device in READY, for each program of its prescription in turn."""
    twin = bring_up.switch_on(Twin(flash=flash))
    found = []
    for _ in SITUATIONS:
        twin.run_ms(_DRAWN_MS)
        found.append(name(twin))
        press(twin, "SELECT", 1)
    return found


class Shown:
    """Listens to a twin, in each of its lives: what the screen shows at the moment at which HV_EN
    comes on.
    """

    def __init__(self, twin: Twin):
        self._twin, self._hv = twin, twin.world.gpio("HV_EN")
        self._flash = bytes(twin.flash)
        self.at_rises: list[bytes] = []

    def listen(self) -> None:
        """To the chip that the twin now has."""
        self._twin.chip.pads.on_edge.append(self._on_edge)

    def _on_edge(self, _clock: int, pin: int, level: int) -> None:
        if pin == self._hv and level:
            self.at_rises.append(name(self._twin))

    def situation(self) -> int | None:
        """The one program that was shown whenever the output came on; None: it never did, or the
        screen did not say which.
        """
        shown = set(self.at_rises)
        if len(shown) != 1:
            return None
        known = names(self._flash)
        [one] = shown
        return known.index(one) if one in known else None
