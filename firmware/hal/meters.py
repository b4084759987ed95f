"""The current of every phase, taken by hardware at a fixed clock of it.

A width monitor pushes a word for the ADC's CS register, one DMA channel writes it there, another
stores the result and re-arms the first. What the interrupt at the end does is hal/judged.py.
"""

from array import array

import rp2
from micropython import const
from uctypes import addressof

from hal import dma, judged, regs
from hal.judged import STATE

# Samples that may wait while nobody can judge them: a page of flash is written in 3 ms
_RING = const(8)
# Halfwords into a ring of eight, enabled; its interrupt tells
_STORE = const(1 << 10 | 4 << 6 | 1 << 5 | 1 << 2 | 1)
_PIO1_RX0 = const(12)
_ADC_REQUEST = const(36)
# PIO 1's machine that watches leg B of channel 1, as MicroPython counts them; of channel 2 two on
_LEG_B = const(5)


def _limits(index, first):
    """Addresses of what the interrupts go by, which does not change while armed: a channel's fields
    from `first` on.
    """
    at = addressof(STATE) + 4 * judged.at(index)
    return [at + 4 * field for field in range(first, judged.SUM)]


def _fault_address(index):
    """Where the place in FAULTS stands that a channel's interrupt has found."""
    return addressof(STATE) + 4 * (judged.at(index) + judged.FAULT)


def _ask_at_b(index, handlers):
    """The monitor of a channel's leg B interrupts when its leg has risen."""
    machine = rp2.StateMachine(_LEG_B + 2 * index)  # type: ignore[call-arg]
    machine.irq(handlers[index], trigger=1, hard=True)


class NoMeter:
    """A channel whose current the board does not measure: nothing is ever taken, and nothing is
    ever wrong.
    """

    fitted = False
    adc_input = at_us = 0
    fault = ""
    last = (0, 0)
    controls = fixed = ()

    def __init__(self, index):
        self.limits = _limits(index, judged.FEEDER)
        # The word there stays 0
        self.fault_address = _fault_address(index)
        _ask_at_b(index, (judged.rose_1, judged.rose_2))

    def start(self, most, lead_off_from, both_phases, too_soon_us):
        """Nothing to start."""

    def begin(self):
        """The same."""

    def taken(self, into):
        """Nothing."""
        into[0] = into[1] = into[2] = 0

    def stop(self):
        """Nothing to stop."""


class Meter:
    """One channel's samples."""

    fitted = True

    def __init__(self, index, adc_input, compare, shift, full_counts):
        self.adc_input = adc_input
        self._at = judged.at(index)
        self._state = addressof(STATE) + 4 * self._at
        self.fault_address = _fault_address(index)
        self.limits = _limits(index, 0)
        self._known = array("i", [0] * judged.FIELDS)
        self._now = array("i", [0] * judged.FIELDS)
        self._ring = array("H", [0] * _RING)
        pair = self._pair = dma.Pair()
        self._take, self._store = pair.base
        self.controls = pair.controls
        # Addresses that never change
        self.fixed = (self._take + dma.READ, self._take + dma.WRITE, self._store + dma.READ)
        self._request = _PIO1_RX0 + 2 * index
        self._source = regs.PIO_RXF0 + regs.PIO_BLOCK_BYTES + 8 * index
        for field, value in (
            (judged.SLOTS, addressof(self._ring)),
            (judged.COMPARE, compare),
            (judged.SHIFT, shift),
            (judged.FULL, full_counts),
            (judged.STORE_BIT, 1 << pair.numbers[1]),
        ):
            STATE[self._at + field] = value
        pair.channels[1].irq(judged.stored, hard=True)
        _ask_at_b(index, (judged.risen_1, judged.risen_2))

    @property
    def fault(self):
        """What was wrong with a sample, or ""."""
        return judged.FAULTS[STATE[self._at + judged.FAULT]]

    @property
    def at_us(self):
        """TIMER_US of the last sample of a phase A, 0 before the first."""
        return STATE[self._at + judged.AT_US]

    @property
    def last(self):
        """Newest samples of phase A and phase B, in counts."""
        return STATE[self._at + judged.LAST_A], STATE[self._at + judged.LAST_B]

    def start(self, most, lead_off_from, both_phases, too_soon_us):
        """From the next pulse on."""
        at = self._at
        for field, value in (
            (judged.MOST, most),
            (judged.LEAD_OFF_FROM, lead_off_from),
            (judged.BOTH, both_phases),
            (judged.TOO_SOON, too_soon_us),
        ):
            STATE[at + field] = value
        for field in range(judged.SUM, judged.FIELDS):
            STATE[at + field] = self._known[field] = 0
        ring = addressof(self._ring)
        STATE[at + judged.SEEN] = ring >> 1
        STATE[at + judged.STORE_ADDRESS] = self._store + dma.WRITE
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
        STATE[self._at + judged.AT_US] = 0

    def taken(self, into):
        """Since the last time: pulses, sum of their counts in phase A, and of the differences A
        - B, into a list of three.
        """
        judged.look(self._state, self._now)
        into[0] = regs.grown(self._now, judged.PULSES, self._known)
        into[1] = regs.grown(self._now, judged.SUM, self._known)
        into[2] = regs.grown(self._now, judged.NET, self._known)

    def stop(self):
        STATE[self._at + judged.STORE_ADDRESS] = 0
        self._pair.stop()
