"""Words of the PIO pulse machine: what a pulse and a rest look like in its FIFO. Timing in system
clocks of 8 ns.

The clock counts come from the program (hal/pio_programs.py); firmware/TIMING.md derives them line
by line.
"""

CLOCKS_PER_US = 125

# A leg is high from its `set` to the next `set`: one clock for the set, count + 1 for the loop.
PHASE_EXTRA_CLOCKS = 2
# Legs low between the phases: set, out, count + 1, mov.
GAP_EXTRA_CLOCKS = 4
# Legs low from phase B to the next phase A, both counts aside: set, pull, mov, + 1, push, pull,
# mov, + 1, pull, out, mov.
REST_EXTRA_CLOCKS = 11

# The amplitude is latched this long before each pulse: ten time constants of the slowest filter a
# board may have.
SETTLE_US = 2_000
SETTLE_COUNT = SETTLE_US * CLOCKS_PER_US

# The pulse word, the rest word, the settle word
WORDS_PER_PULSE = 3
# 524 us: the field's bits are the limit
PHASE_CLOCKS_MAX = 0xFFFF + PHASE_EXTRA_CLOCKS


def period_us(rate_mpps):
    """Pulse period in us: the whole number nearest to 1 000 000 / rate_pps (halves up)."""
    # Stays below 2^30: no allocation on the device
    return (1_000_000_000 + rate_mpps // 2) // rate_mpps


def put_pulse(halves, at, phase_us, gap_us):
    """Write a pulse word at word index `at` of an array('H'): phase count below, gap count
    above. Allocates nothing.
    """
    halves[2 * at] = phase_us * CLOCKS_PER_US - PHASE_EXTRA_CLOCKS
    halves[2 * at + 1] = gap_us * CLOCKS_PER_US - GAP_EXTRA_CLOCKS


def put_rest(halves, at, count):
    """Write a rest word: 32-bit count, low half first. Allocates nothing for counts below 2^30."""
    halves[2 * at] = count & 0xFFFF
    halves[2 * at + 1] = count >> 16


def rest_count(period_us_, phase_us, gap_us):
    """Count of the rest after a pulse, so that the next one starts one period after it; the
    settle word comes on top.
    """
    return (period_us_ - 2 * phase_us - gap_us) * CLOCKS_PER_US - REST_EXTRA_CLOCKS - SETTLE_COUNT


def start_count(offset_us):
    """Count of the rest before the very first pulse. Both channels use it: they differ by
    exactly their offsets.
    """
    return offset_us * CLOCKS_PER_US
