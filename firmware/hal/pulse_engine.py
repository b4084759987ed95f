"""Pulse engine: two pulse machines (SM0, SM1) on one clock, each fed by two DMA channels that take turns.

A block is one finite DMA transfer from one of two buffers; the next is chained only once it is written. When a block is
late, the machine stalls with its legs low and `dry()` says so: nothing is ever repeated. Allocates nothing after construction.
"""

from array import array

import rp2
from micropython import const
from uctypes import addressof

from hal import regs
from hal.pio_programs import START, TRIG, block0

PULSES_A_BLOCK = const(32)
_WORDS = const(64)
_DMA = const(0x50000000)
_DMA_ABORT = const(0x50000444)
_BUSY = const(1 << 24)
_CTRL = const(1 << 21 | 1 << 4 | 2 << 2 | 1)  # quiet, read address counts up, words, enabled
_SIDE_EN = const(1 << 30)


class Program:
    """Block 0's instructions, assembled at build time, and the EXECCTRL its wrap needs."""

    def __init__(self):
        self.execctrl = 1 << 7 | 15 << 12 | _SIDE_EN
        self._words = block0[0]

    def load(self):
        """Write the instruction memory, machines stopped."""
        for i, word in enumerate(self._words):
            regs.write(regs.PIO_INSTR_MEM + 4 * i, word)


class _Feeder:
    """Feeds one pulse machine from two buffers in turn."""

    def __init__(self, machine):
        self.machine = machine
        self._buffers = (array("H", bytes(4 * _WORDS)), array("H", bytes(4 * _WORDS)))
        dmas = (rp2.DMA(), rp2.DMA())
        self._dmas = dmas  # keeps the channels claimed
        request = machine.index << 15  # DREQ_PIO0_TX0 + index
        numbers = [d.channel for d in dmas]
        self._ctrl_alone = [_CTRL | n << 11 | request for n in numbers]
        self._ctrl_chain = [_CTRL | n << 11 | request for n in reversed(numbers)]
        base = [_DMA + 0x40 * n for n in numbers]
        self._read_address = base
        self._write_address = [b + 4 for b in base]
        self._count = [b + 8 for b in base]
        self._ctrl_trigger = [b + 12 for b in base]
        self._ctrl = [b + 16 for b in base]  # AL1_CTRL: no trigger
        self._source = [addressof(b) for b in self._buffers]
        self._target = regs.PIO_TXF0 + 4 * machine.index
        self._now = 0  # the buffer being sent
        self.abort_bits = 1 << numbers[0] | 1 << numbers[1]
        self.train = None

    def _prepare(self, i):
        self.train.fill(self._buffers[i], PULSES_A_BLOCK)
        regs.write(self._ctrl[i], self._ctrl_alone[i])
        regs.write(self._read_address[i], self._source[i])
        regs.write(self._write_address[i], self._target)
        regs.write(self._count[i], _WORDS)

    def start(self, train):
        """Send the first block now, the second chained behind it."""
        self.train = train
        self._now = 0
        self._prepare(0)
        self._prepare(1)
        regs.write(self._ctrl_trigger[0], self._ctrl_chain[0])

    def round(self):
        """Refill the buffer that has been sent. False when the other one ran out before it was chained."""
        sent = self._now
        if regs.read(self._ctrl[sent]) & _BUSY:
            return True
        sending = 1 - sent
        self._now = sending
        self._prepare(sent)
        regs.write(self._ctrl[sending], self._ctrl_chain[sending])
        return bool((regs.read(self._ctrl[sending]) | regs.read(self._ctrl[sent])) & _BUSY)

    def emitted(self):
        """Pulses begun or done: those whose words have left DMA and FIFO."""
        waiting = 0
        for i in (0, 1):
            if regs.read(self._ctrl[i]) & _BUSY:
                waiting += regs.read(self._count[i])
            elif i != self._now:
                waiting += _WORDS
        level = regs.read(regs.PIO_FLEVEL) >> 8 * self.machine.index & 15
        # A rest word is taken well before its pulse word: a pulse is out when both are.
        return self.train.pulses - (waiting + level + 1) // 2


class PulseEngine:
    """`start(trains)`, `round()` often enough, `stop()`. `trains` is a list of (channel 1|2, Train)."""

    def __init__(self, pins, program):
        self._program = program
        self._sync = pins["SYNC_OUT"][0]
        self._trig = pins["TRIG_IN"][0]
        self._legs = [pins["CH%d_A" % c][0] for c in (1, 2)]
        self.feeders = [_Feeder(regs.StateMachine(i)) for i in (0, 1)]
        self._running = []
        self._bits = 0

    def _configure(self):
        """Load the program; the pulse machine drives two legs by SET and SYNC_OUT by side-set, and reads TRIG_IN."""
        self._program.load()
        for feeder, leg in zip(self.feeders, self._legs):
            machine = feeder.machine
            sync_only = 1 << 26 | 2 << 29 | self._sync << 10 | self._sync << 5
            machine.configure(1, self._program.execctrl, 1 << 19, sync_only)
            machine.execute(0xE081)  # set pindirs, 1: SYNC_OUT is an output
            machine.configure(1, self._program.execctrl, 1 << 19,
                              2 << 26 | 2 << 29 | self._trig << 15 | self._sync << 10 | leg << 5)
        regs.gpio_function(self._sync, regs.FUNC_PIO0)

    def prepare(self):
        """Machines stopped and set up, before the guard arms."""
        regs.write(regs.PIO_CTRL, 0)
        self._configure()

    def start(self, trains, on_trigger=False):
        """Start the trains of all channels with one write, on one clock."""
        self._running = [self.feeders[channel - 1] for channel, _ in trains]
        self._bits = 0
        for channel, train in trains:
            feeder = self.feeders[channel - 1]
            feeder.machine.clear_fifo()
            feeder.machine.jump(TRIG if on_trigger else START)
            feeder.start(train)
            self._bits |= feeder.machine.ctrl_bit
        # Stall flags of the past would look like a dry engine.
        regs.write(regs.PIO_FDEBUG, self._bits << 24)
        regs.write(regs.PIO_CTRL, regs.read(regs.PIO_CTRL) | self._bits)

    def round(self):
        """Keep the trains fed. False when the engine ran dry."""
        for feeder in self._running:
            if not feeder.round():
                return False
        return not regs.read(regs.PIO_FDEBUG) >> 24 & self._bits

    def stop(self):
        """No further pulse; one that has begun is completed, balanced, by its machine alone."""
        bits = 0
        for feeder in self._running:
            bits |= feeder.abort_bits
        regs.write(_DMA_ABORT, bits)
        while regs.read(_DMA_ABORT) & bits:
            pass
        for feeder in self._running:
            feeder.machine.clear_fifo()
        self._running = []
