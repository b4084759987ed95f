"""Pulse engine: a pulse machine a channel (SM0, SM1) on one clock, each fed by a DMA channel that
sends the words of one pulse and stops.

Who judges a pulse has the next one's sent (hal/judged.py), from one of two buffers. Where nobody
does, or a buffer is late, the machine stalls with its legs low and `round` says so: nothing is ever
repeated, and no pulse follows one that nobody has seen. Allocates nothing after construction.
"""

from array import array

from micropython import const
from uctypes import addressof

from hal import dma, judged, regs
from hal.judged import STATE, sent
from hal.pins import of_channels
from hal.pio_programs import START, TRIG, WRAP, WRAP_TARGET, block0

PULSES_A_BLOCK = const(32)
_BOTH = const(64)
# Behind a buffer's words come zeros, and one that makes all sum to 0: the watch looks, eight at a
# time
_SUMMED = const(104)
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
        self.buffers = [addressof(b) for b in self._buffers]
        self._dma = dma.Alone()
        base = self._dma.base
        # DREQ_PIO0_TX0 + index
        self._control = self._dma.control(_CTRL, machine.index)
        self.controls = [base + dma.CTRL]
        # An address that never changes
        self.fixed = [base + dma.WRITE]
        self._target = regs.PIO_TXF0 + 4 * machine.index
        self.abort_bits = self._dma.bit
        self._at = judged.at(machine.index)
        STATE[self._at + judged.FEEDER] = base
        STATE[self._at + judged.WORDS], STATE[self._at + judged.WORDS + 1] = self.buffers
        self._train = None
        # Pulses of the train that have been written
        self._written = 0

    def _fill(self):
        i = self._written // PULSES_A_BLOCK & 1
        self._train.fill(self._buffers[i], PULSES_A_BLOCK)
        regs.seal(self.buffers[i], _SUMMED)
        self._written += PULSES_A_BLOCK

    def write_next(self, train):
        """Before `start`: write one of a train's first two blocks. False when both are there."""
        if self._train is not train:
            self._train, self._written = train, 0
        if self._written == _BOTH:
            return False
        self._fill()
        return True

    def start(self, train):
        """Send the first pulse's words now; each pulse that is judged sends the next one's."""
        # Ends: after two blocks
        while self.write_next(train):
            pass
        base = self._dma.base
        regs.write(base + dma.CTRL, self._control)
        regs.write(base + dma.READ, self._end_of(-1))
        regs.write(base + dma.WRITE, self._target)
        STATE[self._at + judged.FIRST] = STATE[self._at + judged.PULSES]
        self._release()
        judged.send(self._at)

    def _release(self):
        """What is written may be sent."""
        STATE[self._at + judged.UNTIL] = STATE[self._at + judged.FIRST] + self._written

    def round(self):
        """Refill the buffer that has been sent."""
        if sent(self._at) > self._written - PULSES_A_BLOCK:
            self._fill()
            self._release()

    def why_dry(self):
        """Why its machine has no words: none were written in time or DMA did not send them, or the
        pulse before was not judged.
        """
        place = sent(self._at) - 1
        all_sent = regs.read(self._dma.base + dma.READ) == self._end_of(place)
        return "no_measurement" if place < self._written and all_sent else "engine_dry"

    def _end_of(self, place):
        """Where a pulse's words end, and DMA stands once it has sent them."""
        nth = place % PULSES_A_BLOCK + 1
        return self.buffers[place // PULSES_A_BLOCK & 1] + judged.PULSE_BYTES * nth

    def stop(self):
        """No further pulse is sent."""
        STATE[self._at + judged.UNTIL] = 0
        self._train = None


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
        """Keep the trains fed. 0, or a channel whose machine has no words or was stopped by
        somebody else.
        """
        lost = (~regs.read(regs.PIO_CTRL) | regs.read(regs.PIO_FDEBUG) >> 24) & self._bits
        if lost:
            return 1 if lost & 1 else 2
        for feeder in self._running:
            feeder.round()
        return 0

    def stop(self):
        """No further pulse; one that has begun is completed, balanced, by its machine alone."""
        bits = 0
        for feeder in self._running:
            feeder.stop()
            bits |= feeder.abort_bits
        dma.stop(bits)
        for feeder in self._running:
            feeder.machine.clear_fifo()
        self._running = []
        # where a machine stands for its next word is no pulse: between sessions all can be measured
        self.places[0] = self.places[1] = 0
