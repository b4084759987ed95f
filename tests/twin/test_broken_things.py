"""Single things that break, each on a copy of one running twin: what stops the output, how soon,
and under which name.
"""

import pytest
import rig
from broken import MS, NAMES, US, copies, to_pulse, told
from evenpulse.emulator import crash, fork
from evenpulse.faults import every_bit
from stimcore import monitor, prescription
from test_interlock import journal_events

# Places of PIO 0: where phase A begins; the loop of the gap
SET_A, JMP_GAP = 9, 13


@pytest.fixture(scope="module")
def flash():
    return rig.flash_of_100_pps()


@pytest.fixture(scope="module")
def twin(flash):
    return rig.at_work(flash, ups=10)


def flip(block, place, bit):
    def do(twin):
        # So short before it that no round, whenever it comes in this build, writes it anew
        to_pulse(twin, 10)
        pio = twin.chip.rp2040.pio[block]
        twin.chip.rp2040.peripherals[(0x50200, 0x50300)[block]].write_instruction(
            place, pio.instructions[place] ^ 1 << bit
        )

    return do


# --- pulse machine ------------------------------------------------------------------------------


def test_a_phase_b_without_its_phase_a_is_cut_as_it_begins(twin):
    """Each bit that takes `set` of phase A away; without the cut the phase would last 100 us."""
    for reason, _, _, last_us in copies(
        twin, {bit: flip(0, SET_A, bit) for bit in (0, 13, 14, 15)}
    ).values():
        assert reason == "no_measurement" and last_us < 30


@pytest.mark.parametrize("block, place", [(0, 4), (0, 28), (0, 30), (1, 30), (1, 31)])
def test_both_programs_are_written_anew_in_every_round(twin, block, place):
    pio = twin.chip.rp2040.pio[block]
    good = pio.instructions[place]

    def broken(bit):
        flip(block, place, bit)(twin)
        twin.run_ms(15)
        return [pio.instructions[place] == good, twin.state]

    assert fork.each([2], broken, 1) == [[True, rig.RUNNING]]


# Each left the machines of both legs B in the part of the legs A, until the next arming
STRAYS = [(17, 13), (17, 14), (19, 7), (21, 2), (21, 4), (22, 6)]
STRAYS += [(23, 14), (24, 7), (25, 0), (25, 4)]
# The interrupt of a leg B that rises is then the one of a monitor that pulls
FALSE_FLAGS = [(18, 0), (18, 4)]


def test_a_monitor_that_has_left_its_program_is_a_fault(twin):
    """HZ2: what is written anew does not bring it back. The record says what it was; off within
    the pulse that leads it astray and two rounds.
    """

    def lost(which):
        flip(1, *which)(twin)
        at = twin.now
        twin.run_ms(50)
        reason, ms, *_ = told(twin, at)
        return [reason, ms, journal_events(twin)[-1].get("register")]

    found = fork.each(STRAYS, lost, 1)
    assert [(reason, register) for reason, _, register in found] == [("registers", -10)] * len(
        STRAYS
    )
    assert max(ms for _, ms, _ in found) < 25


def test_a_cut_without_a_monitor_that_pulls_is_told_as_what_it_is(twin):
    """HZ2: not as an open loop, which a person would take for STOP."""
    found = copies(twin, {which: flip(1, *which) for which in FALSE_FLAGS})
    assert {which: reason for which, (reason, *_) in found.items()} == dict.fromkeys(
        FALSE_FLAGS, "registers"
    )


@pytest.mark.parametrize("both_phases", [True, False])
def test_monitors_that_work_are_in_their_program_all_the_time(both_phases):
    """HZ2: 3 s of pulses on both channels, with and without a sample in phase B."""
    program = rig.program(rate_pps=150, offset_us=3_001)
    if not both_phases:
        # Samples in phase B could meet those of the other channel
        sweep = {"rate_pps": [100, 20], "phase_us": [20, 500], "period_s": 10}
        program = rig.program(offset_us=300, sweep=sweep)
        del program["rate_pps"], program["phase_us"]
    (told,) = prescription.from_toml_dict(rig.document(program))["programs"]
    assert monitor.plan(told)[2] is both_phases
    twin = rig.running(rig.prescribed_flash(program), ups=5)
    twin.run_ms(3_000)
    assert twin.state == rig.RUNNING


def test_legs_closer_than_the_dead_time_come_once_at_the_most():
    """At the highest rate two pulses may lie between two rounds; a flipped loop of the gap puts
    the legs 0.03 us apart. It is written anew when a sample has come: what flips then strikes this
    pulse, what flips before strikes none, wherever in a round it does.
    """
    program = rig.program(rate_pps=150, phase_us=100, gap_us=50)
    fast = rig.running(rig.prescribed_flash(program), ups=5)

    def close_ones(after_us):
        fast.run_to(every_bit.before_pulse(fast) + 6_667 * US + after_us * US)
        pio, seen = fast.chip.rp2040.pio[0], len(fast.edges)
        fast.chip.rp2040.peripherals[0x50200].write_instruction(
            JMP_GAP, pio.instructions[JMP_GAP] ^ 1 << 14
        )
        fast.run_ms(35)
        a, b = (rig.gpio(fast, leg) for leg in ("CH1_A", "CH1_B"))
        falls = [clock for clock, pin, level in fast.edges[seen:] if pin == a and not level]
        rises = [clock for clock, pin, level in fast.edges[seen:] if pin == b and level]
        return sum(any(0 <= rise - fall < 5 * US for fall in falls) for rise in rises)

    assert fork.each([80, 80 + 6_667], close_ones, 1) == [1, 1]
    assert fork.each(list(range(300, 10_300, 500)), close_ones, 1) == [0] * 20


# The loop before a pulse; with this bit its jump waits for a pin, and the pulse comes at once
JMP_SETTLE, OF_A_PIN = 24, 7


def test_channels_that_lose_their_distance_are_off_within_35_ms():
    """HZ1: one comes early once, and all its pulses after that: case 1894 of seed 2. Unbroken it
    goes on, over what is written to flash of a current that has changed.
    """
    apart = rig.running(rig.prescribed_flash(rig.program(rate_pps=100, offset_us=3_001)), ups=5)

    def early(by_us):
        start = to_pulse(apart, by_us or 1)
        if not by_us:
            apart.run_ms(3_000)
            return apart.state
        pio = apart.chip.rp2040.pio[0]
        apart.chip.rp2040.peripherals[0x50200].write_instruction(
            JMP_SETTLE, pio.instructions[JMP_SETTLE] ^ 1 << OF_A_PIN
        )
        apart.run_ms(75)
        return told(apart, start - by_us * US)[:2]

    goes_on, *found = fork.each([0, 100, 600, 1_900], early, 1)
    assert goes_on == rig.RUNNING
    assert [reason for reason, _ in found] == ["registers"] * 3
    assert max(ms for _, ms in found) < 35


def test_a_pause_leaves_nothing_behind(twin):
    """From the round on that ends it no word waits for a pulse machine, and no channel of DMA
    feeds one.
    """

    def paused(_):
        twin.press("START", 100)
        for _ in range(1_000):
            twin.run_clocks(MS // 5)
            if twin.state == rig.PAUSED:
                break
        rp2040 = twin.chip.rp2040
        words = [machine.tx_fifo.item_count for machine in rp2040.pio[0].machines[:2]]
        return [
            twin.state,
            words,
            [
                channel.index
                for channel in rp2040.dma.channels
                if channel.treq in (0, 1) and channel.active
            ],
        ]

    assert fork.each([0], paused, 1) == [[rig.PAUSED, [0, 0], []]]


@pytest.mark.parametrize("kind", ["RuntimeError", "SystemExit"])
def test_after_a_crash_nothing_runs_on(flash, kind):
    twin = rig.running(flash, ups=3)
    crash.raise_exception(twin.chip, crash.symbols(twin.firmware.with_suffix(".elf")), kind)
    for _ in range(20):
        twin.run_clocks(MS // 20)
        if not twin.chip.pads.levels[rig.gpio(twin, "HV_EN")]:
            break
    twin.run_clocks(MS // 10)
    rp2040 = twin.chip.rp2040
    assert twin.chip.resets == 0 and rig.levels(twin) == [0] * 5
    assert [channel.index for channel in rp2040.dma.channels if channel.active] == []
    assert rp2040.read_uint32(0x400500A0) == 0, "PWM"
    assert not any(machine.enabled for pio in rp2040.pio for machine in pio.machines)
    assert all(rp2040.gpio[n].ctrl & 31 == 31 for n in range(30) if n != 25)


# --- the self-test before a fault is left ---------------------------------------------------------


def leave(twin):
    """A person holds START; the state after it, and what the self-test found."""
    twin.press("START", 1_200)
    twin.run_ms(1_600)
    return twin.state


def test_a_stuck_amplitude_is_left_only_once_it_is_mended(twin):
    def case(mended):
        twin.stick("CH1_AMP")
        twin.run_ms(100)
        seen = [twin.state]
        if mended:
            twin.chip.pads.stick(rig.gpio(twin, "CH1_AMP"), None)
        return [*seen, leave(twin)]

    assert fork.each([False, True], case, 1) == [[rig.FAULT, rig.FAULT], [rig.FAULT, rig.READY]]


def test_samples_that_do_not_come_keep_the_fault(twin):
    """The samples' interrupt is lost at the core."""

    def case(mended):
        core = twin.chip.rp2040.core
        core.enabled_interrupts &= ~(1 << 11)
        twin.run_ms(100)
        if mended:
            core.enabled_interrupts |= 1 << 11
        return [twin.state, leave(twin)]

    assert fork.each([False, True], case, 1) == [[rig.FAULT, rig.FAULT], [rig.FAULT, rig.READY]]


@pytest.mark.parametrize(
    "address, bit",
    [(0x40050010 + 20 * 5, 3), (0x4001C004 + 4 * 2, 7), (0x40008040, 8)],
    ids=["TOP of an amplitude's PWM", "the pad of CH1_A", "the divider of CLK_SYS"],
)
def test_a_register_that_flips_before_a_session_lets_none_begin(flash, address, bit):
    """HZ9: no arming sets it up; cases 1673 and 1675 of seed 1. After off and on it is right."""
    twin = rig.ready(flash)
    twin.poke(address, twin.chip.rp2040.read_uint32(address) ^ 1 << bit)
    twin.press("START", 1_100)
    assert twin.run_until_state(rig.FAULT, 2_000)
    twin.run_ms(100)
    assert NAMES[twin.states[-1][1] >> 8] == "registers" and rig.levels(twin) == [0] * 5
    legs = {rig.gpio(twin, leg) for leg in rig.LEGS}
    assert not any(level for _, pin, level in twin.edges if pin in legs)
    flash_now = bytes(twin.flash)
    twin.power_off()
    assert rig.running(flash_now).state == rig.RUNNING
