"""The dead-man (SM2): outputs off within 100 ms of the last reload, whatever lies in its FIFO."""

from hypothesis import given, settings
from hypothesis import strategies as st
from prescribed import CLOCKS_PER_US, steady, switched_off, words_of

MS = 1000 * CLOCKS_PER_US
EXPIRY_CLOCKS_MAX = 100 * MS
# A supervisor that comes round this often must never be tripped
ROUND_MS_MAX = 50


def reloading_block(firmware, reloads, words=None, **undefined):
    """Both channels in therapy; `reloads` are clocks at which the CPU writes a word to the
    dead-man.
    """
    pulses = steady(50, 300, 100, 40)
    block = firmware.block(words_of(pulses), words_of(pulses), undefined=undefined or None)
    for i, clock in enumerate(reloads):
        block.push(2, firmware.hal_guard.DEADMAN_MS if words is None else words[i], clock)
    return block


def off_at(firmware, block):
    """Clock at which the last guarded pin went off for good; the CPU is told."""
    assert block.irq & 1
    return switched_off(block, firmware.guarded_pins)


def hv_on(firmware, block):
    return block.levels & block.directions & 1 << firmware.gpio["HV_EN"]


@settings(max_examples=40)
@given(st.lists(st.integers(1, ROUND_MS_MAX * MS), max_size=12), st.integers(0, 0xFFFF_FFFF))
def test_reloads_keep_it_and_silence_ends_it(firmware, waits, garbage):
    reloads = [sum(waits[: i + 1]) for i in range(len(waits))]
    last = reloads[-1] if reloads else 0
    block = reloading_block(firmware, reloads, x=garbage, y=garbage)
    block.run(last + ROUND_MS_MAX * MS)
    assert hv_on(firmware, block), "tripped although it was reloaded in time"
    block.run(EXPIRY_CLOCKS_MAX)
    assert last + ROUND_MS_MAX * MS < off_at(firmware, block) <= last + EXPIRY_CLOCKS_MAX


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 0xFFFF_FFFF), min_size=1, max_size=40),
    st.integers(0, 60 * MS),
    st.integers(0, 3 * MS),
)
def test_flooding_cannot_extend_it(firmware, words, clock, apart):
    """Any words, as fast as they may come: 100 ms after the last one the outputs are off."""
    reloads = [clock + i * apart for i in range(len(words))]
    block = reloading_block(firmware, reloads, words)
    block.run(reloads[-1] + EXPIRY_CLOCKS_MAX + MS)
    assert off_at(firmware, block) <= reloads[-1] + EXPIRY_CLOCKS_MAX


def test_no_reload_at_all(firmware):
    """X and Y are undefined at power-on: with any of them, armed and forgotten, it is off in 100
    ms.
    """
    for garbage in (0, 1, 63, 64, 0x7FFF_FFFF, 0xFFFF_FFFF):
        block = reloading_block(firmware, [], x=garbage, y=garbage)
        block.run(2 * EXPIRY_CLOCKS_MAX)
        assert off_at(firmware, block) <= EXPIRY_CLOCKS_MAX


def test_latched_although_words_come_again(firmware):
    block = reloading_block(firmware, [150 * MS, 151 * MS])
    block.run(400 * MS)
    assert off_at(firmware, block) <= EXPIRY_CLOCKS_MAX
