"""What width monitors and current samples need to know of a program: counts for PIO block 1,
windows for the samples.

Counts are turns of 1 us. firmware/TIMING.md derives the constants from the program
(hal/pio_programs.py, block1).
"""

from stimcore.busy import longest_phase_us
from stimcore.pulse import period_us
from stimcore.train import PHASE_RAMP_FROM_US

# Turns before a sample: each channel takes its own, so that samples of one moment lie 4 us apart
SAMPLE_DELAYS = (7, 11)
# So much longer after its delay is a sample's time taken than a trip's after the trip (measured on
# silicon's time: 4 to 10 us, by where names lie in the dictionary of their handlers' modules)
CUT_SAMPLE_US = 7
# A pulse whose sample is judged after its cut is told had flowed for 0 to 27 us (measured)
_CUT_FIRST_US = 13
_TIMER_BITS = 0xFFFFFFFF
# A page of flash is written with interrupts off: 3 ms at the most
_HELD_UP_US = 3_200
# A sample is judged so much later or sooner than the other channel's at the most, but for a write
# to flash: interrupts are off for 10 us, and one handler waits for another
_STEP_SLACK_US = 50
# A conversion takes 2 us: two samples may not come closer
CLEAR_US = 3
# Commanded current from which a missing one counts: 5 mA, less the rounding of amplitude and counts
LEAD_OFF_FROM_UA = 4_900
REFERENCE_MV = 3_300
FULL_COUNTS = 4_095
# Turns of leg A after its sample delay = longest phase + this - delay
_WIDTH_EXTRA = -1
# Turns from the end of phase A to the sample in phase B = gap + delay + this
_GAP_EXTRA = -1


def _shortest_phase_us(program):
    if "sweep" in program:
        return min(program["sweep"]["phase_us"])
    return PHASE_RAMP_FROM_US if program.get("ramp") == "phase" else program["phase_us"]


def periods_us(program):
    """(shortest, longest) time from the start of a pulse to the start of the next: one range,
    and one for the pause after a burst.
    """
    if "sweep" in program:
        low, high = sorted(program["sweep"]["rate_mpps"])
        return ((period_us(high), period_us(low)),)
    steady_us, burst = period_us(program["rate_mpps"]), program.get("burst")
    if not burst:
        return ((steady_us, steady_us),)
    pause_us = period_us(burst["per_s_mpps"]) - (burst["pulses"] - 1) * steady_us
    return (steady_us, steady_us), (pause_us, pause_us)


def longest_gap_us(program):
    """Longest time from the start of a pulse to the start of the next while pulses are emitted."""
    return max([longest for _, longest in periods_us(program)])


def too_soon_us(program):
    """Two pulses of a channel whose samples are judged closer to each other than this are no
    pulses of this program; 0: that cannot be told.

    Half of the shortest time between two, or less where a write to flash may have held up the
    judgement of the first.
    """
    shortest_us = min([shortest for shortest, _ in periods_us(program)])
    return max(0, min(shortest_us // 2, shortest_us - _HELD_UP_US))


def steps_us(program, first_us, second_us):
    """Ranges (lowest, highest) in which the newest sample of channel 2 lies after that of channel
    1, sampled so long after their pulses begin: by the offset, or by a period less when channel 1
    is one pulse ahead. Both trains are the same, so their distance is in every pulse. () for one
    channel.
    """
    if len(program["channels"]) == 1:
        return ()
    apart = program.get("offset_us", 0) + second_us - first_us
    periods = periods_us(program)
    ahead = [(0, 0)] + list(periods)
    if apart + _STEP_SLACK_US >= min([shortest for shortest, _ in periods]):
        # so late in the period that channel 1 may be two ahead
        ahead += [(a + c, b + d) for a, b in periods for c, d in periods]
    return tuple(
        [(apart - high - _STEP_SLACK_US, apart - low + _STEP_SLACK_US) for low, high in ahead]
    )


def in_step(later_us, steps):
    """Is that one of these steps? Allocates nothing."""
    found = False
    for low, high in steps:
        found = found or low <= later_us <= high
    return found


def _far(low, high):
    """True when no distance between low and high is too short."""
    return low >= CLEAR_US or high <= -CLEAR_US


def _samples_clear(program, apart, phases):
    """True when no two samples can meet. `apart`: channel 2's sample of phase A after channel
    1's; `phases`: sampled, 1 or 2.
    """
    if not _far(apart, apart):
        return False
    gap = program["gap_us"]
    # Phase A's sample to phase B's
    low, high = _shortest_phase_us(program) + gap, longest_phase_us(program) + gap
    if phases == 2 and not (_far(apart + low, apart + high) and _far(apart - high, apart - low)):
        return False
    # To channel 1's next pulse, whose phases may have another duration
    for shortest_us, longest_us in periods_us(program):
        early, late = apart - longest_us, apart - shortest_us
        if not _far(early, late):
            return False
        if phases == 2 and not (
            _far(early + low, late + high) and _far(early + low - high, late + high - low)
        ):
            return False
    return True


def plan(program):
    """(sample delay of channel 1, of channel 2, True when phase B is sampled too): no two samples
    come closer than CLEAR_US.

    Phase B goes unmeasured where its sample and one of the other channel could meet, judged by the
    ranges of phase and period.
    """
    early, late = SAMPLE_DELAYS
    if len(program["channels"]) == 1:
        return early, early, True
    offset = program.get("offset_us", 0)
    for phases in (2, 1):
        for first, second in ((early, late), (late, early)):
            if _samples_clear(program, offset + second - first, phases):
                return first, second, phases == 2
    # No offset inside a period comes here
    raise ValueError("offset_us %d" % offset)


def leg_a_word(delay, adc_input, program):
    """Y of an A leg's monitor: sample delay 5 bits, ADC input 2, width 9, gap 9, ADC input 2."""
    width = longest_phase_us(program) + _WIDTH_EXTRA - delay
    gap = program["gap_us"] + delay + _GAP_EXTRA
    return delay | adc_input << 5 | width << 7 | gap << 16 | adc_input << 25


def leg_b_word(program):
    """Y of a B leg's monitor: the width."""
    return longest_phase_us(program)


def counts(ua, sense_nv_per_ua):
    """ADC counts of a current in uA."""
    return ua * sense_nv_per_ua * FULL_COUNTS // (REFERENCE_MV * 1_000_000)


def most_counts(cap_ua, sense_nv_per_ua):
    """ADC counts that no sample may exceed under a cap in uA: a tenth more, and half a percent of
    the range for the converter.

    Always below FULL_COUNTS: what drives the converter to its end is too much under any cap.
    """
    return min(counts(cap_ua * 11 // 10, sense_nv_per_ua) + 20, FULL_COUNTS - 1)


def into_pulse_us(cut_at_us, judged_at_us, delay_us):
    """How long after a pulse began it was cut: `judged_at_us` is when its sample was, which lies
    `delay_us` in it; both by the chip's timer, of 32 bits.
    """
    since_judged_us = cut_at_us - judged_at_us & _TIMER_BITS
    if since_judged_us > _TIMER_BITS >> 1:
        return _CUT_FIRST_US
    return since_judged_us + delay_us + CUT_SAMPLE_US


def cut_us(since_start_us, phase_us, gap_us):
    """[time in phase A, time in phase B] that a pulse had flowed, cut so long after it began;
    None when it was over.
    """
    in_b = since_start_us - phase_us - gap_us
    if in_b >= phase_us:
        return None
    return [min(max(0, since_start_us), phase_us), max(0, in_b)]


def ua_per_64_counts(sense_nv_per_ua):
    """Current in uA that 64 ADC counts are."""
    return 64 * REFERENCE_MV * 1_000_000 // FULL_COUNTS // sense_nv_per_ua
