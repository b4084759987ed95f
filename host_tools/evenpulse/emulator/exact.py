"""The exact run loop, in plain Python: the reference for `_exact.pyx`, and its replacement where
that is not built.

The chip is driven by events in the order of integer system clocks (8 ns): alarms of the emulator's
clock (DMA, timers, USB), then the state machines of both PIO blocks, then the CPU. So no clock is
lost, and an edge's clock is `now`.

* `cycle_fp` of both blocks is the next PIO clock that has not run yet: what the CPU or an alarm
  does to a state machine takes effect there. Machines see in a clock what was on the pins before
  it: pins change after all machines have run.
* A machine that stalls costs nothing. Its end is put on its own clock grid (`_woken`), divider and
  all.
* A jump to itself is stepped over: state and due time are those of its last round. `materialize`
  gives the state of the present back to whoever looks from outside.
"""

import math

from rp2040py.peripherals.pio import RPPIO, StateMachine
from rp2040py.rp2040 import RP2040

from evenpulse.emulator.silicon import SiliconTime

NEVER = 1 << 62
CLOCK_NS = 8
_LOOP_X, _LOOP_Y, _LOOP_FOREVER = 1, 2, 3
_JMP_X_DEC, _JMP_Y_DEC, _JMP_PIN = 2, 4, 6


class _Loop:
    """A jump to itself that is being stepped over."""

    def __init__(self, kind: int, start_fp: int, period_fp: int, rounds: int, drives_pins: bool):
        self.kind, self.start_fp, self.period_fp = kind, start_fp, period_fp
        self.rounds, self.drives_pins = rounds, drives_pins

    def rounds_before(self, upto_fp: int) -> int:
        """Rounds run before a clock: a round that is due between two clocks runs in the later
        one.
        """
        return max(0, min(self.rounds, (upto_fp - 256 - self.start_fp) // self.period_fp + 1))


class ExactLoop:
    """Runs the chip clock by clock, jumping over clocks in which nothing can happen."""

    def __init__(self, rp2040: RP2040, silicon_time: bool = False):
        self.rp2040, self.core, self.clock = rp2040, rp2040.core, rp2040.clock
        self._silicon = SiliconTime(rp2040) if silicon_time else None
        self.pios = rp2040.pio
        self.machines = [machine for pio in rp2040.pio for machine in pio.machines]
        self.now = int(self.clock.nanos / CLOCK_NS)
        # True: the CPU executes nothing, everything else goes on
        self.frozen = False
        # Set it from a hook to leave run_to early
        self.stop = False
        self.pio_steps = self.instructions = 0
        self._cpu_at = self.now
        # The last clock that the state machines have run
        self._pio_through = self.now - 1
        # Clock grid of a stalled machine
        self._wait_fp: list[int | None] = [None] * 8
        # Where a machine goes on after a forced instruction that stalls
        self._exec_pc: list[int | None] = [None] * 8
        self._loops: list[_Loop | None] = [None] * 8

    def run_to(self, target: int) -> None:
        """Run everything before clock `target`, which is then about to begin; or until `stop` is
        set.
        """
        self.stop = False
        (first, second), core = self.pios, self.core
        # A million instructions are compared with the compiled loop's: no call that can be saved
        while not self.stop:
            at_alarm = self._next_alarm_clock()
            due_fp, other_fp = first.next_due_fp, second.next_due_fp
            at_pio = (due_fp if due_fp < other_fp else other_fp) + 255 >> 8
            if at_pio <= self._pio_through:
                at_pio = self._pio_through + 1
            at_cpu = self._cpu_at if self._cpu_at > self.now else self.now
            if self.frozen or core.waiting:
                at_cpu = NEVER
            if at_cpu < at_alarm and at_cpu < at_pio and at_cpu < target:
                self._run_cpu(at_cpu)
            elif at_alarm >= target and at_pio >= target and at_cpu >= target:
                self._move_to(target)
                break
            elif at_alarm <= at_pio and at_alarm <= at_cpu:
                self._move_to(at_alarm, fire=True)
            else:
                self._run_pio(at_pio)
        self.materialize(0)
        self.materialize(1)

    def _next_alarm_clock(self) -> int:
        if not self.clock.has_scheduled_alarm:
            return NEVER
        nanos = self.clock.nanos + self.clock.nanos_to_next_alarm
        return max(math.ceil(nanos / CLOCK_NS), self.now)

    def _move_to(self, clock: int, fire: bool = False) -> None:
        """Make `clock` the present; the emulator's clock follows in exact multiples of 8 ns."""
        if clock > self.now or fire:
            self.now = clock
            self._set_cycle()
            self.clock.tick(clock * CLOCK_NS - self.clock.nanos)

    def _set_cycle(self) -> None:
        for pio in self.pios:
            pio.cycle_fp = max(self.now, self._pio_through + 1) << 8

    def _run_cpu(self, clock: int) -> None:
        self._pio_through = self.now = clock
        for pio in self.pios:
            pio.cycle_fp = clock + 1 << 8
        self.clock.tick(clock * CLOCK_NS - self.clock.nanos)
        if self._silicon and (waits := self._silicon.entry() or self._silicon.fetch()):
            self.core.cycles += waits
            self._cpu_at = clock + waits
            return
        spent = self._silicon.execute() if self._silicon else self.core.execute_instruction()
        self._cpu_at = clock + (spent or 1)
        self.instructions += 1

    def _run_pio(self, clock: int) -> None:
        self._move_to(clock)
        self._unroll_driving_loops(clock << 8)
        before = self._pin_state()
        for pio, base in zip(self.pios, (0, 4)):
            self._run_block(pio, base, clock << 8)
        self._pio_through = clock
        self._set_cycle()
        if self._pin_state() != before:
            self._unroll_driving_loops((clock + 1) << 8)
        for pio in self.pios:
            pio.recompute_due()
        for pio in self.pios:
            pio.check_changed_pins()

    def _pin_state(self) -> list[int]:
        return [bits for pio in self.pios for bits in (pio.pin_values, pio.pin_directions)]

    def _run_block(self, pio: RPPIO, base: int, clock_fp: int) -> None:
        for k in range(base, base + 4):
            machine = self.machines[k]
            if not machine.enabled or machine.waiting:
                continue
            self._woken(machine, k)
            if machine.next_due_fp <= clock_fp:
                self._step(pio, machine, k, clock_fp)

    def _woken(self, machine: StateMachine, k: int) -> None:
        """Put the end of a stall on the machine's own clock grid, and undo the PC step of a forced
        instruction.
        """
        grid_fp, pc = self._wait_fp[k], self._exec_pc[k]
        self._wait_fp[k] = self._exec_pc[k] = None
        if grid_fp is not None:
            spent_fp = (1 + max(machine.wait_delay, 0)) * machine.div_fp
            late_fp = max(0, machine.next_due_fp - spent_fp - grid_fp)
            machine.next_due_fp = (
                grid_fp + -(-late_fp // machine.div_fp) * machine.div_fp + spent_fp
            )
        if pc is not None:
            machine.pc = pc

    def _step(self, pio: RPPIO, machine: StateMachine, k: int, clock_fp: int) -> None:
        due_fp, pc = machine.next_due_fp, machine.pc
        opcode = pio.instructions[pc]
        stalled = [other for other in pio.machines if other.waiting]
        self._loops[k] = None
        pio.cycle_fp = due_fp
        machine.step()
        self.pio_steps += 1
        if machine.waiting:
            self._wait_fp[k] = machine.next_due_fp
        elif opcode >> 13 == 0 and opcode & 0x1F == pc == machine.pc:
            self._skip_loop(machine, k, opcode, machine.next_due_fp - due_fp)
        for other in stalled:
            # What one machine does in a clock another one sees in the next
            if not other.waiting:
                other.next_due_fp += clock_fp + 256 - due_fp

    def _skip_loop(self, machine: StateMachine, k: int, opcode: int, period_fp: int) -> None:
        condition = opcode >> 5 & 0x7
        kind, rounds = _LOOP_FOREVER, NEVER
        if condition == _JMP_PIN:
            return
        if condition == _JMP_X_DEC:
            kind, rounds, machine.x = _LOOP_X, machine.x, 0
        elif condition == _JMP_Y_DEC:
            kind, rounds, machine.y = _LOOP_Y, machine.y, 0
        self._loops[k] = _Loop(
            kind, machine.next_due_fp, period_fp, rounds, _drives_side_set(machine, opcode)
        )
        machine.next_due_fp = (
            NEVER if kind == _LOOP_FOREVER else machine.next_due_fp + rounds * period_fp
        )

    def _unroll(self, k: int, upto_fp: int) -> None:
        """Give a skipped loop back the state it has before `upto_fp`."""
        loop, machine = self._loops[k], self.machines[k]
        # Only a loop that was skipped is unrolled
        assert loop is not None
        rounds = loop.rounds_before(upto_fp)
        machine.next_due_fp = loop.start_fp + rounds * loop.period_fp
        if loop.kind == _LOOP_X:
            machine.x = loop.rounds - rounds
        elif loop.kind == _LOOP_Y:
            machine.y = loop.rounds - rounds
        self._loops[k] = None

    def _unroll_driving_loops(self, upto_fp: int) -> None:
        """A loop that drives pins by side-set drives them every round: others may have changed them
        meanwhile.
        """
        for k, loop in enumerate(self._loops):
            if loop and loop.drives_pins:
                self._unroll(k, upto_fp)

    def materialize(self, block: int) -> None:
        """Call before anything looks at or changes the machines of a block from outside."""
        pio = self.pios[block]
        for k in range(4 * block, 4 * block + 4):
            if self._loops[k]:
                self._unroll(k, pio.cycle_fp)
            if not self.machines[k].waiting:
                self._woken(self.machines[k], k)
        pio.recompute_due()

    def set_cache(self, on: bool) -> None:
        """The cache before flash is emptied, and asked from now on or not, on silicon's time."""
        if self._silicon:
            self._silicon.cache.set_on(on)

    def set_layout(self, layout: int) -> None:
        """From now on lines fall on each other as if flash had been linked in another order; the
        cache is emptied.
        """
        if self._silicon:
            self._silicon.cache.set_layout(layout)

    def blocks_are_there(self) -> None:
        """Every block of the chip is on the bus; only a loop that reads them itself must know."""

    def timer_was_reset(self) -> None:
        """The timer counts from another moment on; only a loop that reads it itself must know."""

    def forget_stall(self, block: int, index: int) -> None:
        """The machine was restarted or sent elsewhere: its stall is over without having ended."""
        self._wait_fp[4 * block + index] = self._exec_pc[4 * block + index] = None

    def keep_pc(self, block: int, index: int, pc: int) -> None:
        """A forced instruction stalls: when it ends the machine goes on at `pc`."""
        self._wait_fp[4 * block + index], self._exec_pc[4 * block + index] = None, pc


def _drives_side_set(machine: StateMachine, opcode: int) -> bool:
    optional = machine.exec_ctrl & 0x40000000
    return bool(machine.pin_ctrl >> 29) and (not optional or bool(opcode & 0x1000))
