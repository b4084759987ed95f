"""Input pins of the panel and the interlock, all from one read of the input register. Debouncing is stimcore's."""

from machine import Pin

from hal import regs


class Levels:
    """`read()`, then `pressed` (a bit for each button that is down; `bits` are theirs, in the order of `names`),
    `loop_open` (INTERLOCK_N is low), `short` (the comparator's SHORT_N is low) and `usb_power`."""

    def __init__(self, pins, names):
        gpios = [pins["BTN_" + name][0] for name in names]
        self._pins = [Pin(gpio, Pin.IN, Pin.PULL_UP) for gpio in gpios]
        self._vbus_pin = Pin(pins["VBUS_SENSE"][0], Pin.IN, Pin.PULL_DOWN)
        self.bits = [1 << gpio for gpio in gpios]
        self._buttons = sum(self.bits)
        self._interlock = 1 << pins["INTERLOCK_N"][0]
        self._vbus = 1 << pins["VBUS_SENSE"][0]
        self._short_pin = Pin(pins["SHORT_N"][0], Pin.IN, Pin.PULL_UP)
        self._short = 1 << pins["SHORT_N"][0]
        self.read()

    def read(self):
        """Take the levels of this moment."""
        levels = regs.read(regs.GPIO_IN)
        self.pressed = ~levels & self._buttons
        self.loop_open = not levels & self._interlock
        self.usb_power = bool(levels & self._vbus)
        self.short = not levels & self._short
