"""Output drivers on a table of registers: what each writes and finds, fault and no fault.
Numbers are those of board nmes2 and of FACTS.
"""

import pytest
from register_chip import DMA_ABORT, GPIO_CTRL, NULL, PIO0, PIO1, TXF0, Drivers

GUARDED = ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN")
PWM_ENABLE, RESETS_SET, RESETS_CLEAR, PIO0_AND_1 = 0x400500A0, 0x4000E000, 0x4000F000, 0xC00
GUARD_TRIP, DEADMAN_MS = 28, 60


@pytest.fixture
def hal(drivers):
    return drivers.build()


# --- safe: everything off -------------------------------------------------------------------------


def test_off_is_off_by_every_way_pins_first(drivers):
    chip = drivers.chip
    for gpio in range(30):
        chip.words[GPIO_CTRL + 8 * gpio] = 6
    for address in (PIO0, PIO1, PWM_ENABLE):
        chip.words[address] = 15
    drivers.hal_safe.off()
    assert [address for address, _ in chip.writes[:30]] == [
        GPIO_CTRL + 8 * gpio for gpio in range(30)
    ]
    assert {chip.function(gpio) for gpio in range(30)} == {NULL}
    assert (chip.words[PIO0], chip.words[PIO1], chip.words[PWM_ENABLE]) == (0, 0, 0)
    assert chip.wrote(DMA_ABORT) == [0xFFF]
    assert chip.wrote(RESETS_SET) == chip.wrote(RESETS_CLEAR) == [PIO0_AND_1]


# --- guard and dead-man ---------------------------------------------------------------------------


def test_arming_runs_both_and_gives_the_dead_man_its_time(drivers, hal):
    chip = drivers.chip
    hal.guard.arm()
    assert chip.words[PIO0] & 15 == 12 and chip.fifo[PIO0 + TXF0 + 8] == [DEADMAN_MS]
    assert [chip.function(drivers.gpio[role]) for role in GUARDED] == [6] * 5
    assert not hal.guard.tripped() and not hal.guard.expired()
    hal.guard.reload()
    assert chip.fifo[PIO0 + TXF0 + 8] == [DEADMAN_MS] * 2


def test_disarming_cuts_the_pins_then_goes_the_guards_own_way_then_stops(drivers, hal):
    chip = drivers.chip
    hal.guard.arm()
    chip.writes.clear()
    hal.guard.disarm()
    pins = [GPIO_CTRL + 8 * drivers.gpio[role] for role in GUARDED]
    assert chip.writes == [(pin, NULL) for pin in pins] + [
        (hal.guard.cut[0], GUARD_TRIP),
        (PIO0, 0),
    ]


@pytest.mark.parametrize("machine, expired", [(3, False), (2, True)])
def test_either_machine_is_a_trip(drivers, hal, machine, expired):
    hal.guard.arm()
    drivers.chip.words[drivers.chip.place(machine)] = GUARD_TRIP
    assert hal.guard.tripped() and hal.guard.expired() == expired


def test_the_first_cut_is_the_one_that_counts(drivers, hal):
    hal.guard.arm()
    (_, cut_now) = next(row for row in drivers.chip.irqs if row[0] == "pio 0")
    for us in (1_000, 2_000):
        drivers.chip.words[0x40054028] = us
        cut_now(None)
    assert hal.guard.trip_us[0] == 1_000


def test_the_interrupt_that_tells_of_a_cut_goes_before_all_others():
    """HZ6: Cortex-M0+ (ARMv6-M B3.4.7): a byte an interrupt, 0 goes first; PIO 0's is number 7."""
    drivers = Drivers()
    drivers.chip.words[0xE000E404] = 0x80C04080
    drivers.build()
    assert drivers.chip.words[0xE000E404] == 0x00C04080


def test_pins_that_one_instruction_does_not_reach_are_refused():
    drivers = Drivers()
    drivers.board["PINS"] = dict(
        drivers.pins, HV_EN=drivers.pins["LED_FAULT"], LED_FAULT=drivers.pins["HV_EN"]
    )
    with pytest.raises(ValueError, match="consecutive"):
        drivers.build()


# --- pulse engine ---------------------------------------------------------------------------------


class Train:
    """As many pulses as it has been asked for."""

    def __init__(self):
        self.pulses = 0

    def fill(self, halves, pulses):
        self.pulses += pulses
        for k in range(6 * pulses):
            halves[k] = 1 + k


def started(drivers, hal, on_trigger=False):
    """Both trains have begun."""
    trains = [(1, Train(), 100), (2, Train(), 200)]
    hal.engine.prepare()
    drivers.chip.writes.clear()
    (hal.engine.start_on_trigger if on_trigger else hal.engine.start)(trains)
    return [train for _, train, _ in trains]


def test_both_start_with_one_write_their_stalls_of_the_past_forgotten(drivers, hal):
    started(drivers, hal)
    chip = drivers.chip
    assert chip.wrote(PIO0)[-1] & 15 == 3 and [value & 3 for value in chip.wrote(PIO0)[:-1]] == [0]
    assert chip.wrote(PIO0)[0] >> 4 & 3 == 3, (
        "a machine that stalled in a pull takes the first word for its own"
    )
    assert chip.wrote(PIO0 + 8) == [3 << 24]
    assert [chip.fifo[PIO0 + TXF0 + 4 * k] for k in (0, 1)] == [
        [100, drivers.build_module.SETTLE_COUNT],
        [200, drivers.build_module.SETTLE_COUNT],
    ]


def test_stop_leaves_no_word_and_no_transfer(drivers, hal):
    started(drivers, hal)
    drivers.chip.writes.clear()
    hal.engine.stop()
    bits = hal.engine.feeders[0].abort_bits | hal.engine.feeders[1].abort_bits
    assert bits.bit_count() == 2 and drivers.chip.wrote(DMA_ABORT) == [bits]
    assert not drivers.chip.fifo.get(PIO0 + TXF0) and not drivers.chip.fifo.get(PIO0 + TXF0 + 4)


def test_a_round_feeds_and_finds_what_ran_dry_or_was_stopped(drivers, hal):
    """HZ2: each by its channel."""
    started(drivers, hal)
    assert hal.engine.round() == 0
    for number in (0, 1):
        # The machine has stalled
        drivers.chip.words[PIO0 + 8] = 1 << 24 + number
        assert hal.engine.round() == number + 1
        drivers.chip.words[PIO0 + 8] = 0
        drivers.chip.words[PIO0] &= ~(1 << number)
        assert hal.engine.round() == number + 1
        drivers.chip.words[PIO0] |= 1 << number
    assert hal.engine.round() == 0


def test_the_words_of_a_block_sum_to_0(drivers, hal):
    started(drivers, hal)
    for feeder in hal.engine.feeders:
        for at in feeder.buffers:
            assert (
                sum(drivers.chip.load(at + 4 * k) for k in range(feeder.words)) & 0xFFFFFFFF
                == 0
                != drivers.chip.load(at)
            )


# --- width monitors -------------------------------------------------------------------------------


def test_a_line_that_is_pulled_goes_low_and_comes_back(drivers, hal):
    hal.monitors.arm([1, 2, 3, 4], True)
    chip, line = drivers.chip, drivers.gpio["INTERLOCK_N"]
    pulled = PIO1 + 0xC8 + 16
    chip.level = lambda chip: (chip.words.get(pulled) != 0xE081) << line
    assert hal.monitors.line_pulls()
    chip.level = lambda chip: 1 << line
    assert not hal.monitors.line_pulls()
    chip.level = lambda chip: 0
    assert not hal.monitors.line_pulls()


@pytest.mark.parametrize("machine", range(4))
def test_the_leg_that_was_too_long_is_named(drivers, hal, machine):
    hal.monitors.arm([1, 2, 3, 4], True)
    assert hal.monitors.tripped() == ""
    drivers.chip.words[drivers.chip.place(machine, PIO1)] = 31
    assert hal.monitors.tripped() == GUARDED[machine]


def test_armed_they_have_the_line_and_run_and_disarmed_neither(drivers, hal):
    hal.monitors.arm([1, 2, 3, 4], True)
    assert (
        drivers.chip.function(drivers.gpio["INTERLOCK_N"]) == 7 and drivers.chip.words[PIO1] == 15
    )
    hal.monitors.disarm()
    assert (
        drivers.chip.function(drivers.gpio["INTERLOCK_N"]) == NULL and drivers.chip.words[PIO1] == 0
    )
