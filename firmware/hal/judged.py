"""The current of every phase, taken by hardware at a fixed clock of it.

A width monitor pushes a word for the ADC's CS register, one DMA channel writes it there, another
stores the result and re-arms the first. The interrupt at the end judges the sample at once: what
measures wrong is cut in the middle of the phase. And the monitor of leg B interrupts when its leg
rises: a phase B before which no phase A was measured is cut as it begins.
"""

from array import array

import micropython
import rp2
from micropython import const
from uctypes import addressof

from hal import dma, regs

_DMA_INTS0 = const(0x5000040C)
ADC_FCS = const(0x4004C008)
# Samples that may wait while nobody can judge them: a page of flash is written in 3 ms
_RING = const(8)
# Halfwords into a ring of eight, enabled; its interrupt tells
_STORE = const(1 << 10 | 4 << 6 | 1 << 5 | 1 << 2 | 1)
_PIO1_RX0 = const(12)
_ADC_REQUEST = const(36)

FAULTS = ("", "over_current", "lead_off", "unbalanced", "no_measurement", "registers")

# What the interrupts share with the supervisor: six addresses, then the fields of each channel.
# The first of them stand while armed.
_TIMER = const(0)
_GUARD_INSTR = const(1)
_GUARDED = const(2)
_GUARD_PLACE = const(3)
_STORED_NOW = const(4)
_FIFO = const(5)
_CHANNEL = const(6)
# Fields of a channel
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
# _CHANNEL + _FIELDS
_SECOND = const(25)
_END = const(44)
# Of both channels, in _shared
_PULSES_1 = const(18)
_PULSES_2 = const(37)
_AT_US_1 = const(20)
_AT_US_2 = const(39)
# Places in FAULTS.
_OVER_CURRENT = const(1)
_LEAD_OFF = const(2)
_UNBALANCED = const(3)
_NO_MEASUREMENT = const(4)
_REGISTERS = const(5)
_RING_MASK = const(7)
# The place in the guard's program from which on pins are cut
_GUARD_HAS_CUT = const(28)
# FUNC_NULL: no peripheral drives it
_PIN_FREE = const(31)
# Counts above what was asked for that are too many, beside an eighth
_ABOVE_COUNTS = const(40)
# Counts that the phases may differ, beside a quarter, below the current from which lead-off counts
_APART_COUNTS = const(24)
# Place 12 of the pulse machine's program (hal/pio_programs.py): how far it lies below the guard's
# instruction register, what is there and behind it
_GAP_PLACE_BELOW = const(0xA8)
_OUT_X_16 = const(0x6030)
_JMP_GAP = const(0x004D)
# Looks at the sums until they stand still: between two samples there is time for ten
_LOOKS = const(8)
_shared = array("i", [0] * 44)


@micropython.viper
def _cut(at: int, fault: int):
    """Take the outputs off by two ways, as guard.cut does. Once the guard has cut, what
    is found is the consequence, not the cause. No further sample is stored: a converter that never
    ends would leave the CPU no time beside this interrupt.
    """
    shared = ptr32(_shared)
    if int(ptr32(shared[_GUARD_PLACE])[0]) < _GUARD_HAS_CUT:
        shared[at + _FAULT] = fault
        pins = ptr32(shared[_GUARDED])
        pins[0] = _PIN_FREE
        pins[2] = _PIN_FREE
        pins[4] = _PIN_FREE
        pins[6] = _PIN_FREE
        pins[8] = _PIN_FREE
        ptr32(shared[_GUARD_INSTR])[0] = _GUARD_HAS_CUT
    ptr32(shared[_FIFO])[0] = 0


@micropython.viper
def _stored(dma):
    """Samples have been stored: judge each in its order, and cut when one is wrong.

    Too high: an eighth and 40 counts above what amplitude asks for, or above the cap. Too low, from
    5 mA up: below half. The two phases of a pulse: a quarter apart, below 5 mA 24 counts more. Too
    soon: a pulse that begins when none of its train may.

    Then the two instructions between the phases are written anew. A flipped one puts the legs
    closer than the bridge's dead time, balanced and with good samples: nobody would see it, and two
    pulses may come before the round that writes all of them.
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
        waiting = place - int(s[_SEEN]) & _RING_MASK
        s[_SEEN] = place
        while waiting:
            expected = ((int(ptr32(s[_COMPARE])[0]) >> int(s[_SHIFT])) & 0xFFFF) * int(
                s[_FULL]
            ) >> 12
            value = int(ptr16(s[_SLOTS])[place - waiting & _RING_MASK])
            is_b = place - waiting & int(s[_BOTH])
            waiting -= 1
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
            high = expected + (expected >> 3) + _ABOVE_COUNTS
            if high > int(s[_MOST]):
                high = int(s[_MOST])
            fault = 0
            if not is_b:
                # A pause of half an hour and more is negative here
                if since_us >= 0:
                    if since_us < int(s[_TOO_SOON]):
                        if before:
                            fault = _REGISTERS
            slack = _APART_COUNTS
            if value > high:
                fault = _OVER_CURRENT
            elif expected >= int(s[_LEAD_OFF_FROM]):
                slack = 0
                if value < expected >> 1:
                    fault = _LEAD_OFF
            if is_b:
                if fault == 0:
                    apart = int(s[_LAST_A]) - value
                    if apart < 0:
                        apart = 0 - apart
                    if apart > (value >> 2) + slack:
                        fault = _UNBALANCED
            if fault:
                _cut(own, fault)
    memory = ptr32(int(shared[_GUARD_INSTR]) - _GAP_PLACE_BELOW)
    memory[0] = _OUT_X_16
    memory[1] = _JMP_GAP


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
                _cut(_CHANNEL, _NO_MEASUREMENT)
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
                _cut(_SECOND, _NO_MEASUREMENT)
            s[_PULSES_AT_B] = s[_PULSES]


@micropython.viper
def _look(state: int, now):
    """The sums as they stand at one moment: a sample that came between two reads would be in one
    and not in the other.
    """
    s, t = ptr32(state), ptr32(now)
    again = _LOOKS
    while again:
        again -= 1
        t[_SUM], t[_NET], t[_PULSES] = s[_SUM], s[_NET], s[_PULSES]
        if t[_SUM] == s[_SUM]:
            if t[_NET] == s[_NET]:
                if t[_PULSES] == s[_PULSES]:
                    again = 0


@micropython.viper
def step(into):
    """us that the newest sample of phase A of channel 2 was judged later than that of channel 1,
    and how many each has had: as they stand at one moment.
    """
    shared, t = ptr32(_shared), ptr32(into)
    again = _LOOKS
    while again:
        again -= 1
        t[1], t[2] = shared[_PULSES_1], shared[_PULSES_2]
        t[0] = int(shared[_AT_US_2]) - int(shared[_AT_US_1])
        if t[1] == shared[_PULSES_1]:
            if t[2] == shared[_PULSES_2]:
                again = 0


def share(cut):
    """Tell the interrupts their addresses. `cut`: what guard.cut writes to."""
    _shared[_TIMER], _shared[_STORED_NOW], _shared[_FIFO] = regs.TIMER_US, _DMA_INTS0, ADC_FCS
    _shared[_GUARD_INSTR], _shared[_GUARDED], _shared[_GUARD_PLACE] = cut


def fault_address(index):
    """Where the place in FAULTS stands that a channel's interrupt has found."""
    return addressof(_shared) + 4 * (_CHANNEL + _FIELDS * index + _FAULT)


class Meter:
    """One channel's samples."""

    fitted = True

    def __init__(self, index, adc_input, compare, shift, full_counts):
        self.adc_input = adc_input
        self._at = _CHANNEL + _FIELDS * index
        self._state = addressof(_shared) + 4 * self._at
        self.fault_address = fault_address(index)
        # Addresses of what the interrupt goes by, which does not change while armed.
        self.limits = [addressof(_shared) + 4 * i for i in range(_CHANNEL)] + [
            self._state + 4 * field for field in range(_SUM)
        ]
        self._known = array("i", [0] * _FIELDS)
        self._now = array("i", [0] * _FIELDS)
        self._ring = array("H", [0] * _RING)
        pair = self._pair = dma.Pair()
        self._take, self._store = pair.base
        self.controls = pair.controls
        # Addresses that never change
        self.fixed = (self._take + dma.READ, self._take + dma.WRITE, self._store + dma.READ)
        self._request = _PIO1_RX0 + 2 * index
        self._source = regs.PIO_RXF0 + regs.PIO_BLOCK_BYTES + 8 * index
        for field, value in (
            (_SLOTS, addressof(self._ring)),
            (_COMPARE, compare),
            (_SHIFT, shift),
            (_FULL, full_counts),
            (_STORE_BIT, 1 << pair.numbers[1]),
        ):
            _shared[self._at + field] = value
        pair.channels[1].irq(_stored, hard=True)
        # The monitor of leg B
        rp2.StateMachine(5 + 2 * index).irq((_risen_1, _risen_2)[index], trigger=1, hard=True)  # type: ignore[call-arg]

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
        _shared[at + _SEEN], _shared[at + _STORE_ADDRESS] = ring >> 1, self._store + dma.WRITE
        pair = self._pair
        regs.write(self._store + dma.READ, regs.ADC + 12)
        regs.write(self._store + dma.WRITE, ring)
        regs.write(self._store + dma.COUNT, 1)
        regs.write(self._store + dma.CTRL, pair.control(1, _STORE, _ADC_REQUEST))
        regs.write(self._take + dma.READ, self._source)
        regs.write(self._take + dma.WRITE, regs.ADC)
        regs.write(self._take + dma.COUNT, 1)
        control = pair.control(0, dma.ONE_WORD, self._request)
        regs.write(self._take + dma.CTRL_TRIGGER, control)

    def begin(self):
        """A train begins: no pulse came before its first."""
        _shared[self._at + _AT_US] = 0

    def taken(self, into):
        """Since the last time: pulses, sum of their counts in phase A, and of the differences A
        - B, into a list of three.
        """
        _look(self._state, self._now)
        into[0] = regs.grown(self._now, _PULSES, self._known)
        into[1] = regs.grown(self._now, _SUM, self._known)
        into[2] = regs.grown(self._now, _NET, self._known)

    def stop(self):
        _shared[self._at + _STORE_ADDRESS] = 0
        self._pair.stop()
