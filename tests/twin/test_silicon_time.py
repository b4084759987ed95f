"""Silicon's time against clocks counted by hand: instructions from the Cortex-M0+ TRM (table 3-1),
the cache before flash from the RP2040 datasheet (2.6.3) with 48 clocks a miss.
"""

import pytest
from bare_chip import BareChip

from evenpulse.base.errors import Problem
from evenpulse.connect import bring_up
from evenpulse.emulator import loop
from evenpulse.emulator.silicon import Cache

RAM, FLASH, SIO, CODE = 0x20000000, 0x10000000, 0xD0000000, 0x20001000
XIP_CTRL, XIP_FLUSH = 0x14000000, 0x14000004
NOP, AGAIN, MISS = 0xBF00, 0xE7FE, 48
# LDR r0, [r1] and LDR r0, [r1, #4]
READ, READ_NEXT = 0x6808, 0x6848


class Silicon:
    """A chip without firmware whose CPU keeps silicon's time."""

    def __init__(self, python_loop):
        self.bare = BareChip(python_loop, silicon_time=True)
        self.rp2040, self.loop = self.bare.rp2040, self.bare.loop
        self.core = self.rp2040.core

    def place(self, program, code=CODE):
        for at, word in enumerate(program):
            memory = self.rp2040.flash if code < RAM else self.rp2040.sram
            offset = code - (FLASH if code < RAM else RAM) + 2 * at
            memory[offset], memory[offset + 1] = word & 0xFF, word >> 8
        self.begin_at(code)

    def begin_at(self, code):
        """The next instruction begins now: what ran before is over."""
        self.core.waiting = True
        self.bare.run(100)
        self.core.pc, self.core.waiting = code, False

    def clocks(self, count):
        """From now until instruction number `count` from here begins."""
        begin, until = self.loop.now, self.loop.instructions + count + 1
        while self.loop.instructions < until:
            self.bare.run(1)
        return self.loop.now - 1 - begin

    def clocks_of(self, program, code=CODE, **registers):
        """Of a program that does not branch away, up to the beginning of what comes after it."""
        self.place([*program, *[AGAIN] * 4], code)
        for name, value in {"r13": RAM + 0x800, **registers}.items():
            self.core.registers[int(name[1:])] = value
        return self.clocks(len(program))


@pytest.fixture(params=["c", "python"])
def cpu(request):
    return Silicon(request.param == "python")


# What it is, its half-words, the clocks of the TRM.
INSTRUCTIONS = [
    ("MOVS r0, #1", [0x2001], 1),
    ("MULS r0, r1", [0x4348], 1),
    ("LDR r0, [r1]", [READ], 2),
    ("STR r0, [r1]", [0x6008], 2),
    ("LDRB r0, [r1]", [0x7808], 2),
    ("LDM r1!, {r2, r3, r4}", [0xC91C], 1 + 3),
    ("STM r1!, {r2, r3, r4}", [0xC11C], 1 + 3),
    ("PUSH {r0, r1}", [0xB403], 1 + 2),
    ("PUSH {r0, r1, LR}", [0xB503], 1 + 3),
    ("POP {r0, r1}", [0xBC03], 1 + 2),
    ("POP {r0, PC}", [0xBD01], 3 + 2),
    ("B to the next", [0xE7FF], 2),
    ("BEQ, taken to the next", [0xD0FF], 2),
    ("BNE, not taken", [0xD1FF], 1),
    ("BX r5", [0x4728], 2),
    ("BLX r5", [0x47A8], 2),
    ("CPSID i", [0xB672], 1),
]
WIDE = [("BL to the next", [0xF000, 0xF800], 3), ("MRS r0, PRIMASK", [0xF3EF, 0x8010], 3)]


@pytest.mark.parametrize("what", INSTRUCTIONS, ids=lambda one: one[0])
def test_an_instruction_takes_what_arm_says(cpu, what):
    _, program, clocks = what
    cpu.core.z = True
    cpu.rp2040.write_uint32(RAM + 0x804, CODE + 3)
    assert cpu.clocks_of(program, r1=RAM, r5=CODE + 3) == clocks


@pytest.mark.parametrize("what", WIDE, ids=lambda one: one[0])
def test_a_wide_instruction_takes_what_arm_says(cpu, what):
    cpu.place([*what[1], AGAIN])
    assert cpu.clocks(1) == what[2]


def test_the_port_of_sio_takes_one_clock(cpu):
    assert cpu.clocks_of([READ, 0x6008], r1=SIO + 0x60) == 1 + 1


def test_code_waits_for_each_of_its_words_once(cpu):
    """Eight NOPs are four words; the last has the word after it fetched."""
    assert cpu.clocks_of([NOP] * 8, code=FLASH + 0x8000) == 8 + 5 * MISS
    cpu.begin_at(FLASH + 0x8000)
    assert cpu.clocks(8) == 8


def test_a_branch_that_is_taken_has_fetched_what_comes_after_it(cpu):
    """B over three half-words: from a word's second half it reads the next word for nothing."""
    cpu.place([NOP, 0xE002, NOP, NOP, NOP, AGAIN], FLASH + 0x8000)
    # Words 0, 1 (for nothing), and 2 and 3 of the AGAIN at 10
    assert cpu.clocks(2) == 1 + 2 + 4 * MISS
    cpu.place([0xE002, NOP, NOP, NOP, AGAIN], FLASH + 0x9000)
    # Words 0 and 2
    assert cpu.clocks(1) == 2 + 2 * MISS


def test_a_miss_reads_one_half_of_a_line(cpu):
    reads = [READ, READ_NEXT, READ, READ_NEXT]
    assert cpu.clocks_of(reads, r1=FLASH + 0x40) == 4 * 2 + 2 * MISS


def _misses(cpu, length, rounds):
    """Of each round in which so many lines of one set are read; 8 kB further on the set is the
    same.
    """
    lines = {f"r{1 + k}": FLASH + 0x40 + 0x2000 * k for k in range(length)}
    # LDR r0, [r1] to [r3]
    round_ = [READ + 8 * k for k in range(length)]
    spent = [cpu.clocks_of(round_, **lines) - 2 * length for _ in range(rounds)]
    assert all(clocks % MISS == 0 for clocks in spent)
    return [clocks // MISS for clocks in spent]


def test_two_lines_of_a_set_have_room(cpu):
    """Once each has come into a way of its own; the way is drawn."""
    misses = _misses(cpu, 2, 30)
    assert misses[0] == 2 and misses[-20:] == [0] * 20
    assert misses == sorted(misses, reverse=True)


def test_of_three_lines_of_a_set_one_is_always_missing(cpu):
    """Which one is drawn: the two that stay are not always the same, as they were by age."""
    misses = _misses(cpu, 3, 60)
    assert all(misses) and set(misses) == {1, 2, 3}


def test_the_way_is_drawn_half_and_half():
    """The shift register of the designer's own cache: 16 bits, none of its 65535 states twice."""
    cache = Cache()
    drawn = [cache._next_way(5) for _ in range(65_535)]
    assert sum(drawn) == 32_768
    assert drawn[:1_000] == [cache._next_way(5) for _ in range(1_000)]


def test_sets_draw_each_for_itself():
    firsts = [Cache()._next_way(number) for number in range(1_024)]
    assert 450 < sum(firsts) < 574


# What a compiler makes of `while (i < it) incr(&i);` without optimising, a turn of it: SUB, STR,
# LDR, LDR, ADDS, LDR, STR, ADD, BX of incr; ADD, MOVS, BL to it, and LDR, LDR, CMP, BGT behind it.
_INCR = [0xB082, 0x9001, 0x9B01, 0x681B, 0x1C5A, 0x9B01, 0x601A, NOP, 0xB002, 0x4770]
_TURN = [0xAB02, 0x0018, 0xF7FF, 0xFFEC, 0x9B02, 0x9A05, 0x429A, 0xDCF7]


def test_a_loop_whose_words_all_come_from_flash_takes_400_ns_a_word(cpu):
    """Measured on a Pico: about 400 ns an access, the loop's own clocks in it (CodeLoading of
    oberon-rtk.org, "before the cache has warmed up"). Its words: 4 of the turn, 5 of incr, and one
    each behind BX and BGT for nothing.
    """
    cpu.place([NOP] * 4 + _TURN + [NOP] * 6, FLASH + 0x8018)
    cpu.place(_INCR + [NOP] * 2, FLASH + 0x8000)
    cpu.core.registers[13], cpu.core.registers[0] = RAM + 0x800, RAM + 0x100
    cpu.rp2040.write_uint32(RAM + 0x800 + 20, 8)
    cpu.begin_at(FLASH + 0x8020)
    clocks = cpu.clocks(len(_INCR) + len(_TURN) - 1)
    assert 395 <= 8 * clocks / 11 <= 405


def test_in_another_order_other_lines_fall_on_each_other(cpu):
    """Of three lines that share a set one falls elsewhere: from then on there is room."""
    for layout, settled in ((0, False), (1, True)):
        cpu.loop.set_layout(layout)
        assert (_misses(cpu, 3, 40)[-10:] == [0] * 10) == settled


@pytest.mark.parametrize("layout", [0, 1, 2, 77])
def test_8_kb_have_a_set_for_each_of_their_lines_in_every_order(layout):
    cache = Cache()
    cache.set_layout(layout)
    for kb in (0, 8, 120):
        assert {cache._set_of(128 * kb + line) for line in range(1_024)} == set(range(1_024))


def test_several_words_from_flash_wait_for_each(cpu):
    assert cpu.clocks_of([0xC91C], r1=FLASH + 0x80) == 1 + 3 + 3 * MISS
    assert cpu.clocks_of([0xC91C], r1=FLASH + 0x80) == 1 + 3


# Alias; whether it fills the cache, whether it asks it.
@pytest.mark.parametrize(
    "alias, fills, asks",
    [(0x10, True, True), (0x11, False, True), (0x12, True, False), (0x13, False, False)],
    ids=["cached", "not allocating", "not asking", "neither"],
)
def test_the_aliases_of_flash(cpu, alias, fills, asks):
    here = alias << 24 | 0x100
    assert cpu.clocks_of([READ], r1=here) == 2 + MISS
    assert cpu.clocks_of([READ], r1=FLASH + 0x100) == 2 + MISS * (not fills)
    assert cpu.clocks_of([READ], r1=here) == 2 + MISS * (not asks)
    assert cpu.core.registers[0] == cpu.rp2040.read_uint32(FLASH + 0x100)


def test_a_flush_empties_the_cache(cpu):
    assert cpu.clocks_of([READ], r1=FLASH + 0x100) == 2 + MISS
    assert cpu.clocks_of([READ], r1=FLASH + 0x100) == 2
    cpu.bare.write(XIP_FLUSH, 1)
    assert cpu.clocks_of([READ], r1=FLASH + 0x100) == 2 + MISS
    cpu.bare.write(XIP_CTRL, 0)
    for _ in range(2):
        assert cpu.clocks_of([READ], r1=FLASH + 0x100) == 2 + MISS


def test_an_interrupt_takes_fifteen_clocks_to_come(cpu):
    """From a program and from sleep; the handler is BX LR, which the way back follows."""
    handler = CODE + 0x100
    for asleep in (False, True):
        cpu.place([0x4770], handler)
        cpu.place([0xBF30] if asleep else [NOP, NOP, NOP])
        cpu.core.registers[13] = RAM + 0x800
        cpu.core.vtor = RAM
        cpu.rp2040.write_uint32(RAM + 4 * 16, handler + 1)
        cpu.core.enabled_interrupts = 1
        if asleep:
            cpu.clocks(0)
            cpu.bare.run(100)
        begin = cpu.loop.now
        cpu.core.set_interrupt(0, True)
        count = cpu.loop.instructions
        while cpu.loop.instructions == count:
            cpu.bare.run(1)
        # BX LR begins
        assert cpu.loop.now - 1 - begin == 15
        cpu.core.set_interrupt(0, False)
        assert cpu.clocks(0) == 2 + 10 - 1


def test_the_other_time_is_the_emulators():
    """PUSH with LR, POP with PC and flash cost what they did."""
    cpu = Silicon(False)
    cpu.bare = BareChip()
    cpu.rp2040, cpu.loop, cpu.core = cpu.bare.rp2040, cpu.bare.loop, cpu.bare.rp2040.core
    assert cpu.clocks_of([NOP] * 8, code=FLASH + 0x8000) == 8
    assert cpu.clocks_of([0xB503]) == 1 + 2


def test_the_device_comes_ready_on_silicons_time():
    """Its self-test holds with a cold cache, and flash that takes its time."""
    twin = bring_up.new()
    twin.silicon_time = True
    bring_up.switch_on(twin, usb=True)
    failed, checks = bring_up.device(twin).self_test()
    assert failed == [] and len(checks) > 20


def test_a_time_that_nobody_knows_is_told_and_0_is_the_emulators(monkeypatch):
    asked = {"": (True, False), "0": (False, False), "1": (True, False), "worst": (True, True)}
    for text, wanted in asked.items():
        monkeypatch.setenv("EVENPULSE_SILICON_TIME", text)
        assert (loop.on_silicon_time(), loop.slowest_flash()) == wanted
    monkeypatch.setenv("EVENPULSE_SILICON_TIME", "yes")
    with pytest.raises(Problem, match="EVENPULSE_SILICON_TIME.*'yes'"):
        loop.on_silicon_time()
    assert loop.on_silicon_time(True), "who says so need not ask the environment"
