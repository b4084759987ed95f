"""The bench tells the truth about trains: an edge that is late by one clock, a pulse that is
missing, an offset that is off.
"""

import pytest

from evenpulse.bench.contract import judge_triggers, spread_of_values
from evenpulse.bench.figures import Wanted, errors, largest, worst_offset
from evenpulse.twin.waveform import Pulse

WANTED = Wanted(phase_us=100, gap_us=50, period_us=20_000)
# Clocks of 8 ns, by hand
A_END, B_START, B_END, PERIOD = 12_500, 18_750, 31_250, 2_500_000


def train(count=5, first=777):
    return [
        Pulse(s, s + A_END, s + B_START, s + B_END)
        for s in range(first, first + count * PERIOD, PERIOD)
    ]


def late(pulse, **clocks):
    return Pulse(**{name: value + clocks.get(name, 0) for name, value in vars(pulse).items()})


def test_a_sound_train_has_no_error():
    found = errors(train(), WANTED)
    assert [found.worst(name) for name in ("phase", "gap", "period", "start")] == [0, 0, 0, 0]
    assert (len(found.phase), len(found.gap), len(found.period), len(found.start)) == (10, 5, 4, 5)


@pytest.mark.parametrize(
    "edge, seen",
    [
        ("a_start", {"phase", "period", "start"}),
        ("a_end", {"phase", "gap"}),
        ("b_start", {"gap", "phase"}),
        ("b_end", {"phase"}),
    ],
)
@pytest.mark.parametrize("clocks", [-1, 1])
def test_an_edge_one_clock_off_is_reported(edge, seen, clocks):
    pulses = train()
    pulses[3] = late(pulses[3], **{edge: clocks})
    found = errors(pulses, WANTED)
    assert {name for name in ("phase", "gap", "period", "start") if found.worst(name)} == seen
    assert largest(found.worst(name) for name in seen) == 1


def test_a_missing_pulse_is_a_period_late():
    pulses = train()
    del pulses[2]
    found = errors(pulses, WANTED)
    assert found.worst("period") == found.worst("start") == PERIOD


def test_a_drift_adds_up_in_the_starts():
    pulses = [late(p, a_start=k, a_end=k, b_start=k, b_end=k) for k, p in enumerate(train(100))]
    found = errors(pulses, WANTED)
    assert (found.worst("phase"), found.worst("period"), found.worst("start")) == (0, 1, 99)


def test_offset_of_the_channels():
    one, two = train(), train(first=777 + 125)
    assert worst_offset(one, two, 1) == 0
    two[4] = late(two[4], a_start=-1)
    assert worst_offset(one, two, 1) == 1
    assert worst_offset(one, [], 1) is None


def test_nothing_measured_is_not_zero():
    assert errors([], WANTED).worst("phase") is None
    assert largest([]) is None
    assert largest([0, None]) is None


def test_latency_of_triggers():
    rows = judge_triggers([1_000, 5_000], [[1_004, 2_000, 5_004], [1_004, 2_000, 5_005]])
    assert [(r.id, r.value, r.ok) for r in rows] == [("T5", 5, True), ("T5.spread", 1, False)]


@pytest.mark.parametrize(
    "raised, rises",
    [
        # A pulse that did not wait for its trigger
        ([1_000], [[999, 1_004], [1_004]]),
        # The second trigger went unanswered
        ([1_000, 5_000], [[1_004], [1_004]]),
        ([], [[], []]),
    ],
)
def test_a_trigger_that_was_not_waited_for_is_no_latency(raised, rises):
    assert [(r.value, r.ok) for r in judge_triggers(raised, rises)] == [(None, False)] * 2


def test_a_step_of_one_has_every_value():
    pairs = spread_of_values(1)
    assert {phase for phase, _ in pairs} == set(range(20, 501))
    assert {gap for _, gap in pairs} == set(range(5, 501))
