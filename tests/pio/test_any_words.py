"""Whatever words arrive, and whenever: balanced, bounded, never both legs, and low at the end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prescribed import driven_high

# 16 bits of count and at most two clocks around them; 524 us is the design's ceiling.
PHASE_CLOCKS_MAX = 65_537
WORD = st.one_of(
    st.integers(0, 0xFFFF_FFFF), st.sampled_from([0, 1, 0xFFFF, 0xFFFF_0000, 0xFFFF_FFFF])
)
WORDS = st.lists(WORD, max_size=12)
REGISTER = st.integers(0, 0xFFFF_FFFF)
# More than 12 words can fill
ENOUGH_CLOCKS = 2**37


def check_channel(firmware, edges, number):
    """Phases A and B alternate, equal, bounded, apart."""
    phases_a, phases_b = (driven_high(edges, firmware.gpio[f"CH{number}_{leg}"]) for leg in "AB")
    assert len(phases_a) == len(phases_b)
    end = 0
    for (a_on, a_off), (b_on, b_off) in zip(phases_a, phases_b, strict=True):
        assert end < a_on < a_off < b_on < b_off
        assert a_off - a_on == b_off - b_on <= PHASE_CLOCKS_MAX
        end = b_off


def pulses_in(words, on_trigger):
    """A start takes two words before the first pulse word, a trigger start none; then every
    third is a pulse.
    """
    return (len(words) + 2 * on_trigger) // 3


@pytest.mark.parametrize("on_trigger", [False, True])
@settings(max_examples=80)
@given(words_1=WORDS, words_2=WORDS, x=REGISTER, y=REGISTER)
def test_any_words(firmware, on_trigger, words_1, words_2, x, y):
    """Garbage from the first word on, what the CPU puts included."""
    block = firmware.block(
        words_1,
        words_2,
        guarded=False,
        cpu_words=False,
        on_trigger=on_trigger,
        undefined={"x": x, "y": y},
    )
    block.drive(firmware.gpio["TRIG_IN"], 1, 10)
    edges = block.run(ENOUGH_CLOCKS)
    check_channel(firmware, edges, 1)
    check_channel(firmware, edges, 2)
    assert len(driven_high(edges, firmware.gpio["CH1_A"])) == pulses_in(words_1, on_trigger)
    assert len(driven_high(edges, firmware.gpio["CH2_A"])) == pulses_in(words_2, on_trigger)


@settings(max_examples=60)
@given(words=WORDS, trigger=st.lists(st.integers(0, 2**33), max_size=8))
def test_trigger_input_during_a_train_changes_nothing(firmware, words, trigger):
    """Only the first instruction looks at TRIG_IN, and a normal start never meets it."""
    block = firmware.block(words, guarded=False)
    for k, clock in enumerate(sorted(trigger)):
        block.drive(firmware.gpio["TRIG_IN"], 1 - k % 2, clock)
    assert block.run(ENOUGH_CLOCKS) == firmware.block(words, guarded=False).run(ENOUGH_CLOCKS)


@settings(max_examples=80)
@given(st.lists(st.tuples(WORD, st.integers(0, 300_000)), max_size=12))
def test_words_that_come_late(firmware, arrivals):
    """A machine waits for a late word with its legs low, and goes on as if nothing had been."""
    block = firmware.block(guarded=False, cpu_words=False)
    clock = 0
    for word, later in arrivals:
        # After the longest rest, so that the FIFO never overflows
        clock += later + 2**32 * 2
        block.push(0, word, clock)
    edges = block.run(clock + ENOUGH_CLOCKS)
    check_channel(firmware, edges, 1)
    assert len(driven_high(edges, firmware.gpio["CH1_A"])) == len(arrivals) // 3


@settings(max_examples=60)
@given(words=WORDS, cut=st.one_of(st.integers(0, 800_000), st.integers(0, 2**34)))
def test_stop_at_any_clock(firmware, words, cut):
    """DMA stopped, FIFO emptied: the pulse that has begun is completed, balanced; no other follows.

    Begun is a pulse whose word the machine has: phase A comes within 4 clocks.
    """
    block = firmware.block(words, guarded=False)
    block.call(lambda b: b.machines[0].set_join("") or b.machines[0].tx.source.clear(), cut)
    edges = block.run(cut + 2**34)
    check_channel(firmware, edges, 1)
    assert all(on <= cut + 4 for on, _ in driven_high(edges, firmware.gpio["CH1_A"]))
