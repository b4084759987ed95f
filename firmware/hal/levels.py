"""Input pins of the panel and the interlock, all from one read of the input register. Debouncing is stimcore's."""

from machine import Pin

from hal import regs


class Levels:
    """`read()`, then `pressed` (a bit for each button that is down; `bits` are theirs, in the order of `names`),
    `loop_open` (INTERLOCK_N is low), `short` (SHORT_N is there, and low) and `usb_power`."""

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
        held = shorts + [row[0] for row in (pins["INTERLOCK_N"],) if row[4] == "none"]
        self._held = [Pin(gpio, Pin.IN, Pin.PULL_UP) for gpio in held]
        self._short = sum([1 << gpio for gpio in shorts])
        self.read()

    def read(self):
        """Take the levels of this moment."""
        levels = regs.read(regs.GPIO_IN)
        self.pressed = ~levels & self._buttons
        self.loop_open = not levels & self._interlock
        self.usb_power = bool(levels & self._vbus)
        self.short = ~levels & self._short
