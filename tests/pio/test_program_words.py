"""Both PIO programs, word by word: each instruction encoded here by the RP2040's datasheet (3.4)
from what firmware/TIMING.md lists.
"""

import monitor_walk
import pytest
from register_chip import Drivers

ALWAYS, NOT_X, X_DEC, NOT_Y, Y_DEC, X_NOT_Y, PIN = range(7)
PINS, X, Y, NULL, PINDIRS, _, ISR, OSR = range(8)


def jmp(address, when=ALWAYS, delay=0):
    return delay << 8 | when << 5 | address


def wait(level):
    """For the first input pin."""
    return 1 << 13 | level << 7 | 1 << 5


def in_(source, bits, delay=0):
    return 2 << 13 | delay << 8 | source << 5 | bits


def out(target, bits):
    return 3 << 13 | target << 5 | bits


PUSH_NOBLOCK, PULL_NOBLOCK, PULL_BLOCK = 4 << 13, 4 << 13 | 1 << 7, 4 << 13 | 1 << 7 | 1 << 5


def mov(target, source):
    return 5 << 13 | target << 5 | source


def irq(number, relative=False):
    return 6 << 13 | relative << 4 | number


def set_(target, value, sync=None):
    """With SYNC_OUT beside it, or without: the optional side-set's enable is bit 12, its one pin
    bit 11.
    """
    return 7 << 13 | target << 5 | value | (0 if sync is None else 1 << 12 | sync << 11)


DEADMAN, TRIG, PHASE_A, GAP, PHASE_B, START, REST, SETTLE, ARM, TRIP, OFF = (
    0,
    5,
    10,
    13,
    16,
    18,
    20,
    24,
    25,
    28,
    31,
)
BLOCK_0 = [
    # Dead-man: a reload has six bits
    mov(X, Y), PULL_NOBLOCK, out(Y, 6), jmp(DEADMAN, Y_DEC), jmp(TRIP),
    # TRIG_IN
    wait(1),
    # Phase A: leg A and SYNC_OUT
    PULL_BLOCK, out(Y, 16), mov(X, Y), set_(PINS, 1, sync=1), jmp(PHASE_A, X_DEC),
    set_(PINS, 0, sync=0),
    # Gap; phase B: leg B for the same count
    out(X, 16), jmp(GAP, X_DEC), mov(X, Y), set_(PINS, 2), jmp(PHASE_B, X_DEC), set_(PINS, 0),
    # Rest; latch; settle
    PULL_BLOCK, mov(X, OSR), jmp(REST, X_DEC), PUSH_NOBLOCK, PULL_BLOCK, mov(X, OSR),
    jmp(SETTLE, X_DEC),
    # Guard: HV_EN, all five driven, until INTERLOCK_N is low
    set_(PINS, 16), set_(PINDIRS, 31), wait(0),
    # Trip
    set_(PINS, 0), set_(PINDIRS, 0), irq(0), jmp(OFF),
]  # fmt: skip

DELAY, HIGH, PHASE_A_ALONE, SECOND_GAP, LEG_B, B, STILL, PULL_DOWN, PULLED = (
    3,
    9,
    9,
    11,
    17,
    20,
    27,
    28,
    30,
)
BLOCK_1 = [
    # Leg A: 1 us a turn until the sample
    wait(1), mov(OSR, Y), out(X, 5), jmp(DELAY, X_DEC, delay=4),
    # A word for ADC CS: input, 9 zeros, start once, sensor, on
    out(ISR, 2), in_(NULL, 9, delay=1), in_(X, 3), PUSH_NOBLOCK,
    # Width
    out(X, 9), jmp(STILL, PIN),
    # Leg A again before phase B pulls
    out(X, 9), jmp(PULL_DOWN, PIN), jmp(SECOND_GAP, X_DEC, delay=3),
    # The same in phase B
    out(ISR, 2), in_(NULL, 9, delay=1), in_(X, 3), PUSH_NOBLOCK,
    # Leg B: leg A high too pulls; width
    wait(1), irq(0, relative=True), mov(X, Y), jmp(PULL_DOWN, PIN), jmp(B, X_DEC, delay=3),
    # Low in time, or not
    mov(ISR, NULL), in_(PINS, 1), mov(X, ISR), jmp(LEG_B, NOT_X), jmp(PULL_DOWN),
    # Still high; INTERLOCK_N an output at 0, for good, and the CPU is told
    jmp(HIGH, X_DEC, delay=3), set_(PINDIRS, 1), irq(0), jmp(PULLED), jmp(PULL_DOWN),
]  # fmt: skip


@pytest.fixture(scope="module")
def programs():
    return Drivers().hal_pio_programs


@pytest.mark.parametrize("block, wanted", [("block0", BLOCK_0), ("block1", BLOCK_1)])
def test_each_word_is_the_instruction_of_the_listing(programs, block, wanted):
    """HZ2, HZ3."""
    assert list(getattr(programs, block)[0]) == wanted and len(wanted) == 32


def test_the_places_that_drivers_jump_to_and_compare_with(programs):
    """Entry points; and the dead-man's mask is a bit that is set from its `jmp trip` on and at
    no place where it counts.
    """
    named = {
        name: getattr(programs, name)
        for name in (
            "TRIG",
            "WRAP_TARGET",
            "START",
            "WRAP",
            "DEADMAN",
            "ARM",
            "GUARD_WAITS",
            "TRIP",
            "OFF",
        )
    }
    assert named == {
        "TRIG": TRIG,
        "WRAP_TARGET": 6,
        "START": START,
        "WRAP": 24,
        "DEADMAN": DEADMAN,
        "ARM": ARM,
        "GUARD_WAITS": 27,
        "TRIP": TRIP,
        "OFF": OFF,
    }
    counting, ended = range(4), [4, *range(28, 32)]
    assert {place & programs.DEADMAN_RUNS_MASK for place in counting} == {0} and 0 not in {
        place & programs.DEADMAN_RUNS_MASK for place in ended
    }
    monitors = {
        name: getattr(programs, name)
        for name in (
            "LEG_A",
            "LEG_A_PHASE_A_WRAP",
            "LEG_A_WRAP",
            "LEG_B",
            "STILL",
            "PULL_DOWN",
            "PULLED",
        )
    }
    assert monitors == {
        "LEG_A": 0,
        "LEG_A_PHASE_A_WRAP": PHASE_A_ALONE,
        "LEG_A_WRAP": 16,
        "LEG_B": LEG_B,
        "STILL": STILL,
        "PULL_DOWN": PULL_DOWN,
        "PULLED": PULLED,
    }


@pytest.mark.parametrize("leg, mask", [("LEG_A", "LEG_A_PLACES"), ("LEG_B", "LEG_B_PLACES")])
def test_a_monitors_own_places_are_all_that_it_can_reach_and_no_other(programs, leg, mask):
    """HZ2: a place too few is a false trip, one too many a monitor that is lost unseen."""
    told = {place for place in range(32) if getattr(programs, mask) >> place & 1}
    begin = getattr(programs, leg)
    assert told == monitor_walk.places(programs, begin, programs.LEG_A_WRAP)
    assert told >= monitor_walk.places(programs, begin, programs.LEG_A_PHASE_A_WRAP)
