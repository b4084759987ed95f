"""Input pins of the panel and the interlock, all from one read of the input register. Debouncing is
stimcore's.

A computer is seen in two ways: VBUS_SENSE, and the frames that a USB host counts, one a
millisecond. One wire may break.
"""

from machine import Pin
from micropython import const

from hal import regs

# SOF_RD: number of the last frame that a host began
_USB_FRAME = const(0x50110048)


class Levels:
    """`read()`, then `pressed` (a bit for each button that is down; `bits` are theirs, in the order
    of `names`), `loop_open` (INTERLOCK_N is low), `short` (SHORT_N is there, and low) and
    `usb_power` (or a USB host talks)."""

    def __init__(self, pins, names):
        gpios = [pins["BTN_" + name][0] for name in names]
        self._pins = [Pin(gpio, Pin.IN, Pin.PULL_UP) for gpio in gpios]
        self._vbus_pin = Pin(pins["VBUS_SENSE"][0], Pin.IN, Pin.PULL_DOWN)
        self.bits = [1 << gpio for gpio in gpios]
        self._buttons = sum(self.bits)
        self._interlock = 1 << pins["INTERLOCK_N"][0]
        self._vbus = 1 << pins["VBUS_SENSE"][0]
        shorts = [pins[role][0] for role in ("SHORT_N",) if role in pins]
        # Lines that the board holds up by nothing: the chip's own pull does.
        held = shorts + [gpio for gpio, _, _, _, pull in (pins["INTERLOCK_N"],) if pull == "none"]
        self._held = [Pin(gpio, Pin.IN, Pin.PULL_UP) for gpio in held]
        self._short = sum([1 << gpio for gpio in shorts])
        self._frame = regs.read(_USB_FRAME)
        self._host = False
        self.read()

    def read(self):
        """Take the levels of this moment."""
        levels = regs.read(regs.GPIO_IN)
        self.pressed = ~levels & self._buttons
        self.loop_open = not levels & self._interlock
        self.usb_power = self._host or bool(levels & self._vbus)
        self.short = ~levels & self._short

    def look_for_host(self):
        """Has a USB host begun a frame since the last look, some ms ago? From the next `read` on
        it counts as USB power.
        """
        frame = regs.read(_USB_FRAME)
        self._host = frame != self._frame
        self._frame = frame
