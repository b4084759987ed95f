"""Supply voltage in mV. ADC reference 3300 mV. (The current senses are wired; nothing reads them yet.)"""

from machine import ADC, Pin
from micropython import const

_REFERENCE_MV = const(3_300)


class Sensing:
    """`supply_divider` is the board's scale."""

    def __init__(self, pins, supply_divider):
        self._supply = ADC(Pin(pins["SUPPLY_SENSE"][0]))
        self._divider = supply_divider

    def supply_mv(self):
        """Supply voltage in mV."""
        return self._supply.read_u16() * _REFERENCE_MV // 65_535 * self._divider
