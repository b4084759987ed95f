"""The five buttons, from one read of the input register. Debouncing is stimcore's."""

from machine import Pin

from hal import regs


class Buttons:
    """`levels()` has a bit for each pressed button; `bits` are theirs, in the order of `names`."""

    def __init__(self, pins, names):
        gpios = [pins["BTN_" + name][0] for name in names]
        self._pins = [Pin(gpio, Pin.IN, Pin.PULL_UP) for gpio in gpios]
        self.bits = [1 << gpio for gpio in gpios]
        self._mask = sum(self.bits)

    def levels(self):
        """Bits of the buttons that are pressed now (active low)."""
        return ~regs.read(regs.GPIO_IN) & self._mask
