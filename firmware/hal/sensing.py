"""Supply voltage and the two current senses, in mV and uA. ADC reference 3300 mV."""

from machine import ADC, Pin
from micropython import const

_REFERENCE_MV = const(3_300)


def _millivolts(adc):
    return adc.read_u16() * _REFERENCE_MV // 65_535


class Sensing:
    """`sense_nv_per_ua` and `supply_divider` are the board's scales."""

    def __init__(self, pins, sense_nv_per_ua, supply_divider):
        self._supply = ADC(Pin(pins["SUPPLY_SENSE"][0]))
        self._sense = [ADC(Pin(pins["CH%d_SENSE" % c][0])) for c in (1, 2)]
        self._nv_per_ua = sense_nv_per_ua
        self._divider = supply_divider

    def supply_mv(self):
        """Supply voltage in mV."""
        return _millivolts(self._supply) * self._divider

    def current_ua(self, index):
        """Current sensed at this moment in uA (0 between pulses)."""
        return _millivolts(self._sense[index]) * 1_000 * 1_000 // self._nv_per_ua
