"""Analog inputs: the current of every phase, taken by hardware at a fixed clock of it; supply and
temperature in between.

A width monitor pushes a word for the ADC's CS register, one DMA channel writes it there, another
stores the result and re-arms the first. The interrupt at the end judges the sample at once: what
measures wrong is cut in the middle of the phase. And the monitor of leg B interrupts when its leg
rises: a phase B before which no phase A was measured is cut as it begins.
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
_DMA_INTS0 = const(0x5000040C)
_DMA_ABORT = const(0x50000444)
_TAKE = const(1 << 21 | 2 << 2 | 1)  # quiet, words, enabled
# samples that may wait while nobody can judge them: a page of flash is written in 3 ms
_RING = const(8)
# halfwords into a ring of eight, enabled; its interrupt tells
_STORE = const(1 << 10 | 4 << 6 | 1 << 5 | 1 << 2 | 1)
_PIO1_RX0 = const(12)
_ADC_REQUEST = const(36)
_FIRST_ADC_GPIO = const(26)
_SAMPLE_WITHIN_US = const(40)  # of the start of a pulse, interrupt included

FAULTS = ("", "over_current", "lead_off", "unbalanced", "no_measurement", "registers")

# What the interrupts share with the supervisor: five addresses, then the fields of each channel.
# The first of them stand while armed.
_TIMER = const(0)
_GUARD_INSTR = const(1)
_GUARDED = const(2)
_GUARD_PLACE = const(3)
_STORED_NOW = const(4)
_CHANNEL = const(5)
# of a channel
_STORE_ADDRESS = const(0)
_SLOTS = const(1)
_COMPARE = const(2)
_SHIFT = const(3)
_FULL = const(4)
_MOST = const(5)
_LEAD_OFF_FROM = const(6)
_BOTH = const(7)
_STORE_BIT = const(8)
_TOO_SOON = const(9)
_SUM = const(10)
_NET = const(11)
_PULSES = const(12)
_FAULT = const(13)
_AT_US = const(14)
_LAST_A = const(15)
_LAST_B = const(16)
_SEEN = const(17)
_PULSES_AT_B = const(18)
_FIELDS = const(19)
_SECOND = const(24)
_END = const(43)
_shared = array("i", [0] * 43)


@micropython.viper
def _cut(at: int, fault: int):
    """Take the outputs off by two ways, as guard.cut does. Once the guard has cut (28 on), what
    is found is the consequence, not the cause.
    """
    shared = ptr32(_shared)
    if int(ptr32(shared[_GUARD_PLACE])[0]) < 28:
        shared[at + _FAULT] = fault
        pins = ptr32(shared[_GUARDED])
        i = 0
        while i < 10:
            pins[i] = 31
            i += 2
        ptr32(shared[_GUARD_INSTR])[0] = 28


@micropython.viper
def _stored(dma):
    """Samples have been stored: judge each in its order, and cut when one is wrong.

    Too high: an eighth and 40 counts above what amplitude asks for, or above the cap. Too low, from
    5 mA up: below half. The two phases of a pulse: a quarter apart, below 5 mA 24 counts more. Too
    soon: a pulse that begins when none of its train may.
    """
    shared = ptr32(_shared)
    at = _CHANNEL
    while at < _END:
        s = ptr32(int(shared) + 4 * at)
        own = at
        at += _FIELDS
        if not s[_STORE_ADDRESS]:
            continue
        place = int(ptr32(s[_STORE_ADDRESS])[0]) >> 1
        # At most seven, whatever stands at a damaged address: an interrupt that never ends is none.
        waiting = place - int(s[_SEEN]) & 7
        s[_SEEN] = place
        while waiting:
            expected = ((int(ptr32(s[_COMPARE])[0]) >> int(s[_SHIFT])) & 0xFFFF) * int(
                s[_FULL]
            ) >> 12
            newest = place - waiting & 7
            waiting -= 1
            value = int(ptr16(s[_SLOTS])[newest])
            is_b = newest & int(s[_BOTH])
            if is_b:
                s[_NET] += int(s[_LAST_A]) - value
                s[_LAST_B] = value
            else:
                s[_SUM] += value
                s[_PULSES] += 1
                now = int(ptr32(shared[_TIMER])[0])
                before = int(s[_AT_US])
                since_us = now - before
                s[_AT_US] = now
                s[_LAST_A] = value
            high = expected + (expected >> 3) + 40
            if high > int(s[_MOST]):
                high = int(s[_MOST])
            fault = 0
            if not is_b:
                # a pause of half an hour and more is negative here
                if since_us >= 0:
                    if since_us < int(s[_TOO_SOON]):
                        if before:
                            fault = 5
            slack = 24
            if value > high:
                fault = 1
            elif expected >= int(s[_LEAD_OFF_FROM]):
                slack = 0
                if value < expected >> 1:
                    fault = 2
            if is_b:
                if fault == 0:
                    apart = int(s[_LAST_A]) - value
                    if apart < 0:
                        apart = 0 - apart
                    if apart > (value >> 2) + slack:
                        fault = 3
            if fault:
                _cut(own, fault)


@micropython.viper
def _risen_1(_machine):
    """Leg B of channel 1 has risen: cut when no sample of a phase A has come since it rose
    before, nor waits to be judged.
    """
    shared = ptr32(_shared)
    s = ptr32(int(shared) + 4 * _CHANNEL)
    if s[_STORE_ADDRESS]:
        if not int(ptr32(shared[_STORED_NOW])[0]) & int(s[_STORE_BIT]):
            if s[_PULSES] == s[_PULSES_AT_B]:
                _cut(_CHANNEL, 4)
            s[_PULSES_AT_B] = s[_PULSES]


@micropython.viper
def _risen_2(_machine):
    """The same of channel 2. Two functions, because an interrupt's handler is told nothing that
    it can use without a call.
    """
    shared = ptr32(_shared)
    s = ptr32(int(shared) + 4 * _SECOND)
    if s[_STORE_ADDRESS]:
        if not int(ptr32(shared[_STORED_NOW])[0]) & int(s[_STORE_BIT]):
            if s[_PULSES] == s[_PULSES_AT_B]:
                _cut(_SECOND, 4)
            s[_PULSES_AT_B] = s[_PULSES]


@micropython.viper
def _look(state: int, now):
    """The sums as they stand at one moment: a sample that came between two reads would be in one
    and not in the other.
    """
    s, t = ptr32(state), ptr32(now)
    again = 1
    while again:
        t[_SUM], t[_NET], t[_PULSES] = s[_SUM], s[_NET], s[_PULSES]
        again = (
            int(t[_SUM]) - int(s[_SUM])
            | int(t[_NET]) - int(s[_NET])
            | int(t[_PULSES]) - int(s[_PULSES])
        )


@micropython.viper
def _grown(now, index: int, known) -> int:
    """What a sum has grown by since the last time it was asked."""
    s, t = ptr32(now), ptr32(known)
    grown = int(s[index]) - int(t[index])
    t[index] = s[index]
    return grown


@micropython.viper
def _convert(adc: int, start: int, places) -> int:
    """One conversion outside the FIFO, unless a pulse machine is between its trigger (0) and its
    start (13): then -1.
    """
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
    """A channel whose current the board does not measure: nothing is ever taken, and nothing is
    ever wrong.
    """

    fitted = False
    adc_input = at_us = 0
    fault = ""
    last = (0, 0)
    controls = fixed = ()

    def __init__(self, index):
        self.limits = ()
        # stays 0
        self.fault_address = addressof(_shared) + 4 * (_CHANNEL + _FIELDS * index + _FAULT)

    def start(self, most, lead_off_from, both_phases, too_soon_us):
        """Nothing to start."""

    def begin(self):
        """The same."""

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
        self._at = _CHANNEL + _FIELDS * index
        self._state = addressof(_shared) + 4 * self._at
        self.fault_address = self._state + 4 * _FAULT
        # Addresses of what the interrupt goes by, which does not change while armed.
        self.limits = [addressof(_shared) + 4 * i for i in range(_CHANNEL)] + [
            self._state + 4 * field for field in range(_SUM)
        ]
        self._known = array("i", [0] * _FIELDS)
        self._now = array("i", [0] * _FIELDS)
        self._ring = array("H", [0] * _RING)
        self._dmas = (rp2.DMA(), rp2.DMA())  # keeps the channels claimed
        self._take, self._store = [_DMA + 0x40 * d.channel for d in self._dmas]
        self.controls = (self._take + 16, self._store + 16)
        self.fixed = (self._take, self._take + 4, self._store)  # addresses that never change
        self._take_number, self._store_number = [d.channel for d in self._dmas]
        self._bits = 1 << self._take_number | 1 << self._store_number
        self._request = _PIO1_RX0 + 2 * index
        self._source = regs.PIO_RXF0 + regs.PIO_BLOCK_BYTES + 8 * index
        for field, value in (
            (_SLOTS, addressof(self._ring)),
            (_COMPARE, compare),
            (_SHIFT, shift),
            (_FULL, full_counts),
            (_STORE_BIT, 1 << self._store_number),
        ):
            _shared[self._at + field] = value
        self._dmas[1].irq(_stored, hard=True)
        rp2.StateMachine(5 + 2 * index).irq((_risen_1, _risen_2)[index], trigger=1, hard=True)  # type: ignore[call-arg]  # the monitor of leg B

    @property
    def fault(self):
        """What was wrong with a sample, or ""."""
        return FAULTS[_shared[self._at + _FAULT]]

    @property
    def at_us(self):
        """TIMER_US of the last sample of a phase A, 0 before the first."""
        return _shared[self._at + _AT_US]

    @property
    def last(self):
        """Newest samples of phase A and phase B, in counts."""
        return _shared[self._at + _LAST_A], _shared[self._at + _LAST_B]

    def start(self, most, lead_off_from, both_phases, too_soon_us):
        """From the next pulse on."""
        at = self._at
        _shared[at + _MOST], _shared[at + _LEAD_OFF_FROM], _shared[at + _BOTH] = (
            most,
            lead_off_from,
            both_phases,
        )
        _shared[at + _TOO_SOON] = too_soon_us
        for field in range(_SUM, _FIELDS):
            _shared[at + field] = self._known[field] = 0
        ring = addressof(self._ring)
        _shared[at + _SEEN], _shared[at + _STORE_ADDRESS] = ring >> 1, self._store + 4
        regs.write(self._store, _CS + 12)
        regs.write(self._store + 4, ring)
        regs.write(self._store + 8, 1)
        regs.write(self._store + 16, _STORE | self._take_number << 11 | _ADC_REQUEST << 15)
        regs.write(self._take, self._source)
        regs.write(self._take + 4, _CS)
        regs.write(self._take + 8, 1)
        regs.write(self._take + 12, _TAKE | self._store_number << 11 | self._request << 15)

    def begin(self):
        """A train begins: no pulse came before its first."""
        _shared[self._at + _AT_US] = 0

    def taken(self, into):
        """Since the last time: pulses, sum of their counts in phase A, and of the differences A
        - B, into a list of three.
        """
        _look(self._state, self._now)
        into[0] = _grown(self._now, _PULSES, self._known)
        into[1] = _grown(self._now, _SUM, self._known)
        into[2] = _grown(self._now, _NET, self._known)

    def stop(self):
        _shared[self._at + _STORE_ADDRESS] = 0
        regs.write(_DMA_ABORT, self._bits)
        while regs.read(_DMA_ABORT) & self._bits:
            pass


class Sensing:
    """`supply_divider` and `full_counts` (ADC counts of full scale) are the board's; `cut`: what
    guard.cut writes to.
    """

    def __init__(self, pins, supply_divider, full_counts, amplitude, cut):
        inputs = of_channels(pins, "SENSE")
        supply = pins["SUPPLY_SENSE"][0] if "SUPPLY_SENSE" in pins else None
        analog = inputs + [supply] * (supply is not None)
        # pads to analog; converter out of reset
        self._pins = [ADC(Pin(gpio)) for gpio in analog] or [ADC(ADC.CORE_TEMP)]
        self._supply = None if supply is None else supply - _FIRST_ADC_GPIO
        self._divider = supply_divider
        _shared[_TIMER], _shared[_STORED_NOW] = regs.TIMER_US, _DMA_INTS0
        _shared[_GUARD_INSTR], _shared[_GUARDED], _shared[_GUARD_PLACE] = cut
        self.meters = [
            _Meter(
                i,
                inputs[i] - _FIRST_ADC_GPIO,
                amplitude.compare[i],
                amplitude.shift[i],
                full_counts,
            )
            if inputs
            else _NoMeter(i)
            for i in range(len(amplitude.compare))
        ]
        regs.write(_CS, _START_ONCE & 3)
        regs.write(_FCS, _FCS_ON)

    def start(self, channels, most, lead_off_from, both_phases, too_soon_us):
        """Measure every pulse of these channels. `most`: counts a channel that no sample may
        exceed; `too_soon_us`: no two pulses of a channel begin closer.
        """
        while regs.read(_FCS) >> 16 & 15:  # samples that nobody took
            regs.read(_CS + 12)
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
        first.

        `places`: address registers of the machines that run. Without interrupts it takes less than
        the shortest sample delay.
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
        return (
            None
            if counts < 0
            else 27 - (counts * (_REFERENCE_MV * 1_000 // 4_095) - 706_000) // 1_721
        )
