"""A PIO block on the bus, with what the emulator's own register interface lacks: joined FIFOs,
forced instructions out of a stall, machines that look again when they are enabled. It tells the run
loop when somebody looks.
"""

from rp2040py.peripherals.peripheral import ATOMIC_NORMAL, atomic_update
from rp2040py.peripherals.pio import RPPIO, StateMachine

from evenpulse.emulator.emulated import Loop

_SM_FIRST, _SM_BYTES, _SM_END = 0xC8, 0x18, 0x128
_EXECCTRL_STALLED, _SHIFTCTRL, _INSTR, _PINCTRL = 1 << 31, 8, 16, 20
_INSTR_MEM, _INSTR_MEM_END = 0x48, 0xC8
# FJOIN_RX FJOIN_TX: depth of TX, of RX
_FIFO_DEPTH = {0: (4, 4), 1: (8, 0), 2: (0, 8), 3: (0, 0)}


class PioPort:
    """A PIO block on the bus."""

    def __init__(self, pio: RPPIO, loop: Loop):
        self._pio, self._loop, self._block = pio, loop, pio.index

    def read_uint32(self, offset: int) -> int:
        """The run loop steps over jumps to themselves: whoever reads a machine must find it where
        it is by now.
        """
        if offset & 0xFFF >= _SM_FIRST:
            self._loop.materialize(self._block)
        return self._pio.read_uint32(offset)

    def write_uint32_atomic(self, offset: int, value: int, atomic_type: int) -> None:
        if offset and not 0x48 <= offset < _SM_END:
            self._pio.write_uint32_atomic(offset, value, atomic_type)
            return
        self._loop.materialize(self._block)
        if atomic_type != ATOMIC_NORMAL:
            value = atomic_update(self._pio.read_uint32(offset), atomic_type, value)
        self._pio.raw_write_value = value
        self._write(offset, value)

    def _write(self, offset: int, value: int) -> None:
        machine = self._pio.machines[max(0, offset - _SM_FIRST) // _SM_BYTES]
        register = (offset - _SM_FIRST) % _SM_BYTES if offset >= _SM_FIRST else None
        if offset == 0:
            self._control(value)
        elif register == _SHIFTCTRL:
            self._set_shift(machine, offset, value)
        elif register == _INSTR:
            self._execute(machine, offset, value & 0xFFFF)
        elif register == _PINCTRL and value != machine.pin_ctrl:
            self._pio.write_uint32(offset, value)
            fetch_again(self._pio, self._loop, machine)
        elif _INSTR_MEM <= offset < _INSTR_MEM_END:
            self.write_instruction(offset - _INSTR_MEM >> 2, value & 0xFFFF)
        else:
            self._pio.write_uint32(offset, value)

    def write_instruction(self, place: int, opcode: int) -> None:
        """Instruction memory. A machine that is stalled there goes by the new word from the next
        clock on.
        """
        if self._pio.instructions[place] == opcode:
            return
        self._pio.instructions[place] = opcode
        for machine in self._pio.machines:
            if machine.pc == place:
                fetch_again(self._pio, self._loop, machine)

    def _control(self, value: int) -> None:
        """A machine that is restarted has no stall left; one that is enabled again looks at its
        condition at once.
        """
        for index in range(len(self._pio.machines)):
            if value >> index & 0x10:
                self._loop.forget_stall(self._block, index)
        self._pio.write_uint32(0, value)
        for machine in self._pio.machines:
            if machine.enabled and machine.waiting:
                machine.check_wait()
        self._loop.materialize(self._block)

    def _set_shift(self, machine: StateMachine, offset: int, value: int) -> None:
        """FJOIN: the emulator keeps two FIFOs of 4 and does not empty them when the bits change
        (datasheet 3.5.4).
        """
        changed = (machine.shift_ctrl ^ value) >> 30 & 3
        self._pio.write_uint32(offset, value)
        if changed:
            set_fifos(self._pio, machine)

    def _execute(self, machine: StateMachine, offset: int, opcode: int) -> None:
        """SMx_INSTR: the emulator leaves a stalled machine stalled after a jump, and steps PC after
        a forced stall.
        """
        stall = (machine.wait_type, machine.wait_index, machine.wait_polarity, machine.wait_delay)
        stalled, pc = machine.waiting, machine.pc
        machine.waiting, machine.update_pc = False, True
        self._pio.write_uint32(offset, opcode)
        if _sets_pc(opcode) and not machine.update_pc:
            self._loop.forget_stall(self._block, machine.index)
            machine.next_due_fp = (
                self._pio.cycle_fp if stalled else max(machine.next_due_fp, self._pio.cycle_fp)
            )
            machine.exec_ctrl &= ~_EXECCTRL_STALLED
        elif machine.waiting:
            self._loop.keep_pc(self._block, machine.index, pc)
        else:
            machine.pc = pc
            if stalled:
                machine.waiting = True
                machine.wait_type, machine.wait_index, machine.wait_polarity, machine.wait_delay = (
                    stall
                )
                machine.check_wait()
        self._pio.recompute_due()
        self._pio.check_changed_pins()


def fetch_again(pio: RPPIO, loop: Loop, machine: StateMachine) -> None:
    """A stalled machine reads its instruction anew: the chip does so every clock, the emulator
    keeps what it first read.
    """
    if machine.waiting and not machine.exec_ctrl & _EXECCTRL_STALLED:
        machine.waiting = False
        loop.forget_stall(pio.index, machine.index)
        machine.next_due_fp = pio.cycle_fp
        pio.recompute_due()


def _sets_pc(opcode: int) -> bool:
    """True for JMP, and for OUT and MOV to PC."""
    kind, destination = opcode >> 13, opcode >> 5 & 7
    return kind == 0 or kind in (3, 5) and destination == 5


def set_fifos(pio: RPPIO, machine: StateMachine) -> None:
    """Empty FIFOs of the depth that SHIFTCTRL asks for, and the requests that follow from that."""
    tx_depth, rx_depth = _FIFO_DEPTH[machine.shift_ctrl >> 30]
    # The emulator's, or the compiled loop's
    kind = type(machine.tx_fifo)
    machine.tx_fifo, machine.rx_fifo = kind(tx_depth), kind(rx_depth)
    dma = pio.rp2040.dma
    (dma.set_dreq if tx_depth else dma.clear_dreq)(machine.dreq_tx)
    dma.clear_dreq(machine.dreq_rx)
    pio.check_interrupts()
