"""The width monitors (PIO 1): what must pull INTERLOCK_N low, in time, and what never may."""

import random

import pytest
from stimcore import limits
from watched import (
    ALIGNMENTS,
    INSTRUCTION,
    LATEST,
    ROOM,
    SOONEST,
    a_trips,
    b_trips,
    biphasic,
    clocks,
    drive,
    program,
    pulled_down,
    words,
)

SHORTEST_US, LONGEST_US = limits.RANGES["phase_us"][:2]
# Beyond the longest phase: no sooner, no later
STUCK_FROM_US, STUCK_UNTIL_US = 1, 5
TOGETHER_US = 2
# Monitors of channel 1
A, B = 0, 1


def watch(firmware, spans, of_program, monitors=(A, B), both_phases=True, until=None, **options):
    """Clock at which the monitors pull the line low, or None."""
    block = firmware.monitor_block(words(of_program), both_phases, legs=monitors, **options)
    drive(block, firmware, spans)
    block.run(until or max(end or begin for _, begin, end in spans) + clocks(LONGEST_US + 20))
    return pulled_down(block, firmware)


# -- a leg that stays high -------------------------------------------------------------------------


def check_longest(firmware, longest_us, alignment):
    """A pulse of the longest phase passes; after it each leg in turn stays high, and is pulled
    down in time.
    """
    of_program, first, second = (
        program(longest_us, 5),
        ROOM + alignment,
        ROOM + alignment + clocks(3 * longest_us),
    )
    before = biphasic(first, longest_us, 5)
    for monitor, trips, spans, begin in (
        (A, a_trips, [("CH1_A", second, None)], second),
        (
            B,
            b_trips,
            [
                ("CH1_A", second, second + clocks(longest_us)),
                ("CH1_B", second + clocks(longest_us + 5), None),
            ],
            second + clocks(longest_us + 5),
        ),
    ):
        at = watch(firmware, before + spans, of_program, [monitor])
        assert at == trips(begin, longest_us)
        assert (
            clocks(longest_us + STUCK_FROM_US) <= at - begin <= clocks(longest_us + STUCK_UNTIL_US)
        )


@pytest.mark.parametrize("start", range(SHORTEST_US, LONGEST_US + 1, 24))
def test_every_longest_phase(firmware, start):
    for longest_us in range(start, min(start + 24, LONGEST_US + 1)):
        for alignment in (SOONEST, LATEST):
            check_longest(firmware, longest_us, alignment)


@pytest.mark.parametrize("longest_us", [20, 21, 37, 250, 499, 500])
def test_every_alignment(firmware, longest_us):
    for alignment in range(INSTRUCTION):
        check_longest(firmware, longest_us, alignment)


@pytest.mark.parametrize("phase_us", [20, 21, 99, 200])
def test_shorter_phases_than_the_longest_pass_and_a_stuck_one_trips_as_late(firmware, phase_us):
    """A sweep, a ramp of the phase: the longest counts, whatever came before."""
    for alignment in ALIGNMENTS:
        at = ROOM + alignment
        spans = biphasic(at, phase_us, 7) + biphasic(at + clocks(6_000), 200, 7)
        second = at + clocks(9_000)
        of_program = program(200, 7)
        assert watch(firmware, [*spans, ("CH1_A", second, None)], of_program) == a_trips(
            second, 200
        )
        assert watch(firmware, [*spans, ("CH1_B", second, None)], of_program) == b_trips(
            second, 200
        )


@pytest.mark.parametrize("machine", range(4))
def test_every_leg_has_a_monitor(firmware, machine):
    """Each of the four machines, its own leg alone: it trips; any other leg stuck leaves it
    untouched.
    """
    legs = ["CH1_A", "CH1_B", "CH2_A", "CH2_B"]
    for leg in legs:
        at = watch(firmware, [(leg, ROOM, None)], program(100), [machine])
        if leg == legs[machine]:
            assert at == (b_trips if machine % 2 else a_trips)(ROOM, 100)
        else:
            assert at is None


@pytest.mark.parametrize("leg", ["CH1_A", "CH1_B", "CH2_A", "CH2_B"])
@pytest.mark.parametrize("undefined", [0, 1, 0xFFFF_FFFF])
def test_high_before_it_was_armed(firmware, leg, undefined):
    """Whatever X was: a leg that is high from the start is pulled down as well."""
    at = watch(firmware, [(leg, 0, None)], program(500), range(4), undefined={"x": undefined})
    assert clocks(500) < at <= clocks(500 + STUCK_UNTIL_US)


def test_a_flickering_leg_a_is_no_better_than_a_stuck_one(firmware):
    """Lows too short to be the end of a phase: unseen, or seen and taken for leg A again in the
    gap.
    """
    chance = random.Random(3)
    for _ in range(40):
        begin = at = ROOM + chance.randrange(INSTRUCTION)
        spans = []
        while at < begin + clocks(300):
            high = chance.randint(clocks(2), clocks(60))
            spans.append(("CH1_A", at, at + high))
            at += high + chance.randint(1, INSTRUCTION)
        trip = watch(firmware, spans, program(100), [A])
        assert trip <= begin + clocks(100 + STUCK_UNTIL_US)


# -- both legs of a channel ------------------------------------------------------------------------


def times(step, span_us, seed):
    """Clocks: each `step`th of 3 us, and random ones of the whole span."""
    chance = random.Random(seed)
    return [*range(0, clocks(3), step), *(chance.randrange(clocks(span_us)) for _ in range(40))]


@pytest.mark.parametrize("channel", [1, 2])
@pytest.mark.parametrize("both_phases", [True, False])
def test_leg_b_rises_in_phase_a(firmware, channel, both_phases):
    for late in times(9, 199, channel):
        spans = [
            (f"CH{channel}_A", ROOM, ROOM + clocks(200)),
            (f"CH{channel}_B", ROOM + late, ROOM + clocks(300)),
        ]
        at = watch(firmware, spans, program(200), range(4), both_phases)
        overlap = ROOM + late
        if ROOM + clocks(200) - overlap >= clocks(1):
            assert overlap < at <= overlap + clocks(TOGETHER_US)


@pytest.mark.parametrize("channel", [1, 2])
@pytest.mark.parametrize("both_phases", [True, False])
def test_leg_a_rises_in_phase_b(firmware, channel, both_phases):
    """From before its beginning on, the phase before it as prescribed."""
    for late in times(9, 198, channel):
        first, second = biphasic(ROOM, 200, 50, channel)
        at = watch(
            firmware,
            [first, second, (first[0], second[1] + late, None)],
            program(200),
            range(4),
            both_phases,
        )
        assert second[1] + late < at <= second[1] + late + clocks(TOGETHER_US)


def test_both_rise_in_one_clock(firmware):
    for alignment in range(INSTRUCTION):
        at = ROOM + alignment
        trip = watch(firmware, [("CH2_A", at, None), ("CH2_B", at, None)], program(500), range(4))
        assert at < trip <= at + clocks(TOGETHER_US)


def test_legs_of_different_channels_may_be_high_together(firmware):
    for late in (0, 1, clocks(20), clocks(120), clocks(250), clocks(300)):
        spans = biphasic(ROOM, 200, 50, 1) + biphasic(ROOM + late, 200, 50, 2)
        assert watch(firmware, spans, program(200), range(4)) is None


# -- leg A again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("phase_us, gap_us", [(20, 5), (200, 50), (137, 500)])
def test_leg_a_again_in_the_gap(firmware, phase_us, gap_us):
    """From 1 us after its end on; the longest phase may be a longer one."""
    for longest_us in (phase_us, 200):
        for late in range(clocks(1), clocks(gap_us), max(11, clocks(gap_us) // 40)):
            for alignment in ALIGNMENTS:
                end = ROOM + alignment + clocks(phase_us)
                spans = [("CH1_A", ROOM + alignment, end), ("CH1_A", end + late, None)]
                at = watch(firmware, spans, program(longest_us, gap_us), [A])
                assert end + late < at <= end + late + clocks(TOGETHER_US), (
                    longest_us,
                    late,
                    alignment,
                )


def test_a_monitor_of_phase_a_alone_does_not_know_the_gap(firmware):
    """Where phase B is not sampled, leg A in the gap begins a phase: limited in width, seen by B
    when both are high.
    """
    end = ROOM + clocks(100)
    again = end + clocks(20)
    spans = [("CH1_A", ROOM, end)]
    assert (
        watch(
            firmware,
            [*spans, ("CH1_A", again, again + clocks(20))],
            program(100),
            range(4),
            both_phases=False,
        )
        is None
    )
    assert watch(
        firmware, [*spans, ("CH1_A", again, None)], program(100), range(4), both_phases=False
    ) == a_trips(again, 100)
