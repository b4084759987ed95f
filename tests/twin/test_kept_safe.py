"""What safety rests on while armed: each bit of each of it is flipped in RAM; that is a trip within
two rounds, or changes nothing.

The firmware is asked for nothing: where its copies lie is found by what they hold, in the memory of
the emulated chip.
"""

import pytest
import rig
from evenpulse.emulator import fork
from evenpulse.faults import inject_pio

RAM, RAM_WORDS = 0x20000000, 0x10000
# The watch's table is summed once in four rounds: a flipped mask sees less, and moves no output.
TABLE_MS = 55
# Two rounds, what is left of the one in which it happens, and what the last does
ROUNDS_MS = 35
# Words of what the watch keeps before its rows
ROWS_FROM = 64
# The reason's code (interlock.REASONS) in the word that survives a reset
REGISTERS = 17
CLOCKS_PER_MS = 125_000


@pytest.fixture(scope="module")
def twin():
    return rig.at_work(rig.flash_of_100_pps(), ups=6)


def memory(twin):
    return [twin.chip.rp2040.read_uint32(RAM + 4 * k) for k in range(RAM_WORDS)]


def found(words, wanted):
    """Index of the one place in memory that holds these words."""
    places = [
        k
        for k in range(RAM_WORDS - len(wanted))
        if words[k] == wanted[0] and words[k : k + len(wanted)] == wanted
    ]
    assert len(places) == 1, [hex(RAM + 4 * place) for place in places]
    return places[0]


def kept(twin):
    """(first word, number of words) of the watch's reference: the instructions of both blocks
    tell where it is, and it sums to 0.
    """
    words = memory(twin)
    blocks = [pio.instructions for pio in twin.chip.rp2040.pio]
    first = (
        found(
            words, [low & 0xFFFF | (high & 0xFFFF) << 16 for low, high in zip(*blocks, strict=True)]
        )
        - 18
    )
    total = 0
    for count, word in enumerate(words[first:], 1):
        total = total + word & 0xFFFF_FFFF
        if total == 0 and count > 200:
            return first, count
    raise AssertionError("nothing there sums to 0")


def flipped(twin, case, ms=ROUNDS_MS):
    """What follows when a bit of a word flips: state and reason, edges of the outputs after two
    rounds.
    """
    word, bit = case
    address = RAM + 4 * word
    at = twin.now
    twin.chip.lock_up_on_hard_faults()
    twin.chip.rp2040.write_uint32(address, twin.chip.rp2040.read_uint32(address) ^ 1 << bit)
    twin.run_ms(ms)
    off = rig.levels(twin) == [0] * 5
    fall = rig.last_fall(twin, ("HV_EN",)) if off else None
    return {
        "case": case,
        "off": off,
        "ms": (fall - at) / CLOCKS_PER_MS if off else None,
        "frozen": twin.chip.loop.frozen,
        "reason": twin.states[-1][1] >> 8,
        "longest": longest_us(twin, at),
    }


def longest_us(twin, since):
    """Of a phase of either channel."""
    rise, most = {}, 0
    legs = {rig.gpio(twin, leg) for leg in rig.LEGS}
    for clock, pin, level in twin.edges:
        if pin in legs and level:
            rise[pin] = clock
        elif pin in rise and clock > since:
            most = max(most, clock - rise[pin])
    return most / 125


def test_each_bit_of_what_the_watch_compares_with(twin):
    """Programs, addresses, masks, values and their sum. Any one bit changes the sum; on the
    chip, a bit in each stretch of it.
    """
    first, count = kept(twin)
    words = memory(twin)[first : first + count]
    assert sum(words) & 0xFFFF_FFFF == 0
    assert all(
        (sum(words) + (1 << bit if not word >> bit & 1 else -(1 << bit))) & 0xFFFF_FFFF
        for word in words
        for bit in range(32)
    )
    heads = [*range(0, 50, 4), *range(50, ROWS_FROM), *range(ROWS_FROM, count, 29), count - 1]
    cases = [(first + word, (7 * word + 5) % 32) for word in heads]
    ms = {
        case: ROUNDS_MS if word < ROWS_FROM else TABLE_MS
        for word, case in zip(heads, cases, strict=True)
    }
    left = [
        one
        for one in fork.each(cases, lambda case: flipped(twin, case, ms[case]), 1)
        if not one["off"] or one["reason"] != REGISTERS
    ]
    assert len(cases) > 25 and left == []


def test_each_bit_of_an_amplitudes_word(twin):
    """The word that is copied into a PWM register at the next push, and its complement beside
    it: off, and never above the cap.
    """
    words = memory(twin)
    held = [
        twin.chip.rp2040.read_uint32(0x40050000 + 20 * (rig.gpio(twin, role) >> 1 & 7) + 12)
        for role in ("CH1_AMP", "CH2_AMP")
    ]
    pairs = [
        [
            k
            for k in range(RAM_WORDS - 1)
            if words[k] == word and words[k + 1] == ~word & 0xFFFF_FFFF
        ]
        for word in held
    ]
    assert all(held) and all(pairs)
    cases = [
        (k + of, bit)
        for k, of, bit in (
            (pairs[0][0], 0, 3),
            (pairs[0][0], 1, 12),
            (pairs[1][0], 0, 31),
            (pairs[1][0], 1, 0),
        )
    ]
    told = fork.each(cases, lambda case: flipped(twin, case), 1)
    assert [one["case"] for one in told if not one["off"] or one["reason"] != REGISTERS] == []


def test_a_bit_of_a_word_that_waits_for_a_pulse_machine(twin):
    """In the block that is sent next: found before it is."""
    rp2040 = twin.chip.rp2040
    nexts = [inject_pio.buffers(rp2040, feeder)[1] for feeder in inject_pio.feeders(rp2040)]
    cases = [
        ((address - RAM) // 4 + word, bit)
        for address in nexts
        for word, bit in ((0, 2), (49, 17), (95, 30))
    ]
    assert len(cases) == 6
    told = fork.each(cases, lambda case: flipped(twin, case, 60), 1)
    assert [one["case"] for one in told if not one["off"] or one["reason"] != REGISTERS] == []
