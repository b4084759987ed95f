"""One PIO state machine, from chapter 3 of the RP2040 datasheet alone: registers, FIFOs, nine
instructions.

A machine knows nothing of clocks: `step` is one of its own (divided) cycles, `skip` is many at once
in closed form. It asks its block for inputs and IRQ flags, and hands pin writes back. Section
numbers below are the datasheet's.
"""

from collections import deque
from dataclasses import dataclass

ALL_BITS = 0xFFFF_FFFF
FOREVER = float("inf")
JMP, WAIT, IN, OUT, PUSH_PULL, MOV, IRQ, SET = range(8)
# Destinations and sources of OUT and IN; MOV and SET use part of them
PINS, X, Y, NULL, PINDIRS, PC, ISR, OSR = range(8)
MOV_EXEC, STATUS, OUT_EXEC = 4, 5, 7
# (instruction, destination) of what beside JMP only a machine itself has to do with.
_SILENT = {(MOV, X), (MOV, Y), (MOV, ISR), (MOV, OSR), (SET, X), (SET, Y)}


@dataclass(frozen=True)
class Config:
    """Configuration registers of one machine; counts and thresholds in plain numbers (32 is 32,
    not 0).
    """

    start_pc: int = 0
    wrap_bottom: int = 0
    wrap_top: int = 31
    out_base: int = 0
    out_count: int = 32
    set_base: int = 0
    set_count: int = 5
    in_base: int = 0
    jmp_pin: int = 0
    side_base: int = 0
    # Bits of the delay/side-set field, the enable bit included
    side_count: int = 0
    side_optional: bool = False
    side_pindirs: bool = False
    in_right: bool = True
    out_right: bool = True
    autopush: bool = False
    autopull: bool = False
    push_threshold: int = 32
    pull_threshold: int = 32
    # "", "tx" or "rx"
    join: str = ""
    # 1..65536
    divider_int: int = 1
    divider_256ths: int = 0
    status_rx: bool = False
    status_level: int = 0
    # Undefined on silicon at power-on: tests choose
    x: int = 0
    y: int = 0


class Fifo:
    """A FIFO of `depth` words; DMA that is always in time fills it from `source`, empties it to
    `sink`.
    """

    def __init__(self, depth):
        self.depth, self.words, self.source, self.sink = depth, deque(), deque(), None

    def refill(self):
        while self.source and len(self.words) < self.depth:
            self.words.append(self.source.popleft())

    def put(self, word):
        """Append a word; False, and the word is lost, when the FIFO is full."""
        if len(self.words) >= self.depth:
            return False
        if self.sink is None:
            self.words.append(word)
        else:
            self.sink.append(word)
        return True

    def get(self):
        word = self.words.popleft()
        self.refill()
        return word

    @property
    def full(self):
        return len(self.words) >= self.depth


def pin_write(base, count, value):
    """(mask, value) over the 32 GPIOs of `count` bits from `base`, wrapping after GPIO 31
    (3.5.6.1).
    """
    ones = (1 << count) - 1
    return rotated_left(ones, base), rotated_left(value & ones, base)


def rotated_left(value, by):
    return (value << by | value >> (32 - by)) & ALL_BITS


class Machine:
    """State machine `number` of `block`; `writes` are the pin writes of its last step, the last
    one wins.
    """

    def __init__(self, block, number, config):
        self.block, self.number, self.config = block, number, config
        self.pc, self.x, self.y = config.start_pc, config.x, config.y
        self.isr, self.isr_count = 0, 0
        # Nothing left to shift out (3.2.3.3)
        self.osr, self.osr_count = 0, 32
        self.delay, self.stalled, self.irq_waiting = 0, False, False
        # Instruction of OUT EXEC or MOV EXEC, executed next (3.5.7)
        self.latch = None
        self.writes = []
        # delay/side-set fields decoded so far
        self._fields = {}
        self.set_join(config.join)

    def set_join(self, join):
        """Join the FIFOs. Changing FJOIN flushes both (SHIFTCTRL); a stolen FIFO is both full
        and empty.
        """
        self.tx = Fifo({"": 4, "tx": 8, "rx": 0}[join])
        self.rx = Fifo({"": 4, "tx": 0, "rx": 8}[join])

    # -- one cycle ---------------------------------------------------------------------------------

    def force(self, opcode):
        """The CPU writes INSTR: executed at once, clock divider or not; one that stalls stays
        latched (3.5.7).
        """
        self.writes, self.latch = [], opcode
        self._execute()
        # Delay cycles of such an instruction are ignored
        self.delay = 0

    def step(self):
        """Run one cycle: a delay cycle, a stalled cycle, or an instruction."""
        self.writes = []
        if self.delay:
            self.delay -= 1
        else:
            self._execute()
        self._autopull()

    def _execute(self):
        opcode = self.block.opcodes[self.pc] if self.latch is None else self.latch
        op, destination, low = opcode >> 13, opcode >> 5 & 7, opcode & 31
        side, delay = self._side_and_delay(opcode >> 8 & 31)
        self.next_pc, self.next_latch, self.delay_counts = self._following(), None, True
        self.stalled = bool(_EXECUTE[op](self, destination, low))
        # Side-set takes effect although the instruction stalls, and wins over OUT and SET (3.5.1).
        if side is not None:
            self.writes.append(side)
        if not self.stalled:
            self.pc, self.latch = self.next_pc, self.next_latch
            # Begins when a stall has ended (3.2.4)
            self.delay = delay if self.delay_counts else 0

    def _following(self):
        """The PC does not advance when the instruction came from the EXEC latch (3.5.7)."""
        if self.latch is not None:
            return self.pc
        return self.config.wrap_bottom if self.pc == self.config.wrap_top else (self.pc + 1) & 31

    def _side_and_delay(self, field):
        """Side-set write (or None) and delay cycles in bits 12:8 of an instruction (3.4.1,
        3.5.1).
        """
        if field not in self._fields:
            self._fields[field] = self._decoded_field(field)
        return self._fields[field]

    def _decoded_field(self, field):
        config = self.config
        delay_bits = 5 - config.side_count
        delay, value = field & ((1 << delay_bits) - 1), field >> delay_bits
        count = config.side_count - config.side_optional
        if count < 1 or config.side_optional and not value >> count & 1:
            return None, delay
        return (config.side_pindirs, *pin_write(config.side_base, count, value)), delay

    def _autopull(self):
        """Refill an empty OSR in any cycle (3.5.4.2): after the last OUT, or later when a word
        arrives.
        """
        if self._may_autopull():
            self.osr, self.osr_count = self.tx.get(), 0
            # An OUT that waited for this looks again
            self.stalled = False

    def _may_autopull(self):
        return (
            self.config.autopull and self.osr_count >= self.config.pull_threshold and self.tx.words
        )

    # -- the nine instructions: a true result means stalled ----------------------------------------

    def _jmp(self, condition, address):
        x, y = self.x, self.y
        if condition == 2:
            # The decrement does not depend on the condition (3.4.2)
            self.x = (x - 1) & ALL_BITS
        elif condition == 4:
            self.y = (y - 1) & ALL_BITS
        taken = (
            True,
            not x,
            x,
            not y,
            y,
            x != y,
            self.block.inputs >> self.config.jmp_pin & 1,
            self.osr_count < self.config.pull_threshold,
        )[condition]
        if taken:
            self.next_pc = address

    def _wait(self, polarity_and_source, index):
        polarity, source = polarity_and_source >> 2, polarity_and_source & 3
        if source == 2:
            flag = self._flag(index)
            stalled = (self.block.irq >> flag & 1) != polarity
            if polarity and not stalled:
                self.block.clear_irq(flag)
            return stalled
        pin = index if source == 0 else (index + self.config.in_base) & 31
        return (self.block.inputs >> pin & 1) != polarity

    def _in(self, source, count):
        count = count or 32
        value = self._read(source) & ((1 << count) - 1)
        if self.config.in_right:
            shifted = self.isr >> count | value << (32 - count)
        else:
            shifted = (self.isr << count | value) & ALL_BITS
        total = min(32, self.isr_count + count)
        if self.config.autopush and total >= self.config.push_threshold:
            if self.rx.full:
                # The whole IN waits: nothing is shifted yet (3.5.4.1)
                return True
            self._receive(shifted)
            shifted, total = 0, 0
        self.isr, self.isr_count = shifted, total

    def _out(self, destination, count):
        if self.config.autopull and self.osr_count >= self.config.pull_threshold:
            # An empty OSR cannot be filled and used in one cycle (3.5.4.2)
            return True
        count = count or 32
        if self.config.out_right:
            value, self.osr = self.osr & ((1 << count) - 1), self.osr >> count
        else:
            value, self.osr = self.osr >> (32 - count), self.osr << count & ALL_BITS
        self.osr_count = min(32, self.osr_count + count)
        if destination == OUT_EXEC:
            self._exec(value)
        elif destination == ISR:
            self.isr, self.isr_count = value, count
        else:
            self._write(destination, value, self.config.out_base, self.config.out_count)

    def _push_pull(self, kind, _):
        is_pull, conditional, block = kind >> 2, kind >> 1 & 1, kind & 1
        return (self._pull if is_pull else self._push)(conditional, block)

    def _push(self, if_full, block):
        if if_full and self.isr_count < self.config.push_threshold:
            return False
        if block and self.rx.full:
            return True
        # Without `block` a full FIFO drops it, and the ISR is cleared all the same
        self._receive(self.isr)
        self.isr, self.isr_count = 0, 0

    def _receive(self, word):
        self.block.pushed(self.number, self.rx.put(word))

    def _pull(self, if_empty, block):
        if if_empty and self.osr_count < self.config.pull_threshold:
            return False
        if self.config.autopull and not self.osr_count:
            # With autopull a PULL of a full OSR does nothing (3.4.7, 3.5.4.2)
            return False
        if block and not self.tx.words:
            return True
        self.osr, self.osr_count = (self.tx.get() if self.tx.words else self.x), 0

    def _mov(self, destination, operation_and_source):
        operation, source = operation_and_source >> 3, operation_and_source & 7
        value = self._status() if source == STATUS else self._read(source)
        if operation == 1:
            value ^= ALL_BITS
        elif operation == 2:
            value = int(f"{value:032b}"[::-1], 2)
        if destination == MOV_EXEC:
            self._exec(value)
        elif destination == ISR:
            self.isr, self.isr_count = value, 0
        elif destination == OSR:
            self.osr, self.osr_count = value, 0
        else:
            self._write(destination, value, self.config.out_base, self.config.out_count)

    def _irq(self, clear_and_wait, index):
        clear, wait = clear_and_wait >> 1 & 1, clear_and_wait & 1
        flag = self._flag(index)
        if self.irq_waiting:
            self.irq_waiting = bool(self.block.irq >> flag & 1)
            return self.irq_waiting
        if clear:
            self.block.clear_irq(flag)
        else:
            self.block.set_irq(flag)
            self.irq_waiting = bool(wait)
        return self.irq_waiting

    def _set(self, destination, value):
        # Reserved for SET
        if destination != PC:
            self._write(destination, value, self.config.set_base, self.config.set_count)

    # -- what instructions share -------------------------------------------------------------------

    def _flag(self, index):
        """IRQ flag 0-7; with the MSB of the index, the machine's number is added modulo 4
        (3.4.9).
        """
        return index & 4 | (index + self.number) & 3 if index & 16 else index & 7

    def _read(self, source):
        if source == PINS:
            return rotated_left(self.block.inputs, -self.config.in_base % 32)
        return {X: self.x, Y: self.y, ISR: self.isr, OSR: self.osr}.get(source, 0)

    def _status(self):
        words = (self.rx if self.config.status_rx else self.tx).words
        return ALL_BITS if len(words) < self.config.status_level else 0

    def _exec(self, value):
        self.next_latch, self.delay_counts = value & 0xFFFF, False

    def _write(self, destination, value, base, count):
        if destination in (PINS, PINDIRS):
            self.writes.append((destination == PINDIRS, *pin_write(base, count, value)))
        elif destination == X:
            self.x = value
        elif destination == Y:
            self.y = value
        elif destination == PC:
            self.next_pc = value & 31

    # -- closed form -------------------------------------------------------------------------------

    def quiet_cycles(self):
        """Cycles in which an unstalled machine does nothing that shows, if nothing outside
        changes.
        """
        if self._may_autopull():
            return 0
        if self.delay:
            return self.delay
        opcode = self.block.opcodes[self.pc] if self.latch is None else self.latch
        side, delay = self._side_and_delay(opcode >> 8 & 31)
        if side is not None and self.block.would_change(*side):
            return 0
        return self._self_jumps(opcode) * (1 + delay)

    def is_silent(self):
        """The next instruction changes nothing but the machine itself, and cannot stall."""
        if self.latch is not None or self.config.autopull:
            return False
        opcode = self.block.opcodes[self.pc]
        if opcode >> 13 != JMP and (opcode >> 13, opcode >> 5 & 7) not in _SILENT:
            return False
        side = self._side_and_delay(opcode >> 8 & 31)[0]
        return side is None or not self.block.would_change(*side)

    def _self_jumps(self, opcode):
        """Times that a jump to itself (`jmp`, `jmp x--`, `jmp y--`) will be taken; 0 for
        anything else.
        """
        if self.latch is not None or opcode >> 13 != JMP or opcode & 31 != self.pc:
            return 0
        return {0: FOREVER, 2: self.x, 4: self.y}.get(opcode >> 5 & 7, 0)

    def skip(self, cycles):
        """Take `cycles` quiet cycles at once."""
        if self.delay:
            self.delay -= cycles
        elif cycles and not self.stalled:
            self._skip_loop(cycles)

    def _skip_loop(self, cycles):
        opcode = self.block.opcodes[self.pc]
        length = 1 + self._side_and_delay(opcode >> 8 & 31)[1]
        turns = -(-cycles // length)
        self.delay = turns * length - cycles
        condition = opcode >> 5 & 7
        if condition == 2:
            self.x -= turns
        elif condition == 4:
            self.y -= turns


_EXECUTE = (
    Machine._jmp,
    Machine._wait,
    Machine._in,
    Machine._out,
    Machine._push_pull,
    Machine._mov,
    Machine._irq,
    Machine._set,
)
