"""The five buttons as levels. Polled; debouncing is stimcore's."""

from machine import Pin


class Buttons:
    """`down(index)` for the buttons in the order of `names`."""

    def __init__(self, pins, names):
        self._pins = [Pin(pins["BTN_" + name][0], Pin.IN, Pin.PULL_UP) for name in names]

    def down(self, index):
        """True while the button is pressed (active low)."""
        return not self._pins[index].value()
