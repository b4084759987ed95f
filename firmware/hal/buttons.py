"""The five buttons, from one read of the input register. Debouncing is stimcore's."""

import micropython
from machine import Pin


@micropython.viper
def _gpio_in() -> int:
    return ptr32(0xD0000000)[1] & 0x3FFFFFFF  # SIO GPIO_IN


class Buttons:
    """`levels()` has a bit for each pressed button; `bits` are theirs, in the order of `names`."""

    def __init__(self, pins, names):
        gpios = [pins["BTN_" + name][0] for name in names]
        self._pins = [Pin(gpio, Pin.IN, Pin.PULL_UP) for gpio in gpios]
        self.bits = [1 << gpio for gpio in gpios]
        self._mask = sum(self.bits)

    def levels(self):
        """Bits of the buttons that are pressed now (active low)."""
        return ~_gpio_in() & self._mask
