"""firmware/TIMING.md beside the pulse: trigger, guard, dead-man, buffers, budget."""

from page_of_timing import NUMBER, PAGE, ROW, budget, number, stated, value
from prescribed import CLOCKS_PER_US, driven_high, switched_off, words_of
from reference_pio import SYNCHRONISER_CLOCKS
from stimcore import limits, pulse
from test_guard import SHORT

MS = 1000 * CLOCKS_PER_US


def test_trigger(firmware):
    """From the clock in which the level is seen to the `set` of phase A; the pin shows it one
    clock later.
    """
    block = firmware.block(words_of(SHORT), on_trigger=True, guarded=False, channels=[1])
    block.drive(firmware.gpio["TRIG_IN"], 1, 1000)
    phase_a = driven_high(block.run(2**17), firmware.gpio["CH1_A"])[0][0]
    assert phase_a - 1 - 1000 - SYNCHRONISER_CLOCKS == number(
        r"From the edge to phase A: [^*]+\*\*N# clocks\*\*"
    )
    assert (
        number(
            r"after the level is seen; silicon adds N# clocks of input synchroniser\.\s+\*\*SYNC"
        )
        == SYNCHRONISER_CLOCKS
    )


def test_guard(firmware):
    block = firmware.block(guarded=True)
    block.drive(firmware.gpio["INTERLOCK_N"], 0, 1000)
    block.run(2000)
    low = switched_off(block, firmware.guarded_pins)
    assert low - 1000 - SYNCHRONISER_CLOCKS == number(
        r"the five outputs are low \*\*N# clocks\*\* after the level is seen"
    )
    ((irq_at, flag, _),) = block.irq_edges
    high_z = max(
        edge.clock for edge in block.edges if not edge.oe and edge.pin in firmware.guarded_pins
    )
    assert high_z - low == number(r"`set\(pindirs, 0\)` follows N# clock later")
    assert (irq_at - high_z, flag) == (number(r"and `irq\(0\)` N# clock after that"), 0)


def test_deadman(firmware):
    turn = firmware.programs.TRIG - 1 - firmware.programs.DEADMAN
    divider = firmware.block().machines[2].config.divider_int
    assert divider == number(r"turns four instructions of N# clocks each")
    assert turn == 4 and turn * divider == number(r"each, N# ms a turn") * MS
    turns, words = number(r"so at most N# turns"), number(r"adds one turn a word, N# at most")
    block = firmware.block()
    # More than the FIFO takes
    for k in range(9):
        block.push(2, 0xFFFF_FFFF, k)
    block.run(200 * MS)
    off = switched_off(block, firmware.guarded_pins)
    assert (turns + words - 1) * MS < off <= (turns + words) * MS + 2 * divider
    assert off < number(r"under N# ms in any case") * MS


def test_buffers(firmware):
    a_block = firmware.hal_engine.PULSES_A_BLOCK
    assert (
        number(r"Words lie in two buffers of N# pulses a channel")
        == a_block
        == number(r"at least N# periods")
    )
    longest_us = limits.RANGES["phase_us"][1]
    busy_us = 2 * longest_us + limits.RANGES["gap_us"][1]
    rest_us = pulse.period_us(limits.RANGES["rate_mpps"][1]) - busy_us
    assert number("the shortest that the limits allow is N# ms") == rest_us // 100 / 10
    ms, rate = stated(rf"\({NUMBER} ms at {NUMBER} pps\)")
    assert value(rate) * 1000 == limits.RANGES["rate_mpps"][1]
    assert value(ms) == a_block * pulse.period_us(limits.RANGES["rate_mpps"][1]) // 1000


def test_budget(firmware):
    named, used, room = budget(0)
    at = firmware.programs
    assert named == {
        "trigger": at.WRAP_TARGET - at.TRIG,
        "pulse machine": at.WRAP + 1 - at.WRAP_TARGET,
        "dead-man": at.TRIG - at.DEADMAN,
        "guard": at.TRIP - at.ARM,
        "trip": at.OFF + 1 - at.TRIP,
    }
    assert sum(named.values()) == used == len(firmware.opcodes) <= room == 32
    assert (
        number(r"The pulse machine is N# PIO instructions")
        == named["pulse machine"]
        == len(ROW.findall(PAGE))
    )


def test_no_delays_and_undivided(firmware):
    block = firmware.block()
    assert all(
        block.machines[n].config.divider_int == 1 and not block.machines[n].config.divider_256ths
        for n in (0, 1, 3)
    )
    config = block.machines[0].config
    assert not any(op >> 8 & (1 << 5 - config.side_count) - 1 for op in firmware.opcodes)
    assert number(r"an instruction is one system clock of N# ns") * CLOCKS_PER_US == 1000
