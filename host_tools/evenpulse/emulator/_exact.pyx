# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The exact run loop in C: the same behaviour as `exact.py`, which explains every rule. Keep the
two in step.

tests/twin holds them against each other, edge for edge. It must not know the board or the world
around the chip.
"""

from libc.math cimport ceil
from libc.stdlib cimport calloc, free

from rp2040py.native._cortex_m0_core cimport CortexM0Core
from rp2040py.native._gpio_pin cimport GPIOPin
from rp2040py.native._pio cimport RPPIO
from rp2040py.native._rp2040 cimport RP2040
from rp2040py.native._simulation_clock cimport ClockAlarm, SimulationClock
from rp2040py.native._state_machine cimport StateMachine

cdef long long NEVER = <long long>1 << 62
cdef double CLOCK_NS = 8.0
# On silicon's time: silicon.py says what they are and where from.
cdef enum:
    MISS_CLOCKS = 48
    ENTRY_CLOCKS = 15
    RETURN_CLOCKS = 10
cdef enum:
    NO_LOOP = 0
    LOOP_X = 1
    LOOP_Y = 2
    LOOP_FOREVER = 3

include "_memory.pxi"
include "_dma.pxi"
include "_devices.pxi"


cdef class ExactLoop:
    """Runs the chip clock by clock, jumping over clocks in which nothing can happen."""

    cdef RP2040 rp2040
    cdef CortexM0Core core
    cdef SimulationClock clock
    cdef RPPIO pio0
    cdef RPPIO pio1
    cdef list machines
    cdef list pins
    cdef readonly long long now
    cdef public bint frozen
    cdef public bint stop
    cdef public long long pio_steps
    cdef public long long instructions
    cdef cpu thumb
    cdef Devices devices
    cdef object read_sio
    cdef object write_sio
    cdef bint slept
    cdef unsigned int slept_in
    cdef long long cpu_at
    cdef long long pio_through
    cdef int side_loops
    cdef long long wait_fp[8]
    cdef int exec_pc[8]
    cdef int loop_kind[8]
    cdef bint loop_side[8]
    cdef long long loop_start[8]
    cdef long long loop_period[8]
    cdef long long loop_count[8]

    def __init__(self, rp2040):
        cdef int k
        self.rp2040 = rp2040
        self.core = self.rp2040.core
        self.clock = self.rp2040.clock
        self.pio0 = rp2040.pio[0]
        self.pio1 = rp2040.pio[1]
        self.devices = Devices()
        self.devices.exec_pc = self.exec_pc
        self._set_up_cpu()
        self.pins = self.rp2040.gpio
        self.machines = list(self.pio0.machines) + list(self.pio1.machines)
        self.now = <long long>(self.clock._nanos_counter / CLOCK_NS)
        self.cpu_at = self.now
        self.timer_was_reset()
        self.pio_through = self.now - 1
        self._share_divider(self.rp2040.sio)
        self.frozen = False
        self.stop = False
        for k in range(8):
            self.wait_fp[k] = -1
            self.exec_pc[k] = -1
            self.loop_kind[k] = NO_LOOP

    cdef _set_up_cpu(self):
        self.thumb.registers = &self.core.registers[0]
        self.thumb.rom = <unsigned char*>&self.rp2040._bootrom[0]
        self.thumb.flash = &self.rp2040._flash[0]
        self.thumb.ram = &self.rp2040._sram[0]
        self.thumb.flash_bytes = self.rp2040.flash_byte_size
        self.thumb.ram_bytes = self.rp2040.ram_byte_size
        self.thumb.read, self.thumb.write = read_device, write_device
        self.thumb.owner = <void*>self.devices
        if SILICON:
            self.thumb.xip = <xip*>calloc(1, sizeof(xip))
            self.thumb.xip.miss_clocks = MISS_CLOCKS
        self.thumb.translates = can_translate(&self.thumb)

    def __dealloc__(self):
        free(self.thumb.xip)

    def set_cache(self, bint on):
        """The cache before flash is emptied, and asked from now on or not; without SILICON there
        is none.
        """
        if SILICON:
            xip_flush(self.thumb.xip)
            self.thumb.xip.is_off = not on

    def set_layout(self, unsigned int layout):
        """From now on lines fall on each other as if flash had been linked in another order; the
        cache is emptied.
        """
        if SILICON:
            xip_flush(self.thumb.xip)
            self.thumb.xip.layout = layout

    @property
    def translates(self):
        """Whether what runs often is done in the host's own code; can be set to False."""
        return bool(self.thumb.translates)

    @translates.setter
    def translates(self, bint wanted):
        self.thumb.translates = wanted and can_translate(&self.thumb)

    @property
    def translated(self):
        """Instructions that were done so."""
        return self.thumb.translated

    @property
    def blocks(self):
        """Stretches of code that were made into such for this chip."""
        return self.thumb.blocks

    def run_to(self, long long target):
        cdef long long at_alarm, at_pio, at_cpu, due
        self.stop = False
        while not self.stop:
            at_alarm = self._next_alarm_clock()
            due = min(self.pio0.next_due_fp, self.pio1.next_due_fp)
            at_pio = max((due + 255) >> 8, self.pio_through + 1)
            at_cpu = NEVER if self.frozen or self.core.waiting else max(self.cpu_at, self.now)
            if min(at_alarm, min(at_pio, at_cpu)) >= target:
                self._move_to(target)
                break
            if at_alarm <= at_pio and at_alarm <= at_cpu:
                self._fire_alarms(at_alarm)
            elif at_pio <= at_cpu:
                self._run_pio(at_pio)
            else:
                self.cpu_at = at_cpu
                self._run_cpu(target)
        self.materialize(0)
        self.materialize(1)

    cdef long long _next_alarm_clock(self):
        cdef long long clock
        if self.clock._next_alarm is None:
            return NEVER
        clock = <long long>ceil(self.clock._next_alarm.nanos / CLOCK_NS)
        return max(clock, self.now)

    cdef void _move_to(self, long long clock):
        """Make `clock` the present; nothing may be due before it."""
        if clock > self.now:
            self.now = clock
            self.clock._nanos_counter = clock * CLOCK_NS
            self._set_cycle()

    cdef void _set_cycle(self):
        cdef long long cycle_fp = max(self.now, self.pio_through + 1) << 8
        self.pio0.cycle_fp = cycle_fp
        self.pio1.cycle_fp = cycle_fp

    cdef int _fire_alarms(self, long long clock) except -1:
        cdef double before = self.clock._nanos_counter
        self.now = clock
        self._set_cycle()
        self.clock.tick(clock * CLOCK_NS - before)
        return 0

    cdef int _run_cpu(self, long long target) except -1:
        """Execute instructions until something else comes first."""
        cdef CortexM0Core core = self.core
        cdef long long clock, until, executed
        while True:
            clock = self.cpu_at
            until = min(target, self._next_event_clock())
            if clock >= until:
                break
            if SILICON and self._enters_exception(clock):
                continue
            executed = 0
            if not (core.interrupts_updated and may_interrupt(core)):
                executed = thumb(core, &self.thumb, &self.cpu_at, until)
            if executed:
                self.instructions += executed
                core.cycles += self.cpu_at - clock
                self._cpu_ran_at(self.thumb.now)
                continue
            if SILICON and self.cpu_at != clock:
                # Its words have come from flash; it begins now.
                core.cycles += self.cpu_at - clock
                continue
            self.instructions += 1
            self._cpu_ran_at(clock)
            self.cpu_at = clock + (self._execute_on_silicon() if SILICON
                                   else core.execute_instruction())
            if core.waiting or self.stop or self.frozen:
                break
        if self.now >= self.cpu_at:
            self.cpu_at = self.now + 1
        return 0

    cdef int _enters_exception(self, long long clock) except -1:
        """An exception takes its clocks as a step of its own: here, or before, while the core was
        asleep.
        """
        cdef CortexM0Core core = self.core
        cdef bint entered = self.slept and core.ipsr != self.slept_in
        self.slept = False
        if not entered and core.interrupts_updated and may_interrupt(core):
            entered = core.check_for_interrupts()
        if entered:
            self._cpu_ran_at(clock)
            core.cycles += ENTRY_CLOCKS
            self.cpu_at = clock + ENTRY_CLOCKS
        return entered

    cdef int _execute_on_silicon(self) except -1:
        """One instruction on the emulator's core, with what that does not count."""
        cdef CortexM0Core core = self.core
        cdef unsigned int ipsr = core.ipsr
        cdef unsigned int op = core.rp2040.read_uint16(core.registers[15] & ~1U)
        cdef int more = op >> 8 == 0xB5 or op >> 8 == 0xBD
        cdef int spent = core.execute_instruction()
        if core.ipsr != ipsr:
            more += RETURN_CLOCKS
        if core.waiting:
            self.slept, self.slept_in = True, core.ipsr
        core.cycles += more
        return spent + more

    cdef inline long long _next_event_clock(self):
        """First clock that belongs to the state machines or to an alarm."""
        cdef long long due = min(self.pio0.next_due_fp, self.pio1.next_due_fp)
        cdef long long clock = (due + 255) >> 8
        if self.clock._next_alarm is not None:
            clock = min(clock, <long long>ceil(self.clock._next_alarm.nanos / CLOCK_NS))
        return clock

    cdef inline void _cpu_ran_at(self, long long clock):
        """The last instruction began at this clock: the present, and the next clock of the state
        machines, follow it.
        """
        self.now = clock
        self.pio_through = clock
        self.pio0.cycle_fp = self.pio1.cycle_fp = (clock << 8) + 256
        self.clock._nanos_counter = clock * CLOCK_NS

    cdef int _run_pio(self, long long clock) except -1:
        cdef long long clock_fp = clock << 8
        cdef unsigned int values0, values1, dirs0, dirs1
        self._move_to(clock)
        if self.side_loops:
            self._unroll_side_loops(clock_fp)
        values0, dirs0 = self.pio0.pin_values, self.pio0.pin_directions
        values1, dirs1 = self.pio1.pin_values, self.pio1.pin_directions
        self._run_block(self.pio0, 0, clock_fp)
        self._run_block(self.pio1, 4, clock_fp)
        self.pio_through = clock
        self._set_cycle()
        if self.side_loops and (
            values0 != self.pio0.pin_values or dirs0 != self.pio0.pin_directions
            or values1 != self.pio1.pin_values or dirs1 != self.pio1.pin_directions
        ):
            self._unroll_side_loops(clock_fp + 256)
        self.pio0.recompute_due()
        self.pio1.recompute_due()
        self.pio0.check_changed_pins()
        self.pio1.check_changed_pins()
        return 0

    cdef int _run_block(self, RPPIO pio, int base, long long clock_fp) except -1:
        cdef StateMachine machine
        cdef int k
        for k in range(base, base + 4):
            machine = <StateMachine>self.machines[k]
            if not machine.enabled or machine.waiting:
                continue
            if self.wait_fp[k] >= 0 or self.exec_pc[k] >= 0:
                self._woken(machine, k)
            if machine.next_due_fp <= clock_fp:
                self._step(pio, machine, k, clock_fp)
        return 0

    cdef void _woken(self, StateMachine machine, int k):
        """Put the end of a stall on the machine's own clock grid, and undo the PC step of a forced
        instruction.
        """
        cdef long long spent_fp = (1 + max(machine.wait_delay, 0)) * machine.div_fp
        cdef long long seen_fp = machine.next_due_fp - spent_fp
        cdef long long late_fp = seen_fp - self.wait_fp[k]
        if self.wait_fp[k] >= 0:
            if late_fp > 0:
                late_fp = (late_fp + machine.div_fp - 1) // machine.div_fp * machine.div_fp
            else:
                late_fp = 0
            machine.next_due_fp = self.wait_fp[k] + late_fp + spent_fp
        if self.exec_pc[k] >= 0:
            machine.pc = self.exec_pc[k]
        self.wait_fp[k] = -1
        self.exec_pc[k] = -1

    cdef int _step(self, RPPIO pio, StateMachine machine, int k, long long clock_fp) except -1:
        cdef long long due_fp = machine.next_due_fp
        cdef unsigned int pc = machine.pc
        cdef unsigned int opcode = pio.instructions[pc]
        cdef int stalled
        self._end_loop(k)
        pio.cycle_fp = due_fp
        self.pio_steps += 1
        if opcode >> 13 == 0 and self._jump(machine, opcode):
            if opcode & 0x1F == pc and machine.pc == pc:
                self._skip_loop(machine, k, opcode, machine.next_due_fp - due_fp)
            return 0
        stalled = self._stalled(k & 4)
        machine.step()
        if machine.waiting:
            self.wait_fp[k] = machine.next_due_fp
        elif opcode >> 13 == 0 and opcode & 0x1F == pc and machine.pc == pc:
            self._skip_loop(machine, k, opcode, machine.next_due_fp - due_fp)
        stalled &= ~self._stalled(k & 4)
        if stalled:
            self._delay_woken(k & 4, stalled, clock_fp + 256 - due_fp)
        return 0

    cdef bint _jump(self, StateMachine machine, unsigned int opcode):
        """JMP without side-set, nine of ten steps, in C; False with nothing done for what the
        emulator has to do.
        """
        cdef unsigned int condition = opcode >> 5 & 7, spent = 1 + (opcode >> 8 & 31)
        cdef bint taken
        if machine.pin_ctrl >> 29 or machine.waiting or machine.exec_valid or machine.due_rearmed:
            return False
        if condition == 0:
            taken = True
        elif condition == 1:
            taken = machine.x == 0
        elif condition == 2:
            taken = machine.x != 0
            machine.x -= 1
        elif condition == 3:
            taken = machine.y == 0
        elif condition == 4:
            taken = machine.y != 0
            machine.y -= 1
        elif condition == 5:
            taken = machine.x != machine.y
        elif condition == 6 and machine.exec_ctrl >> 24 & 31 < 30:
            taken = input_value(<GPIOPin>self.pins[machine.exec_ctrl >> 24 & 31])
        else:
            return False
        if taken:
            machine.pc = opcode & 0x1F
        elif machine.pc == machine.exec_ctrl >> 12 & 31:
            machine.pc = machine.exec_ctrl >> 7 & 31
        else:
            machine.pc = machine.pc + 1 & 31
        machine.cycles += spent
        machine.next_due_fp += spent * machine.div_fp
        machine.update_pc = not taken
        return True

    cdef int _stalled(self, int base):
        cdef int k, mask = 0
        for k in range(base, base + 4):
            if (<StateMachine>self.machines[k]).waiting:
                mask |= 1 << k
        return mask

    cdef void _delay_woken(self, int base, int mask, long long by_fp):
        """What one machine does in a clock another one sees in the next."""
        cdef int k
        for k in range(base, base + 4):
            if mask & (1 << k):
                (<StateMachine>self.machines[k]).next_due_fp += by_fp

    cdef void _skip_loop(
        self, StateMachine machine, int k, unsigned int opcode, long long period_fp
    ):
        cdef unsigned int condition = (opcode >> 5) & 0x7
        if condition == 6:
            return
        self.loop_start[k] = machine.next_due_fp
        self.loop_period[k] = period_fp
        if condition == 2:
            self.loop_kind[k], self.loop_count[k] = LOOP_X, machine.x
            machine.x = 0
        elif condition == 4:
            self.loop_kind[k], self.loop_count[k] = LOOP_Y, machine.y
            machine.y = 0
        else:
            self.loop_kind[k], self.loop_count[k] = LOOP_FOREVER, NEVER
        if self.loop_kind[k] == LOOP_FOREVER:
            machine.next_due_fp = NEVER
        else:
            machine.next_due_fp += self.loop_count[k] * period_fp
        self.loop_side[k] = drives_side_set(machine, opcode)
        self.side_loops += self.loop_side[k]

    cdef void _end_loop(self, int k):
        if self.loop_kind[k]:
            self.loop_kind[k] = NO_LOOP
            self.side_loops -= self.loop_side[k]

    cdef void _unroll(self, int k, long long upto_fp):
        """Give a skipped loop back the state it has before `upto_fp`."""
        cdef StateMachine machine = <StateMachine>self.machines[k]
        cdef long long rounds = 0
        if upto_fp - 256 >= self.loop_start[k]:
            rounds = (upto_fp - 256 - self.loop_start[k]) // self.loop_period[k] + 1
        rounds = min(rounds, self.loop_count[k])
        machine.next_due_fp = self.loop_start[k] + rounds * self.loop_period[k]
        if self.loop_kind[k] == LOOP_X:
            machine.x = <unsigned int>(self.loop_count[k] - rounds)
        elif self.loop_kind[k] == LOOP_Y:
            machine.y = <unsigned int>(self.loop_count[k] - rounds)
        self._end_loop(k)

    cdef void _unroll_side_loops(self, long long upto_fp):
        cdef int k
        for k in range(8):
            if self.loop_kind[k] and self.loop_side[k]:
                self._unroll(k, upto_fp)

    def materialize(self, int block):
        """Call before anything looks at or changes the machines of a block from outside."""
        cdef RPPIO pio = self.pio1 if block else self.pio0
        cdef StateMachine machine
        cdef int k
        for k in range(4 * block, 4 * block + 4):
            machine = <StateMachine>self.machines[k]
            if self.loop_kind[k]:
                self._unroll(k, pio.cycle_fp)
            if not machine.waiting and (self.wait_fp[k] >= 0 or self.exec_pc[k] >= 0):
                self._woken(machine, k)
        pio.recompute_due()

    def _share_divider(self, sio):
        """One divider for both: a division that begins here may end in the emulator, when an
        interrupt falls due in between.
        """
        self.read_sio, self.write_sio = sio.read_uint32, sio.write_uint32
        sio.read_uint32, sio.write_uint32 = self._read_sio, self._write_sio

    def _read_sio(self, unsigned int offset):
        cdef unsigned int value
        if 0x60 <= offset <= 0x78 and sio_read(&self.devices.divider, 0xD0000000U + offset, &value):
            return value
        return self.read_sio(offset)

    def _write_sio(self, unsigned int offset, value):
        cdef unsigned int word = <unsigned int>(int(value) & 0xFFFFFFFF)
        cdef unsigned int address = 0xD0000000U + offset
        if not 0x60 <= offset <= 0x74 or not sio_write(&self.devices.divider, address, word):
            self.write_sio(offset, value)

    def blocks_are_there(self):
        """From now on registers of the chip's blocks may be read past the bus."""
        take_dma_and_fifos(self.rp2040)
        self.devices.find(self.rp2040)

    def timer_was_reset(self):
        """The timer counts from another moment on."""
        self.devices.timer_epoch_ns = self.rp2040.timer._epoch_nanos

    def forget_stall(self, int block, int index):
        """The machine was restarted or sent elsewhere: its stall is over without having ended."""
        self.wait_fp[4 * block + index] = -1
        self.exec_pc[4 * block + index] = -1

    def keep_pc(self, int block, int index, int pc):
        """A forced instruction stalls: when it ends the machine goes on at `pc`."""
        self.wait_fp[4 * block + index] = -1
        self.exec_pc[4 * block + index] = pc


cdef bint input_value(GPIOPin pin):
    """What the pad's input gives to the chip: input enable, then INOVER."""
    cdef bint level = pin._eff_raw_input() and pin.pad_value & 0x40
    cdef unsigned int override = pin.ctrl >> 16 & 3
    return level if override == 0 else not level if override == 1 else override == 3


cdef bint drives_side_set(StateMachine machine, unsigned int opcode):
    cdef unsigned int bits = machine.pin_ctrl >> 29
    return bits != 0 and (not machine.exec_ctrl & 0x40000000 or opcode & 0x1000 != 0)
