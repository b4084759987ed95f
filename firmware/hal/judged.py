"""What interrupts judge, and what they let come: no pulse before the one before it was found right.

A sample that measures wrong is cut in the middle of its phase; a phase B before which no phase A
was measured is cut as it begins. After a pulse's last sample, when both are right, DMA is told to
send the three words of the next pulse: a CPU that is lost sends none. Where the board measures
nothing, a leg B that has risen stands for the samples.
"""

from array import array

import micropython
from micropython import const
from uctypes import addressof

from hal import regs

_DMA_INTS0 = const(0x5000040C)
ADC_FCS = const(0x4004C008)

FAULTS = ("", "over_current", "lead_off", "unbalanced", "no_measurement", "registers")

# What the interrupts share with the supervisor: six addresses, then the fields of each channel.
# The first of them stand while armed.
_TIMER = const(0)
_GUARD_INSTR = const(1)
_GUARDED = const(2)
_GUARD_PLACE = const(3)
_STORED_NOW = const(4)
_FIFO = const(5)
CHANNEL = const(6)
# Fields of a channel. Those before SUM stand while armed.
STORE_ADDRESS = const(0)
SLOTS = const(1)
COMPARE = const(2)
SHIFT = const(3)
FULL = const(4)
MOST = const(5)
LEAD_OFF_FROM = const(6)
BOTH = const(7)
STORE_BIT = const(8)
TOO_SOON = const(9)
# DMA channel that feeds the pulse machine, and the two buffers it takes words from
FEEDER = const(10)
WORDS = const(11)
SUM = const(13)
NET = const(14)
PULSES = const(15)
FAULT = const(16)
AT_US = const(17)
LAST_A = const(18)
LAST_B = const(19)
SEEN = const(20)
PULSES_AT_B = const(21)
# What PULSES was when the train began, and up to which words are there
FIRST = const(22)
UNTIL = const(23)
FIELDS = const(24)
# CHANNEL + FIELDS
_SECOND = const(30)
_END = const(54)
# Of both channels, in STATE
_PULSES_1 = const(21)
_PULSES_2 = const(45)
_AT_US_1 = const(23)
_AT_US_2 = const(47)
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
# Counts that the phases may differ, beside an eighth, below the current from which lead-off counts
_APART_COUNTS = const(24)
# Place 12 of the pulse machine's program (hal/pio_programs.py): how far it lies below the guard's
# instruction register, what is there and behind it
_GAP_PLACE_BELOW = const(0xA8)
_OUT_X_16 = const(0x6030)
_JMP_GAP = const(0x004D)
# Registers of a DMA channel, in words from its first
_READ = const(0)
_COUNT_TRIGGER = const(7)
_WORDS_A_PULSE = const(3)
PULSE_BYTES = const(12)
# Looks at the sums until they stand still: between two samples there is time for ten
_LOOKS = const(8)
STATE = array("i", [0] * 54)


@micropython.viper
def _cut(at: int, fault: int):
    """Take the outputs off by two ways, as guard.cut does. Once the guard has cut, what
    is found is the consequence, not the cause. No further sample is stored: a converter that never
    ends would leave the CPU no time beside this interrupt.
    """
    shared = ptr32(STATE)
    if int(ptr32(shared[_GUARD_PLACE])[0]) < _GUARD_HAS_CUT:
        shared[at + FAULT] = fault
        pins = ptr32(shared[_GUARDED])
        pins[0] = _PIN_FREE
        pins[2] = _PIN_FREE
        pins[4] = _PIN_FREE
        pins[6] = _PIN_FREE
        pins[8] = _PIN_FREE
        ptr32(shared[_GUARD_INSTR])[0] = _GUARD_HAS_CUT
    ptr32(shared[_FIFO])[0] = 0


@micropython.viper
def send(at: int):
    """Have DMA send the words of the next pulse, from one of two buffers of 32 pulses each: where
    they are there, and those of the pulse before have all been sent. One that is missing would have
    the others taken for what they are not.
    """
    s = ptr32(int(ptr32(STATE)) + 4 * at)
    if int(s[PULSES]) < int(s[UNTIL]):
        place = int(s[PULSES]) - int(s[FIRST])
        before = place - 1
        feeder = ptr32(s[FEEDER])
        if feeder[_READ] == int(s[WORDS + (before >> 5 & 1)]) + PULSE_BYTES * ((before & 31) + 1):
            feeder[_READ] = int(s[WORDS + (place >> 5 & 1)]) + PULSE_BYTES * (place & 31)
            feeder[_COUNT_TRIGGER] = _WORDS_A_PULSE


@micropython.viper
def sent(at: int) -> int:
    """Pulses whose words have been sent, or would have been had they been written."""
    s = ptr32(int(ptr32(STATE)) + 4 * at)
    return int(s[PULSES]) - int(s[FIRST]) + 1


@micropython.viper
def stored(dma):
    """Samples have been stored: judge each in its order, and cut when one is wrong.

    Too high: an eighth and 40 counts above what amplitude asks for, or above the cap. Too low, from
    5 mA up: below half. The two phases of a pulse: an eighth apart, below 5 mA 24 counts more. Too
    soon: a pulse that begins when none of its train may. Both right: the next one may come.

    Then the two instructions between the phases are written anew. A flipped one puts the legs
    closer than the bridge's dead time, balanced and with good samples: nobody would see it, and two
    pulses may come before the round that writes all of them.
    """
    shared = ptr32(STATE)
    at = CHANNEL
    while at < _END:
        s = ptr32(int(shared) + 4 * at)
        own = at
        at += FIELDS
        if not s[STORE_ADDRESS]:
            continue
        place = int(ptr32(s[STORE_ADDRESS])[0]) >> 1
        # At most seven, whatever stands at a damaged address: an interrupt that never ends is none.
        waiting = place - int(s[SEEN]) & _RING_MASK
        s[SEEN] = place
        while waiting:
            expected = ((int(ptr32(s[COMPARE])[0]) >> int(s[SHIFT])) & 0xFFFF) * int(s[FULL]) >> 12
            value = int(ptr16(s[SLOTS])[place - waiting & _RING_MASK])
            is_b = place - waiting & int(s[BOTH])
            waiting -= 1
            if is_b:
                s[NET] += int(s[LAST_A]) - value
                s[LAST_B] = value
            else:
                s[SUM] += value
                s[PULSES] += 1
                now = int(ptr32(shared[_TIMER])[0])
                before = int(s[AT_US])
                since_us = now - before
                s[AT_US] = now
                s[LAST_A] = value
            high = expected + (expected >> 3) + _ABOVE_COUNTS
            if high > int(s[MOST]):
                high = int(s[MOST])
            fault = 0
            if not is_b:
                # A pause of half an hour and more is negative here
                if since_us >= 0:
                    if since_us < int(s[TOO_SOON]):
                        if before:
                            fault = _REGISTERS
            slack = _APART_COUNTS
            if value > high:
                fault = _OVER_CURRENT
            elif expected >= int(s[LEAD_OFF_FROM]):
                slack = 0
                if value < expected >> 1:
                    fault = _LEAD_OFF
            if is_b:
                if fault == 0:
                    apart = int(s[LAST_A]) - value
                    if apart < 0:
                        apart = 0 - apart
                    if apart > (value >> 3) + slack:
                        fault = _UNBALANCED
            if fault:
                _cut(own, fault)
            elif is_b == int(s[BOTH]):
                send(own)
    memory = ptr32(int(shared[_GUARD_INSTR]) - _GAP_PLACE_BELOW)
    memory[0] = _OUT_X_16
    memory[1] = _JMP_GAP


@micropython.viper
def risen_1(_machine):
    """Leg B of channel 1 has risen: cut when no sample of a phase A has come since it rose before,
    nor waits to be judged. Without a call: when both legs rise, that of phase B of channel 2 comes
    5 us later.
    """
    shared = ptr32(STATE)
    s = ptr32(int(shared) + 4 * CHANNEL)
    if s[STORE_ADDRESS]:
        if not int(ptr32(shared[_STORED_NOW])[0]) & int(s[STORE_BIT]):
            if s[PULSES] == s[PULSES_AT_B]:
                _cut(CHANNEL, _NO_MEASUREMENT)
            s[PULSES_AT_B] = s[PULSES]


@micropython.viper
def risen_2(_machine):
    """The same of channel 2: an interrupt's handler is told nothing that it can use."""
    shared = ptr32(STATE)
    s = ptr32(int(shared) + 4 * _SECOND)
    if s[STORE_ADDRESS]:
        if not int(ptr32(shared[_STORED_NOW])[0]) & int(s[STORE_BIT]):
            if s[PULSES] == s[PULSES_AT_B]:
                _cut(_SECOND, _NO_MEASUREMENT)
            s[PULSES_AT_B] = s[PULSES]


@micropython.viper
def rose_1(_machine):
    """Leg B of channel 1 has risen where nothing is measured: the pulse counts, and the next one
    may come.
    """
    ptr32(STATE)[_PULSES_1] += 1
    send(CHANNEL)


@micropython.viper
def rose_2(_machine):
    """The same of channel 2."""
    ptr32(STATE)[_PULSES_2] += 1
    send(_SECOND)


@micropython.viper
def look(state: int, now):
    """The sums as they stand at one moment: a sample that came between two reads would be in one
    and not in the other.
    """
    s, t = ptr32(state), ptr32(now)
    again = _LOOKS
    while again:
        again -= 1
        t[SUM], t[NET], t[PULSES] = s[SUM], s[NET], s[PULSES]
        if t[SUM] == s[SUM]:
            if t[NET] == s[NET]:
                if t[PULSES] == s[PULSES]:
                    again = 0


@micropython.viper
def step(into):
    """us that the newest sample of phase A of channel 2 was judged later than that of channel 1,
    and how many each has had: as they stand at one moment.
    """
    shared, t = ptr32(STATE), ptr32(into)
    again = _LOOKS
    while again:
        again -= 1
        t[1], t[2] = shared[_PULSES_1], shared[_PULSES_2]
        t[0] = int(shared[_AT_US_2]) - int(shared[_AT_US_1])
        if t[1] == shared[_PULSES_1]:
            if t[2] == shared[_PULSES_2]:
                again = 0


def share(cut):
    """Tell the interrupts their addresses. `cut`: what guard.cut writes to. Gives the addresses of
    these, which stand while armed.
    """
    STATE[_TIMER], STATE[_STORED_NOW], STATE[_FIFO] = regs.TIMER_US, _DMA_INTS0, ADC_FCS
    STATE[_GUARD_INSTR], STATE[_GUARDED], STATE[_GUARD_PLACE] = cut
    return [addressof(STATE) + 4 * i for i in range(CHANNEL)]


def at(index):
    """Where a channel's fields begin."""
    return CHANNEL + FIELDS * index
