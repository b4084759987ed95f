"""What the CPU's instructions cost on silicon, beyond what the emulator's core counts: the
reference for `_xip.h`, and what the Python loop asks.

* The cache before flash (datasheet 2.6.3): 16 kB, two ways, 1024 sets, lines of 8 bytes. Each half
  of a line is valid on its own, because the SSI reads 32 bits at a time (its designer in
  raspberrypi/pico-feedback 307). A hit costs nothing. A miss reads one word, and whoever asked
  waits for it. Which way goes is not published of this chip; the same designer's own cache takes
  one at random, whatever lies in the ways (Wren6991/libfpga, mem/cache_mem_set_associative.v), and
  so does this one, by such a shift register.
* A miss at the boot stage's divider of 2: 8 clocks of address and mode bits, 4 of waiting, 8 of
  data (boot2_w25q080.S), which is 40 system clocks, the least that there can be (320 ns;
  Klipper3d/klipper 6464). Measured were some 400 ns an access at 125 MHz (oberon-rtk.org, Flash
  Memory), and that is the time of a loop by its accesses (its CodeLoading.mod): 50 clocks, of
  which some 2.3 are the loop's own instructions. 48 are left, less what a fetch hid in that loop.
* The core fetches words, and has fetched the half-word after an instruction before it knows whether
  it goes there: of a branch that is taken, a word may have been read for nothing.
* PUSH and POP with LR and PC count them as registers (Cortex-M0+ TRM, table 3-1: 1+N and 3+N).
* An exception takes 15 clocks to enter (TRM 3.6.1). What the way back takes is not published: 8
  words are popped and the core fetches anew, as POP with PC does.
"""

from rp2040py.cortex_m0_core import CortexM0Core
from rp2040py.rp2040 import RP2040

MISS_CLOCKS = 48
ENTRY_CLOCKS = 15
RETURN_CLOCKS = 10
_SETS, _WORDS = 1024, 1 << 22
_FLASH = 0x10 >> 2
_NO_CACHE, _NO_ALLOCATE = 1 << 25, 1 << 24
_PUSH_LR, _POP_PC = 0xB5, 0xBD


class Cache:
    """The cache before flash; empty when made."""

    def __init__(self) -> None:
        self.on = True
        # Words of flash
        self._present: set[int] = set()
        # What lies in the two ways of each set
        self._lines: dict[int, list[int | None]] = {}
        # Of each set, so that it matters to none when others are filled: which way is filled next
        self._dice: dict[int, int] = {}
        # 0: as linked; else another order, see _set_of
        self._layout = 0

    def set_on(self, on: bool) -> None:
        """Emptied, and filled from now on or not."""
        self._present.clear()
        self._lines.clear()
        self.on = on

    def set_layout(self, layout: int) -> None:
        """Emptied, and filled as if flash had been linked in another order."""
        self.set_on(self.on)
        self._layout = layout

    def wait(self, address: int) -> int:
        """The clocks that reading a word waits; 0 for what is no flash. The address says whether
        the cache is asked, and whether it is filled.
        """
        word = address >> 2 & _WORDS - 1
        if address >> 26 != _FLASH or not address & _NO_CACHE and word in self._present:
            return 0
        if not address & _NO_ALLOCATE and self.on:
            self._fill(word)
        return MISS_CLOCKS

    def _fill(self, word: int) -> None:
        line = word >> 1
        set_ = self._set_of(line)
        lines = self._lines.setdefault(set_, [None, None])
        if line not in lines:
            way = self._next_way(set_)
            if (gone := lines[way]) is not None:
                self._present -= {2 * gone, 2 * gone + 1}
            lines[way] = line
        self._present.add(word)

    def _set_of(self, line: int) -> int:
        """In another order the 16 stretches of 512 bytes of each 8 kB change places: so these
        still have a set for each of their lines, as code has that is linked in one piece.
        """
        if not self._layout:
            return line % _SETS
        mixed = (line >> 10) * 2_654_435_761 + self._layout * 2_246_822_519 & 0xFFFFFFFF
        mixed = (mixed ^ mixed >> 15) * 3_266_489_917 & 0xFFFFFFFF
        stretch = (line >> 6) * (mixed >> 28 | 1) + (mixed >> 24) & 15
        return stretch << 6 | line & 63

    def _next_way(self, set_: int) -> int:
        dice = self._dice.get(set_, (set_ + 1) * 40_503 & 0xFFFF)
        bit = (dice >> 10 ^ dice >> 12 ^ dice >> 13 ^ dice >> 15) & 1
        self._dice[set_] = (dice << 1 | bit) & 0xFFFF
        return bit


class SiliconTime:
    """Beside the emulator's core: what it does not count."""

    def __init__(self, rp2040: RP2040):
        self.cache = Cache()
        self._rp2040, self._core = rp2040, rp2040.core
        self._slept_in: int | None = None

    def entry(self) -> int:
        """The clocks of an exception that is entered now, or was while the core slept; else 0."""
        core = self._core
        entered = self._slept_in is not None and core.ipsr != self._slept_in
        self._slept_in = None
        if not entered and core.interrupts_updated:
            entered = core.check_for_interrupts()
        return ENTRY_CLOCKS if entered else 0

    def fetch(self) -> int:
        """The clocks that the next instruction waits for its words before it begins."""
        pc = self._core.pc & ~1
        following = pc + (4 if self._rp2040.read_uint16(pc) >= 0xE800 else 2)
        return sum(self.cache.wait(word << 2) for word in sorted({pc >> 2, following >> 2}))

    def execute(self) -> int:
        """The next instruction, and all clocks that it takes."""
        core = self._core
        op, ipsr = self._rp2040.read_uint16(core.pc & ~1), core.ipsr
        more = sum(self.cache.wait(address) for address in _read_addresses(core, op))
        more += op >> 8 in (_PUSH_LR, _POP_PC)
        spent = core.execute_instruction()
        if core.ipsr != ipsr:
            more += RETURN_CLOCKS
        if core.waiting:
            self._slept_in = core.ipsr
        core.cycles += more
        return spent + more


def _read_addresses(core: CortexM0Core, op: int) -> list[int]:
    """What an instruction is about to read by single loads and LDM (manual A5.2)."""
    registers = core.registers
    base, immediate = registers[op >> 3 & 7], op >> 6 & 31
    # LDR of a literal
    if op >> 11 == 0b01001:
        return [(core.pc & ~3) + 4 + 4 * (op & 0xFF)]
    if op >> 9 in (0b0101011, 0b0101100, 0b0101101, 0b0101110, 0b0101111):
        return [base + registers[op >> 6 & 7] & 0xFFFFFFFF]
    if op >> 11 in (0b01101, 0b01111, 0b10001):
        return [base + immediate * {13: 4, 15: 1, 17: 2}[op >> 11] & 0xFFFFFFFF]
    # LDM
    if op >> 11 == 0b11001:
        first, count = registers[op >> 8 & 7], (op & 0xFF).bit_count()
        return [first + 4 * k for k in range(count)]
    return []
