"""Pulse engine: a pulse machine a channel (SM0, SM1) on one clock, each fed by two DMA channels
that take turns.

A block is one finite DMA transfer from one of two buffers; the next is chained only once it is
written. When a block is late, the machine stalls with its legs low and `round` says so: nothing is
ever repeated. Allocates nothing after construction.
"""

from array import array

from micropython import const
from uctypes import addressof

from hal import dma, regs
from hal.pins import of_channels
from hal.pio_programs import START, TRIG, WRAP, WRAP_TARGET, block0

PULSES_A_BLOCK = const(32)
_WORDS_A_PULSE = const(3)
_WORDS = const(96)
# Behind a buffer's words come zeros, and one that makes all sum to 0: the watch looks, eight at a
# time
_SUMMED = const(104)
_BUSY = const(1 << 24)
# Quiet, read address counts up, words, enabled
_CTRL = const(1 << 21 | 1 << 4 | 2 << 2 | 1)
_SIDE_EN = const(1 << 30)
_SHIFT_RIGHT = const(1 << 19)
# PIO_CTRL: SM_RESTART lies 4 bits above SM_ENABLE
_RESTART = const(4)
_SET_PINS_0 = const(0xE000)
_SET_PINDIRS_1 = const(0xE081)
_WAIT_PIN_LOW = const(0x2020)
# GPIO_CTRL INOVER
_INPUT_FORCED_HIGH = const(3 << 16)


class Program:
    """Block 0's instructions, assembled at build time, and the EXECCTRL of its wrap, without
    side-set.
    """

    def __init__(self):
        self.execctrl = WRAP_TARGET << 7 | WRAP << 12
        self._words = block0[0]

    def load(self):
        """Write the instruction memory, machines stopped."""
        for i, word in enumerate(self._words):
            regs.write(regs.PIO_INSTR_MEM + 4 * i, word)


class _Feeder:
    """Feeds one pulse machine from two buffers in turn. `buffers`: their addresses, of `words`
    words each that sum to 0.
    """

    words = _SUMMED

    def __init__(self, machine):
        self.machine = machine
        self._buffers = (array("H", bytes(4 * _SUMMED)), array("H", bytes(4 * _SUMMED)))
        pair = self._pair = dma.Pair()
        # DREQ_PIO0_TX0 + index
        request = machine.index
        self._ctrl_alone = [pair.control(i, _CTRL, request, alone=True) for i in (0, 1)]
        self._ctrl_chain = [pair.control(i, _CTRL, request) for i in (0, 1)]
        self._read_address = pair.base
        self._count = [base + dma.COUNT for base in pair.base]
        self._ctrl_trigger = [base + dma.CTRL_TRIGGER for base in pair.base]
        self._ctrl = self.controls = pair.controls
        # Addresses that never change
        self._write_address = self.fixed = [base + dma.WRITE for base in pair.base]
        self.buffers = [addressof(b) for b in self._buffers]
        self._target = regs.PIO_TXF0 + 4 * machine.index
        # The buffer being sent
        self._now = 0
        self.abort_bits = pair.bits
        self.train = None
        # Buffers that hold this train's next words while nothing is sent
        self._written = 0

    def _fill(self, i):
        self.train.fill(self._buffers[i], PULSES_A_BLOCK)
        regs.seal(self.buffers[i], _SUMMED)

    def write_next(self, train):
        """Before `start`: write one of a train's first two blocks. False when both are there."""
        if self.train is not train:
            self.train, self._written = train, 0
        if self._written == 2:
            return False
        self._fill(self._written)
        self._written += 1
        return True

    def _prepare(self, i):
        regs.write(self._ctrl[i], self._ctrl_alone[i])
        regs.write(self._read_address[i], self.buffers[i])
        regs.write(self._write_address[i], self._target)
        regs.write(self._count[i], _WORDS)

    def start(self, train):
        """Send the first block now, the second chained behind it."""
        # Ends: after two blocks
        while self.write_next(train):
            pass
        self._now = self._written = 0
        self._prepare(0)
        self._prepare(1)
        regs.write(self._ctrl_trigger[0], self._ctrl_chain[0])

    def round(self):
        """Refill the buffer that has been sent. False when the other one ran out before it was
        chained.
        """
        sent = self._now
        if regs.read(self._ctrl[sent]) & _BUSY:
            return True
        sending = 1 - sent
        self._now = sending
        self._fill(sent)
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
        return self.train.pulses - (waiting + level) // _WORDS_A_PULSE


class PulseEngine:
    """`prepare()`, `start(trains)`, `round()` often enough, `stop()`. `settle_count` is the
    settle word before the first pulse.
    """

    def __init__(self, pins, program, settle_count):
        self._program = program
        self._sync = pins["SYNC_OUT"][0]
        # Without TRIG_IN no program that waits for it is taken: its instruction is never reached.
        self._trig = pins["TRIG_IN" if "TRIG_IN" in pins else "SYNC_OUT"][0]
        self._legs = of_channels(pins, "A")
        self.feeders = [_Feeder(regs.StateMachine(i)) for i in range(len(self._legs))]
        self._settle_count = settle_count
        self._running = []
        self._trains = []
        self._bits = 0
        # Address registers of the running machines: where in the pulse they are
        self.places = array("i", [0, 0])

    def prepare(self):
        """Machines stopped and set up, before the guard arms.

        The pulse machine drives two legs by SET and SYNC_OUT by side-set, and reads TRIG_IN.
        """
        regs.write(regs.PIO_CTRL, 0)
        self._program.load()
        execctrl = self._program.execctrl | _SIDE_EN
        for feeder, leg in zip(self.feeders, self._legs):
            machine = feeder.machine
            machine.configure(1, execctrl, _SHIFT_RIGHT, 1 << 26 | self._sync << 5)
            # SYNC_OUT is an output, and low: it may have been cut off while high
            machine.execute(_SET_PINS_0)
            machine.execute(_SET_PINDIRS_1)
            machine.configure(
                1,
                execctrl,
                _SHIFT_RIGHT,
                2 << 26 | 2 << 29 | self._trig << 15 | self._sync << 10 | leg << 5,
            )
        regs.gpio_function(self._sync, regs.FUNC_PIO0)

    def write_next(self, trains):
        """Before a start, once a round: write one block that these trains still lack. All of a
        sweep's in one round would take most of what the dead-man allows.
        """
        for channel, train, _ in trains:
            if self.feeders[channel - 1].write_next(train):
                return

    def start(self, trains):
        """Start trains with one write, on one clock: list of (channel, Train, start count)."""
        self._begin(trains)
        for channel, _, count in trains:
            machine = self.feeders[channel - 1].machine
            machine.jump(START)
            machine.put(count)
            machine.put(self._settle_count)
        self._run()

    def start_on_trigger(self, trains):
        """The same, but the first pulse comes when TRIG_IN goes high; high already, it must go
        low first.
        """
        self._begin(trains)
        # Until both machines run they see a line that is high: an edge between the writes cannot
        # start one and not the other.
        regs.gpio_function(self._trig, regs.FUNC_NULL | _INPUT_FORCED_HIGH)
        for channel, _, _ in trains:
            machine = self.feeders[channel - 1].machine
            machine.jump(TRIG)
            machine.execute(_WAIT_PIN_LOW)
        self._run()
        regs.gpio_function(self._trig, regs.FUNC_NULL)

    def _begin(self, trains):
        self._running = [self.feeders[channel - 1] for channel, _, _ in trains]
        self._trains = [train for _, train, _ in trains]
        self._bits = self.places[0] = self.places[1] = 0
        for feeder in self._running:
            self.places[feeder.machine.index] = feeder.machine.place
            feeder.machine.clear_fifo()
            self._bits |= feeder.machine.ctrl_bit
        # A machine that was stopped in a stalled `pull` must forget it, or it would take the first
        # word for its own.
        regs.write(regs.PIO_CTRL, regs.read(regs.PIO_CTRL) & 15 | self._bits << _RESTART)

    def _run(self):
        for feeder, train in zip(self._running, self._trains):
            feeder.start(train)
        # Stall flags of the past would look like a dry engine.
        regs.write(regs.PIO_FDEBUG, self._bits << 24)
        regs.write(regs.PIO_CTRL, regs.read(regs.PIO_CTRL) | self._bits)

    def started(self):
        """False while the machines wait for their trigger."""
        return bool(self._running) and self._running[0].machine.address() != TRIG

    def round(self):
        """Keep the trains fed. False when the engine ran dry, or somebody else stopped its
        machines.
        """
        if regs.read(regs.PIO_CTRL) & self._bits != self._bits:
            return False
        for feeder in self._running:
            if not feeder.round():
                return False
        return not regs.read(regs.PIO_FDEBUG) >> 24 & self._bits

    def stop(self):
        """No further pulse; one that has begun is completed, balanced, by its machine alone."""
        bits = 0
        for feeder in self._running:
            bits |= feeder.abort_bits
        dma.stop(bits)
        for feeder in self._running:
            feeder.machine.clear_fifo()
        self._running = []
        # where a machine stands for its next word is no pulse: between sessions all can be measured
        self.places[0] = self.places[1] = 0
