"""Analog inputs: a meter of each channel's current, and between its samples one conversion at a
time: supply and temperature.
"""

from time import sleep_us

import micropython
from machine import ADC, Pin, disable_irq, enable_irq
from micropython import const

from hal import judged, meters, regs
from hal.pins import of_channels

# Request DMA at one sample; FIFO on
_FCS_ON = const(1 << 24 | 1 << 3 | 1)
# Enabled, temperature sensor on
_START_ONCE = const(7)
_TEMPERATURE = const(4)
_REFERENCE_MV = const(3_300)
_FIRST_ADC_GPIO = const(26)
# A sample is due so soon after the start of a pulse, interrupt included
_SAMPLE_WITHIN_US = const(40)
# Twice what the converter's FIFO holds
_SAMPLES_WAIT = const(8)
# Reads of its status until it says that it is ready: a conversion takes 96 clocks of 48 MHz, 2 us,
# and one that is under way as many; a read and its turn take 8 clocks of 125 MHz and more: 6.4 us
_READS = const(100)
# Instead of counts: samples come first; a conversion did not end
_IN_PULSE = const(-1)
_UNREADY = const(-2)


@micropython.viper
def _convert(adc: int, start: int, places) -> int:
    """One conversion outside the FIFO; _IN_PULSE when a pulse machine is between its trigger (5)
    and its start (18), _UNREADY when the converter does not say in time that it is done.
    """
    p, a = ptr32(places), ptr32(adc)
    i = 2
    while i:
        if p[0]:
            at = int(ptr32(p[0])[0])
            if at > 5:
                if at < 18:
                    return _IN_PULSE
        p = ptr32(int(p) + 4)
        i -= 1
    setup = int(a[2])
    a[2] = 0
    a[0] = start
    value = _UNREADY
    i = _READS
    while i:
        i -= 1
        if a[0] & 0x100:
            value = int(a[1]) & 0xFFF
            i = 0
    a[2] = setup & 0xFFFF | (setup >> 24 & 15) << 24
    return value


def _set_up():
    """The converter as samples want it, whatever a fault has left: a cut stops its FIFO."""
    regs.write(regs.ADC, _START_ONCE & 3)
    regs.write(judged.ADC_FCS, _FCS_ON)


def _nothing_measured(into):
    """No sample says where the channels are."""


class Sensing:
    """`supply_divider` and `full_counts` (ADC counts of full scale) are the board's; `cut`: what
    guard.cut writes to.
    """

    def __init__(self, pins, supply_divider, full_counts, amplitude, cut):
        inputs = of_channels(pins, "SENSE")
        supply = pins["SUPPLY_SENSE"][0] if "SUPPLY_SENSE" in pins else None
        analog = inputs + [supply] * (supply is not None)
        # Pads to analog; converter out of reset
        self._pins = [ADC(Pin(gpio)) for gpio in analog] or [ADC(ADC.CORE_TEMP)]
        self._supply = None if supply is None else supply - _FIRST_ADC_GPIO
        self._divider = supply_divider
        # Conversions that did not end
        self.unended = 0
        shared = judged.share(cut)
        self.meters = [
            meters.Meter(
                i,
                inputs[i] - _FIRST_ADC_GPIO,
                amplitude.compare[i],
                amplitude.shift[i],
                full_counts,
            )
            if inputs
            else meters.NoMeter(i)
            for i in range(len(amplitude.compare))
        ]
        self.meters[0].limits = shared + self.meters[0].limits
        # us that channel 2 is later than channel 1 by their newest samples, and how many each has
        # had since `start`, into an array of three; without a call more
        self.step = judged.step if inputs else _nothing_measured
        _set_up()

    def start(self, channels, most, lead_off_from, both_phases, too_soon_us):
        """Measure every pulse of these channels. `most`: counts a channel that no sample may
        exceed; `too_soon_us`: no two pulses of a channel begin closer.
        """
        _set_up()
        # Samples that nobody took
        for _ in range(_SAMPLES_WAIT):
            if regs.read(judged.ADC_FCS) >> 16 & 15:
                regs.read(regs.ADC + 12)
        for channel in channels:
            self.meters[channel - 1].start(
                most[channel - 1], lead_off_from, both_phases, too_soon_us
            )

    def stop(self):
        """No further samples."""
        for meter in self.meters:
            meter.stop()

    def wait(self):
        """Until a pulse that has begun has reached its sample."""
        sleep_us(_SAMPLE_WITHIN_US)

    def counts(self, adc_input, places):
        """One conversion now, 12 bits; -1 while a pulse machine is in a pulse, whose samples come
        first; -2 when the converter does not end it, which `unended` counts.

        `places`: address registers of the machines that run. Without interrupts it takes less than
        the shortest sample delay.
        """
        mask = disable_irq()
        try:
            counts = _convert(regs.ADC, _START_ONCE | adc_input << 12, places)
        finally:
            enable_irq(mask)
        if counts == _UNREADY:
            self.unended += 1
        return counts

    def supply_mv(self, places):
        """Supply voltage in mV; below 0 what `counts` gives instead of counts; None where the
        board does not measure it.
        """
        if self._supply is None:
            return None
        counts = self.counts(self._supply, places)
        return counts if counts < 0 else counts * _REFERENCE_MV // 4_095 * self._divider

    def temperature_c(self, places):
        """Die temperature in whole degrees C (datasheet 4.9.5), or None without a reading."""
        counts = self.counts(_TEMPERATURE, places)
        return (
            None
            if counts < 0
            else 27 - (counts * (_REFERENCE_MV * 1_000 // 4_095) - 706_000) // 1_721
        )
