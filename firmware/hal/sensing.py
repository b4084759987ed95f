"""Analog inputs: the current of every phase, taken by hardware at a fixed clock of it; supply and temperature in between.

A width monitor pushes a word for the ADC's CS register, one DMA channel writes it there, another stores the result and
re-arms the first. The interrupt at the end judges the sample at once: what measures wrong is cut in the middle of the phase.
"""

from array import array
from time import sleep_us

import micropython
import rp2
from machine import ADC, Pin, disable_irq, enable_irq
from micropython import const
from uctypes import addressof

from hal import regs
from hal.pins import of_channels

_CS = const(0x4004C000)
_FCS = const(0x4004C008)
_FCS_ON = const(1 << 24 | 1 << 3 | 1)  # request DMA at one sample; FIFO on
_START_ONCE = const(7)  # enabled, temperature sensor on
_TEMPERATURE = const(4)
_REFERENCE_MV = const(3_300)
_DMA = const(0x50000000)
_DMA_ABORT = const(0x50000444)
_TAKE = const(1 << 21 | 2 << 2 | 1)  # quiet, words, enabled
_STORE = const(1 << 10 | 2 << 6 | 1 << 5 | 1 << 2 | 1)  # halfwords into a ring of two, enabled; its interrupt tells
_PIO1_RX0 = const(12)
_ADC_REQUEST = const(36)
_FIRST_ADC_GPIO = const(26)
_SAMPLE_WITHIN_US = const(40)  # of the start of a pulse, interrupt included

FAULTS = ("", "over_current", "lead_off", "unbalanced")

# What the interrupt shares with the supervisor: four addresses, then the fields of each channel.
_TIMER, _GUARD_INSTR, _GUARDED, _GUARD_PLACE = const(0), const(1), const(2), const(3)
_FIELDS = const(16)
(STORE_ADDRESS, SLOTS, COMPARE, SHIFT, FULL, MOST, LEAD_OFF_FROM, BOTH, SUM, NET, PULSES, FAULT, AT_US, LAST_A, LAST_B, SEEN) = range(16)
_shared = array("i", [0] * (4 + 2 * _FIELDS))


@micropython.viper
def _stored(dma):
    """A sample has been stored: judge it, and when it is wrong take the outputs off by two ways, as guard.cut does.

    Too high: a quarter and 40 counts above what amplitude asks for, or above the cap. Too low, from 5 mA up: below half. The
    two phases of a pulse: a quarter apart. Once the guard has cut (28 on), what a sample shows is the consequence, not the cause.
    """
    shared = ptr32(_shared)
    at = 4
    while at < 36:
        s = ptr32(int(shared) + 4 * at)
        at += 16
        if not s[0]:
            continue
        place = int(ptr32(s[0])[0])
        if place == int(s[15]):
            continue
        s[15] = place
        expected = ((int(ptr32(s[2])[0]) >> int(s[3])) & 0xFFFF) * int(s[4]) >> 12
        newest = (place >> 1 & 1) ^ 1
        value = int(ptr16(s[1])[newest])
        is_b = newest & int(s[7])
        if is_b:
            s[9] += int(s[13]) - value
            s[14] = value
        else:
            s[8] += value
            s[10] += 1
            s[12] = ptr32(shared[0])[0]
            s[13] = value
        high = expected + (expected >> 2) + 40
        if high > int(s[5]):
            high = int(s[5])
        fault = 0
        if value > high:
            fault = 1
        elif expected >= int(s[6]):
            if value < expected >> 1:
                fault = 2
            elif is_b:
                apart = int(s[13]) - value
                if apart < 0:
                    apart = 0 - apart
                if apart > value >> 2:
                    fault = 3
        if fault:
            if int(ptr32(shared[3])[0]) >= 28:
                continue
            s[11] = fault
            pins = ptr32(shared[2])
            i = 0
            while i < 10:
                pins[i] = 31
                i += 2
            ptr32(shared[1])[0] = 28


@micropython.viper
def _grown(state: int, index: int, known) -> int:
    """What a sum has grown by since the last time it was asked."""
    s, t = ptr32(state), ptr32(known)
    grown = int(s[index]) - int(t[index])
    t[index] = s[index]
    return grown


@micropython.viper
def _convert(adc: int, start: int, places) -> int:
    """One conversion outside the FIFO, unless a pulse machine is between its trigger (0) and its start (13): then -1."""
    p, a = ptr32(places), ptr32(adc)
    i = 0
    while i < 2:
        if p[i]:
            at = int(ptr32(p[i])[0])
            if at != 0:
                if at < 13:
                    return -1
        i += 1
    setup = int(a[2])
    a[2] = 0
    a[0] = start
    while not a[0] & 0x100:
        pass
    value = int(a[1]) & 0xFFF
    a[2] = setup & 0xFFFF | (setup >> 24 & 15) << 24
    return value


class _NoMeter:
    """A channel whose current the board does not measure: nothing is ever taken, and nothing is ever wrong."""

    fitted = False
    adc_input = at_us = 0
    fault = ""
    last = (0, 0)
    controls = fixed = ()

    def __init__(self, index):
        self.fault_address = addressof(_shared) + 4 * (4 + _FIELDS * index + FAULT)  # stays 0

    def start(self, most, lead_off_from, both_phases):
        """Nothing to start."""

    def taken(self, into):
        """Nothing."""
        into[0] = into[1] = into[2] = 0

    def stop(self):
        """Nothing to stop."""


class _Meter:
    """One channel's samples."""

    fitted = True

    def __init__(self, index, adc_input, compare, shift, full_counts):
        self.adc_input = adc_input
        self._at = 4 + _FIELDS * index
        self._state = addressof(_shared) + 4 * self._at
        self.fault_address = self._state + 4 * FAULT
        self._known = array("i", [0] * _FIELDS)
        self._ring = array("H", [0, 0])
        self._dmas = (rp2.DMA(), rp2.DMA())  # keeps the channels claimed
        self._take, self._store = [_DMA + 0x40 * d.channel for d in self._dmas]
        self.controls = (self._take + 16, self._store + 16)
        self.fixed = (self._take, self._take + 4, self._store)  # addresses that never change
        self._take_number, self._store_number = [d.channel for d in self._dmas]
        self._bits = 1 << self._take_number | 1 << self._store_number
        self._request = _PIO1_RX0 + 2 * index
        self._source = regs.PIO_RXF0 + regs.PIO_BLOCK_BYTES + 8 * index
        for field, value in ((SLOTS, addressof(self._ring)), (COMPARE, compare), (SHIFT, shift), (FULL, full_counts)):
            _shared[self._at + field] = value
        self._dmas[1].irq(_stored, hard=True)

    @property
    def fault(self):
        """What was wrong with a sample, or ""."""
        return FAULTS[_shared[self._at + FAULT]]

    @property
    def at_us(self):
        """TIMER_US of the last sample of a phase A, 0 before the first."""
        return _shared[self._at + AT_US]

    @property
    def last(self):
        """Newest samples of phase A and phase B, in counts."""
        return _shared[self._at + LAST_A], _shared[self._at + LAST_B]

    def start(self, most, lead_off_from, both_phases):
        """From the next pulse on."""
        at = self._at
        _shared[at + MOST], _shared[at + LEAD_OFF_FROM], _shared[at + BOTH] = most, lead_off_from, both_phases
        for field in range(SUM, _FIELDS):
            _shared[at + field] = self._known[field] = 0
        ring = addressof(self._ring)
        _shared[at + SEEN], _shared[at + STORE_ADDRESS] = ring, self._store + 4
        regs.write(self._store, _CS + 12)
        regs.write(self._store + 4, ring)
        regs.write(self._store + 8, 1)
        regs.write(self._store + 16, _STORE | self._take_number << 11 | _ADC_REQUEST << 15)
        regs.write(self._take, self._source)
        regs.write(self._take + 4, _CS)
        regs.write(self._take + 8, 1)
        regs.write(self._take + 12, _TAKE | self._store_number << 11 | self._request << 15)

    def taken(self, into):
        """Since the last time: pulses, sum of their counts in phase A, and of the differences A - B, into a list of three."""
        into[0] = _grown(self._state, PULSES, self._known)
        into[1] = _grown(self._state, SUM, self._known)
        into[2] = _grown(self._state, NET, self._known)

    def stop(self):
        _shared[self._at + STORE_ADDRESS] = 0
        regs.write(_DMA_ABORT, self._bits)
        while regs.read(_DMA_ABORT) & self._bits:
            pass


class Sensing:
    """`supply_divider` and `full_counts` (ADC counts of full scale) are the board's; `cut`: what guard.cut writes to."""

    def __init__(self, pins, supply_divider, full_counts, amplitude, cut):
        inputs = of_channels(pins, "SENSE")
        supply = pins["SUPPLY_SENSE"][0] if "SUPPLY_SENSE" in pins else None
        analog = inputs + [supply] * (supply is not None)
        self._pins = [ADC(Pin(gpio)) for gpio in analog] or [ADC(ADC.CORE_TEMP)]  # pads to analog; converter out of reset
        self._supply = None if supply is None else supply - _FIRST_ADC_GPIO
        self._divider = supply_divider
        _shared[_TIMER] = regs.TIMER_US
        _shared[_GUARD_INSTR], _shared[_GUARDED], _shared[_GUARD_PLACE] = cut
        self.meters = [_Meter(i, inputs[i] - _FIRST_ADC_GPIO, amplitude.compare[i], amplitude.shift[i], full_counts) if inputs else _NoMeter(i)
                       for i in range(len(amplitude.compare))]
        regs.write(_CS, _START_ONCE & 3)
        regs.write(_FCS, _FCS_ON)

    def start(self, channels, most, lead_off_from, both_phases):
        """Measure every pulse of these channels. `most`: counts a channel that no sample may exceed."""
        while regs.read(_FCS) >> 16 & 15:  # samples that nobody took
            regs.read(_CS + 12)
        for channel in channels:
            self.meters[channel - 1].start(most[channel - 1], lead_off_from, both_phases)

    def stop(self):
        """No further samples."""
        for meter in self.meters:
            meter.stop()

    def wait(self):
        """Until a pulse that has begun has reached its sample."""
        sleep_us(_SAMPLE_WITHIN_US)

    def counts(self, adc_input, places):
        """One conversion now, 12 bits; -1 while a pulse machine is in a pulse, whose samples come first.

        `places`: address registers of the machines that run. Without interrupts it takes less than the shortest sample delay.
        """
        mask = disable_irq()
        try:
            return _convert(_CS, _START_ONCE | adc_input << 12, places)
        finally:
            enable_irq(mask)

    def supply_mv(self, places):
        """Supply voltage in mV, -1 in a pulse, None where the board does not measure it."""
        if self._supply is None:
            return None
        counts = self.counts(self._supply, places)
        return counts if counts < 0 else counts * _REFERENCE_MV // 4_095 * self._divider

    def temperature_c(self, places):
        """Die temperature in whole degrees C (datasheet 4.9.5), or None in a pulse."""
        counts = self.counts(_TEMPERATURE, places)
        return None if counts < 0 else 27 - (counts * (_REFERENCE_MV * 1_000 // 4_095) - 706_000) // 1_721
