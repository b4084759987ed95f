"""Watch: what was set up at arming must still stand in every round, and the PIO programs are
written anew. One call a round.

PIO instruction memory cannot be read back, so it is rewritten with what it must hold: a flipped
instruction lives one round. What is compared with and rewritten from lies in RAM: one array that
must sum to 0, checked before it is used. So do the words that wait for the pulse machines.
`register` names what was found; the tests flip each bit of all of it.
"""

from array import array

import micropython
from machine import disable_irq, enable_irq
from micropython import const
from uctypes import addressof

from hal import regs
from hal.monitors import PLACES
from hal.pio_programs import DEADMAN_RUNS_MASK, GUARD_WAITS, block0, block1
from hal.standing import FIXED

_INSTRUCTIONS = const(32)
_ALL = const(-1)
# EXECCTRL: bit 31 tells of a stall
_NOT_STALLED = const(0x7FFFFFFF)
# DMA CTRL without chain target, quiet and busy
_SET_UP = const(0x1F87FF)
_MACHINES = const(15)
# GPIO_STATUS: output enabled, at the pad
_DRIVEN = const(1 << 13)
# What else `wrong` may say, beside the address of a register.
AMPLITUDE, DMA_STOPPED, REFERENCE = const(-1), const(-2), const(-3)
# -7 to -9: app/outputs.py; -11: app/books.py
WORDS, INTERRUPTS, NUMBERS, STRAYED = const(-4), const(-5), const(-6), const(-10)
# Words of `_kept` before its rows: where both instruction memories are; (words, PWM register)
# twice; (DMA control, DMA control) or 0 four times; (words for a pulse machine) four times; the
# instructions, block 0 below block 1; the interrupts that wait; ends of the rows that stand, of
# the middle and of all; words of the table; PLACES of the monitors; what makes it all sum to 0.
_PAIRS, _ROWS = const(6), const(64)
# NVIC ISPR
_WAITING = const(0xE000E200 - (1 << 32))
# Words are summed so many at a time
_EIGHT = const(8)
# The turns of `_wrong`, and that in which the table is summed
_TURNS, _TURN_OF_THE_SUM = const(4), const(1)


@micropython.viper
def _take(table: int, count: int):
    """Remember what the registers of `table` (address, mask, value, …) hold."""
    row = ptr32(table)
    while count:
        row[2] = ptr32(row[0])[0] & row[1]
        row = ptr32(int(row) + 12)
        count -= 1


@micropython.viper
def _wrong(kept, turn: int) -> int:
    """Rewrite both programs; then 0, or 1 + the index of the first row that differs, or a code of
    the module.

    The instructions are summed in every round, before they are written; guard, dead-man, DMA and
    samples are asked in every round, of the other registers half. In four rounds come the sum of
    the table, without which a flipped mask would only see less, and of each machine's words. An
    amplitude's word is undamaged, and its register holds it or one of the two before. A monitor
    outside of its own part of the program watches nobody from then on. Of two DMA channels that
    hand over to each other one is busy; the first is read again, lest they do so between two reads.
    An interrupt that waits from the beginning to the end is not let in.
    """
    word = ptr32(kept)
    total = 0
    at = int(word)
    i = 64
    while i:
        row = ptr32(at)
        total += row[0] + row[1] + row[2] + row[3] + row[4] + row[5] + row[6] + row[7]
        at += 32
        i -= 8
    if total:
        return -3
    waiting = ptr32(word[50])[0]
    start = 0
    end = word[52]
    if turn & 1:
        if turn == 1:
            at = int(word) + 256
            i = word[54]
            while i:
                row = ptr32(at)
                total += row[0] + row[1] + row[2] + row[3] + row[4] + row[5] + row[6] + row[7]
                at += 32
                i -= 8
            if total:
                return -3
    else:
        start = word[51]
        end = word[53]
        i = 208
        at = word[turn + 14]
        while i:
            if i == 104:
                at = word[turn + 15]
            row = ptr32(at)
            total += row[0] + row[1] + row[2] + row[3] + row[4] + row[5] + row[6] + row[7]
            at += 32
            i -= 8
        if total:
            return -4
    block0, block1, row = ptr32(word[0]), ptr32(word[1]), ptr32(int(word) + 72)
    i = 16
    while i:
        block0[0] = row[0] & 0xFFFF
        block1[0] = row[0] >> 16 & 0xFFFF
        block0[1] = row[1] & 0xFFFF
        block1[1] = row[1] >> 16 & 0xFFFF
        block0, block1, row = ptr32(int(block0) + 8), ptr32(int(block1) + 8), ptr32(int(row) + 8)
        i -= 1
    at = int(word) + 256 + 12 * start
    i = start
    while i < end:
        row = ptr32(at)
        if ptr32(row[0])[0] & row[1] != row[2]:
            return i + 1
        at += 12
        i += 1
    row = ptr32(int(word) + 220)
    i = 4
    while i:
        if row[1] >> ptr32(row[0])[0] & 1 == 0:
            return -10
        row = ptr32(int(row) + 8)
        i -= 1
    row = ptr32(int(word) + 8)
    i = 2
    while i:
        words = ptr32(row[0])
        held = ptr32(row[1])[0]
        if words[0] + words[1] != -1:
            return -1
        if held == words[0]:
            words[2] = held
            words[3] = held
        elif held != words[2]:
            if held != words[3]:
                return -1
        row = ptr32(int(row) + 8)
        i -= 1
    i = 4
    while i:
        if row[0]:
            control = ptr32(row[0])
            busy = control[0]
            busy |= ptr32(row[1])[0]
            busy |= control[0]
            if not busy >> 24 & 1:
                return -2
        row = ptr32(int(row) + 8)
        i -= 1
    if waiting & ptr32(word[50])[0] & 0xE80:
        return -5
    return 0


class Watch:
    """`gpios`: those whose function and pad count; `line`: INTERLOCK_N. One a channel, with their
    DMA channels: `latches`, `meters`, `feeders`. `slices`: PWM slices.
    """

    def __init__(self, gpios, line, latches, meters, feeders, slices):
        # What stands from power-on on, and what each arming sets up.
        standing = [(address, mask, None) for address, mask in FIXED]
        standing += [(regs.PADS + 4 * gpio, _ALL, None) for gpio in gpios]
        for number in slices:
            # CSR, DIV, TOP
            standing += [(regs.PWM + 20 * number + at, _ALL, None) for at in (0, 4, 16)]
        set_up = [(regs.PIO1_CTRL, _MACHINES, None)]
        for block in (regs.PIO_SM0, regs.PIO_SM0 + regs.PIO_BLOCK_BYTES):
            for i in range(4):
                machine = block + regs.SM_BYTES * i
                set_up += [
                    (machine, _ALL, None),
                    (machine + 4, _NOT_STALLED, None),
                    (machine + 8, _ALL, None),
                    (machine + 20, _ALL, None),
                ]
        set_up += [(regs.GPIO_CTRL + 8 * gpio, _ALL, None) for gpio in gpios]
        for meter in meters:
            set_up += [(address, _ALL, None) for address in meter.limits]
        # What must hold from the start, whatever stands when it is taken: guard and dead-man have
        # not cut, no monitor pulls INTERLOCK_N (which may be stuck), no sample was wrong.
        fixed = [
            (regs.PIO_SM0 + 3 * regs.SM_BYTES + 12, 31, GUARD_WAITS),
            (regs.PIO_SM0 + 2 * regs.SM_BYTES + 12, DEADMAN_RUNS_MASK, 0),
            (regs.GPIO_STATUS + 8 * line, _DRIVEN, 0),
        ]
        fixed += [(meter.fault_address, _ALL, 0) for meter in meters]
        fixed.append((regs.PIO_CTRL, _MACHINES, 0))
        dma = []
        for one in latches + meters + feeders:
            dma += [(control, _SET_UP, None) for control in one.controls] + [
                (address, _ALL, None) for address in one.fixed
            ]
        # One round goes through what stands and what is asked in every round, the next through that
        # and what is set up.
        self._standing, self._dma = len(standing), len(dma)
        self._middle_end = self._standing + len(dma) + len(fixed)
        self._count = self._middle_end + len(set_up)
        self._latches, self._meters = latches, meters
        # On a board with one channel the same one twice
        both = (latches[0], latches[-1])
        none = [0] * _INSTRUCTIONS
        programs = [(list(program) + none)[:_INSTRUCTIONS] for program in (block0[0], block1[0])]
        head = [regs.PIO_INSTR_MEM, regs.PIO_INSTR_MEM + regs.PIO_BLOCK_BYTES]
        head += [word for latch in both for word in (addressof(latch.words), latch.target)]
        head += [0] * 8
        head += feeders[0].buffers + feeders[-1].buffers
        head += [low | (high ^ 0x8000) - 0x8000 << 16 for low, high in zip(*programs)]
        table = [word or 0 for row in standing + dma + fixed + set_up for word in row]
        # The value of the last one in the middle: machines of PIO 0
        self._last = _ROWS + 3 * self._middle_end - 1
        table += [0] * (_EIGHT - len(table) % _EIGHT)
        head += [_WAITING, self._standing, self._middle_end, self._count, len(table)] + PLACES + [0]
        self._kept = array("i", head + table)
        self._at, self._table_words = addressof(self._kept), len(table)
        self._turn = 0
        self._stand = False
        self._seal()

    def _seal(self):
        """Head and table sum to 0 each."""
        regs.seal(self._at, _ROWS)
        regs.seal(self._rows(0), self._table_words)

    def _rows(self, first):
        return self._at + 4 * (_ROWS + 3 * first)

    def stand(self):
        """Power-on is over: what no arming sets up must stand from here on."""
        _take(self._rows(0), self._standing)
        self._seal()
        self._stand = True

    def take(self):
        """What arming has set up must stand from now on; guard and dead-man run, no train does. 0,
        or as `wrong` what does not: what stands since power-on is asked too, and the reference is
        what it was. A bit that flips between two sessions is not taken for right.
        """
        if self._damaged():
            return REFERENCE
        if not self._stand:
            _take(self._rows(0), self._standing)
        _take(self._rows(self._middle_end), self._count - self._middle_end)
        self._expect(())
        wrong = 0
        for _ in range(_TURNS):
            wrong = wrong or self.wrong()
        return wrong

    def _damaged(self):
        """Is the reference not what it was sealed as? It stays so, and every round says it."""
        return _wrong(self._kept, _TURN_OF_THE_SUM) == REFERENCE

    def expect_running(self, channels):
        """The trains of these channels run, fed, latched and sampled by the DMA channels as they
        are now.
        """
        if not self._damaged():
            self._expect(channels)

    def _expect(self, channels):
        kept = self._kept
        _take(self._rows(self._standing), self._dma)
        kept[self._last] = 12
        for i in range(8):
            kept[_PAIRS + i] = 0
        for channel in channels:
            i = channel - 1
            kept[self._last] |= 1 << i
            for k, one in enumerate((self._meters[i], self._latches[i])):
                if one.controls:
                    kept[_PAIRS + 4 * i + 2 * k], kept[_PAIRS + 4 * i + 2 * k + 1] = one.controls
        self._seal()

    def wrong(self):
        """0, or what is not as it was set up: the address of a register, or a code of this
        module.
        """
        turn = self._turn = self._turn + 1 & 3
        i = _wrong(self._kept, turn)
        if not turn:
            # Masked, though none may wait yet: in the pause of a burst.
            masked = disable_irq()
            enable_irq(masked)
            if masked:
                i = i or INTERRUPTS
        if i == INTERRUPTS:
            # The time off is over, and samples are judged again
            enable_irq(False)
        return self._kept[_ROWS + 3 * i - 3] if i > 0 else i
