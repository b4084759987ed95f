"""A PIO block of the RP2040: the model our pulse programs are held against, from the datasheet
alone.

Four machines, 32 instructions, 32 GPIOs, 8 IRQ flags. A write in clock t shows on the pin, and as
an edge, at t + 1. A level driven at clock t is seen by the machines at t + 2 (3.5.6.3), at t where
the synchroniser is bypassed. Not here: the CPU's registers (but INSTR), DMA timing (a fed FIFO is
never late), pads that are slow or analog.
"""

import heapq
from collections import deque, namedtuple

from reference_machine import ALL_BITS, FOREVER, Config, Machine, rotated_left
from reference_ticks import Ticks
from reference_turns import Turns

__all__ = ["Block", "Config", "Edge", "Push", "rotated_left"]

SYNCHRONISER_CLOCKS = 2
# So far several machines run ahead of the clock at once: not all of it may count.
AHEAD_CLOCKS = 2_000

# Output register and output enable of a pin from this clock on.
Edge = namedtuple("Edge", "clock pin level oe")
# A word is in the RX FIFO of a machine from this clock on; `kept` is false when the FIFO was full.
Push = namedtuple("Push", "clock machine kept")


class Block:
    """Machines {number: Config} running `opcodes` from clock 0. `closed_form=False` steps every
    clock.
    """

    def __init__(
        self,
        opcodes,
        machines,
        *,
        levels=0,
        directions=0,
        pulls_up=0,
        sync_bypass=0,
        closed_form=True,
    ):
        if len(opcodes) > 32:
            raise ValueError(f"{len(opcodes)} instructions: a PIO block holds 32")
        self.opcodes = list(opcodes) + [0] * (32 - len(opcodes))
        self.levels, self.directions, self.external = levels, directions, pulls_up
        self.sync_bypass, self.closed_form = sync_bypass, closed_form
        self.clock, self.irq, self.changed_at = 0, 0, 0
        self.edges, self.irq_edges, self.pushes = [], [], []
        self._scheduled, self._order, self._synchronising = [], 0, deque()
        self._synchronised = self._pads = self._pad_levels()
        self._irq_sets = self._irq_clears = 0
        self.machines = {n: Machine(self, n, config) for n, config in sorted(machines.items())}
        self._ticks = {n: Ticks(machine.config) for n, machine in self.machines.items()}
        # Clock of each machine's last step
        self._seen_at = dict.fromkeys(self.machines, -1)

    # -- the world around the block ----------------------------------------------------------------

    def feed(self, number, words):
        """Words of machine `number`, brought by a DMA that is always in time."""
        fifo = self.machines[number].tx
        fifo.source.extend(words)
        fifo.refill()
        self.changed_at = self.clock

    def drain(self, number):
        """Empty the RX FIFO of machine `number` at once from now on; returns the list that
        fills.
        """
        self.machines[number].rx.sink = []
        return self.machines[number].rx.sink

    def push(self, number, word, clock):
        """The CPU writes one word at `clock`; a full FIFO loses it."""
        self._schedule(clock, lambda: self.machines[number].tx.put(word))

    def drive(self, pin, level, clock):
        """The world drives `pin` from `clock` on; it shows wherever the block does not drive it."""
        self._schedule(clock, lambda: self._drive(pin, level))

    def execute(self, number, opcode):
        """The CPU writes INSTR of machine `number` now: pins show it from the next clock on."""
        machine, new = self.machines[number], [self.levels, self.directions]
        machine.force(opcode)
        self._apply(machine.writes, new)
        self._write_irq()
        self._write_pins(*new)
        self.changed_at = self.clock

    def call(self, function, clock):
        """Run `function(block)` just before `clock`: for what a test wants to do or see in the
        middle.
        """
        self._schedule(clock, lambda: function(self))

    def _schedule(self, clock, action):
        if clock < self.clock:
            raise ValueError(f"clock {clock} is in the past, the block is at {self.clock}")
        self._order += 1
        heapq.heappush(self._scheduled, (clock, self._order, action))

    def _drive(self, pin, level):
        self.external = self.external & ~(1 << pin) | level << pin
        self._pads_changed(self.clock)

    # -- what machines see and do ------------------------------------------------------------------

    @property
    def inputs(self):
        return self._pads & self.sync_bypass | self._synchronised & ~self.sync_bypass

    def would_change(self, is_direction, mask, value):
        return bool(((self.directions if is_direction else self.levels) ^ value) & mask)

    def set_irq(self, flag):
        self._irq_sets |= 1 << flag

    def clear_irq(self, flag):
        self._irq_clears |= 1 << flag

    def pushed(self, number, kept):
        self.pushes.append(Push(self.clock + 1, number, kept))

    # -- time --------------------------------------------------------------------------------------

    def run(self, clocks):
        """Run for `clocks` system clocks and return all edges so far."""
        end = self.clock + clocks
        while self.clock < end:
            if self.closed_form:
                self._jump(self._next_clock(end))
            if self.clock < end:
                self._happen()
                self._step()
        return self.edges

    def _happen(self):
        """What the world brings at the beginning of this clock."""
        while self._scheduled and self._scheduled[0][0] <= self.clock:
            heapq.heappop(self._scheduled)[2]()
            self.changed_at = self.clock
        while self._synchronising and self._synchronising[0][0] <= self.clock:
            self._synchronised = self._synchronising.popleft()[1]
            self.changed_at = self.clock

    def _next_clock(self, end):
        """First clock from now, up to `end`, in which anything can change that shows. What
        machines do before it is done then, where it concerns each alone.
        """
        nearest = min(end, self._scheduled[0][0] if self._scheduled else FOREVER)
        if self._synchronising:
            nearest = min(nearest, self._synchronising[0][0])
        silent = {}
        for number, machine in self.machines.items():
            if nearest <= self.clock:
                return nearest
            at = self._ticks[number].clock_of(self._quiet_cycles(number, machine))
            if machine.stalled or not machine.is_silent():
                nearest = min(nearest, at)
            elif at < nearest:
                silent[number] = at
        return self._run_ahead(silent, nearest) if silent else nearest

    def _run_ahead(self, begins, until):
        """Machines, from the clocks at which they begin, up to the first instruction of one of them
        that concerns others. Who has come further by then goes back and there again: it might see
        what that does.
        """
        silent = list(begins)
        if len(silent) > 1:
            until = min(until, min(begins.values()) + AHEAD_CLOCKS)
        before = {
            number: (dict(vars(self.machines[number])), self._ticks[number].next)
            for number in silent[:-1]
        }
        came_to = {}
        for number in silent:
            came_to[number] = until = self._run_silent(number, until)
        for number in silent[:-1]:
            if came_to[number] > until:
                kept, self._ticks[number].next = before[number]
                vars(self.machines[number]).update(kept)
                self._run_silent(number, until)
        return until

    def _run_silent(self, number, until):
        """One machine, up to a clock or an instruction that concerns others; gives that clock."""
        machine, ticks = self.machines[number], self._ticks[number]
        turns = Turns(machine, ticks)
        while (at := ticks.clock_of(quiet := machine.quiet_cycles())) < until:
            machine.skip(quiet)
            ticks.take(quiet)
            if not machine.is_silent():
                return at
            before = machine.pc
            turns.about_to(self.opcodes[before])
            machine.step()
            ticks.take(1)
            if machine.pc <= before:
                turns.came_back(until)
        return until

    def _quiet_cycles(self, number, machine):
        if not machine.stalled:
            return machine.quiet_cycles()
        fights = any(self.would_change(*write) for write in machine.writes)
        return FOREVER if self._waits_on(number, machine) and not fights else 0

    def _waits_on(self, number, machine):
        """True for a stalled machine that has looked since the last change: it would stall
        again.
        """
        return self.closed_form and machine.stalled and self._seen_at[number] >= self.changed_at

    def _jump(self, clock):
        if clock == self.clock:
            return
        for number, machine in self.machines.items():
            machine.skip(self._ticks[number].take_before(clock))
        self.clock = clock

    def _step(self):
        """One clock: the machines whose dividers tick run; of their writes the highest number
        wins.
        """
        new = [self.levels, self.directions]
        for number, machine in self.machines.items():
            if not self._ticks[number].take_before(self.clock + 1):
                continue
            if not self._waits_on(number, machine):
                machine.step()
                self._seen_at[number] = self.clock
            # A stalled machine repeats its side-set
            self._apply(machine.writes, new)
        self._write_irq()
        self._write_pins(*new)
        self.clock += 1

    @staticmethod
    def _apply(writes, new):
        for is_direction, mask, value in writes:
            new[is_direction] = new[is_direction] & ~mask | value

    def _write_irq(self):
        """Flags written in one clock show in the next; set wins over clear (the datasheet is
        silent).
        """
        irq = self.irq & ~self._irq_clears | self._irq_sets
        self._irq_sets = self._irq_clears = 0
        if irq != self.irq:
            self.irq_edges += [
                (self.clock + 1, flag, irq >> flag & 1) for flag in bits_of(irq ^ self.irq)
            ]
            self.irq, self.changed_at = irq, self.clock + 1

    def _write_pins(self, levels, directions):
        changed = (levels ^ self.levels) | (directions ^ self.directions)
        if not changed:
            return
        self.levels, self.directions, at = levels, directions, self.clock + 1
        self.edges += [
            Edge(at, pin, levels >> pin & 1, directions >> pin & 1) for pin in bits_of(changed)
        ]
        self._pads_changed(at)
        self.changed_at = at

    def _pad_levels(self):
        return self.levels & self.directions | self.external & ~self.directions & ALL_BITS

    def _pads_changed(self, clock):
        self._pads = self._pad_levels()
        self._synchronising.append((clock + SYNCHRONISER_CLOCKS, self._pads))


def bits_of(word):
    return [bit for bit in range(32) if word >> bit & 1]
