"""What the drivers tell each state machine, DMA channel and PWM slice, by the fields of the
RP2040's datasheet (2.5.7, 3.7, 4.5.3).
"""

import pytest
from hang import within_cpu_s
from register_chip import DMA_ABORT, DMA_CTRL_BUSY, GPIO_CTRL, NULL, PIO0, PIO1, SM0, TXF0, Drivers
from test_drivers_on_registers import Train, started
from test_sensing_set_up import control

DMA, PWM = 0x50000000, 0x40050000
RXF0, IRQ, FLEVEL = PIO0 + 0x20, PIO0 + 0x30, PIO0 + 12
FORCED_HIGH = 3 << 16
GUARDED = ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN")
DREQ_PIO0_TX0, DREQ_PIO0_RX0, UNPACED = 0, 4, 0x3F
SET_PINS_LOW, SET_PINDIRS_IN, SET_PINDIRS_OUT, PULL_BLOCK, MOV_Y_OSR, WAIT_LOW = (
    0xE000,
    0xE080,
    0xE081,
    0x80A0,
    0xA047,
    0x2020,
)


def machine(chip, number, block=PIO0):
    """A state machine's registers by their fields."""
    divider, exec_, shift, pins = (
        chip.words[block + SM0 + 24 * number + at] for at in (0, 4, 8, 20)
    )
    return {
        "divider": divider / 65_536,
        "side optional": exec_ >> 30 & 1,
        "jmp pin": exec_ >> 24 & 31,
        "wrap": (exec_ >> 7 & 31, exec_ >> 12 & 31),
        "out right": shift >> 19 & 1,
        "in right": shift >> 18 & 1,
        "auto": shift >> 16 & 3,
        "joined": shift >> 30,
        "out": (pins & 31, pins >> 20 & 63),
        "set": (pins >> 5 & 31, pins >> 26 & 7),
        "side": (pins >> 10 & 31, pins >> 29),
        "in": pins >> 15 & 31,
    }


def executed(chip, number, block=PIO0):
    """What a machine was told to execute, in order."""
    return chip.wrote(block + SM0 + 24 * number + 16)


def in_memory(chip, block):
    """The instruction memory of a block."""
    return [chip.words.get(block + 0x48 + 4 * k, 0) for k in range(32)]


PLAIN = {"out right": 1, "in right": 0, "auto": 0, "joined": 0, "out": (0, 0)}


# --- pulse machines -------------------------------------------------------------------------------


def test_a_pulse_machine_sets_its_two_legs_and_sync_and_nothing_else(drivers, hal):
    """HZ2, HZ3: two pins from leg A on; SYNC_OUT beside, optional; at the core's clock."""
    drivers.chip.words[PIO0] = 15
    hal.engine.prepare()
    assert drivers.chip.writes[0] == (PIO0, 0), "set up while they stand"
    for number, leg in ((0, "CH1_A"), (1, "CH2_A")):
        assert machine(drivers.chip, number) == PLAIN | {
            "divider": 1,
            "side optional": 1,
            "jmp pin": 0,
            "wrap": (6, 24),
            "set": (drivers.gpio[leg], 2),
            "side": (drivers.gpio["SYNC_OUT"], 2),
            "in": drivers.gpio["TRIG_IN"],
        }
        assert executed(drivers.chip, number) == [SET_PINS_LOW, SET_PINDIRS_OUT]
    assert drivers.chip.function(drivers.gpio["SYNC_OUT"]) == 6
    assert in_memory(drivers.chip, PIO0) == list(drivers.hal_pio_programs.block0[0])


def test_a_block_of_32_pulses_goes_by_dma_to_its_machine_and_the_next_is_chained(drivers, hal):
    """HZ2: words up, one at a time as the machine asks; a finite block, which ends where none is
    behind it.
    """
    started(drivers, hal)
    words = drivers.chip.words
    for k, feeder in enumerate(hal.engine.feeders):
        first, second = (at - 16 for at in feeder.controls)
        numbers = [(base - DMA) // 0x40 for base in (first, second)]
        for i, base in enumerate((first, second)):
            assert [words[base + at] for at in (0, 4, 8)] == [
                feeder.buffers[i],
                PIO0 + TXF0 + 4 * k,
                3 * 32,
            ]
        sends = {
            "enabled": 1,
            "bytes": 4,
            "reads on": 1,
            "writes on": 0,
            "ring": 0,
            "ring of writes": 0,
            "paced by": DREQ_PIO0_TX0 + k,
            "quiet": 1,
        }
        assert control(words[first + 12]) == sends | {"chain": numbers[1]}
        assert control(words[second + 16]) == sends | {"chain": numbers[1]}, "itself: none"
        assert second + 12 not in words, "only the first is triggered"
        assert drivers.chip.place(k) == hal.engine.places[k] and words[drivers.chip.place(k)] == 18


def test_a_block_that_is_sent_is_chained_behind_the_other(drivers, hal):
    trains = started(drivers, hal)
    feeder = hal.engine.feeders[1]
    first, second = (at - 16 for at in feeder.controls)
    numbers = [(base - DMA) // 0x40 for base in (first, second)]
    words = drivers.chip.words
    for sent, sending in ((0, 1), (1, 0), (0, 1)):
        words[feeder.controls[sent]] &= ~DMA_CTRL_BUSY
        drivers.chip.set_bits = {feeder.controls[sending]: DMA_CTRL_BUSY}
        before = trains[1].pulses
        assert hal.engine.round() and trains[1].pulses == before + 32
        assert (
            words[feeder.controls[sending]] >> 11 & 15 == numbers[sent]
            and words[feeder.controls[sent]] >> 11 & 15 == numbers[sent]
        )
        assert words[(first, second)[sent] + 8] == 96
        # Words of the newer block that wait, then those of the older one.
        assert feeder.emitted() == trains[1].pulses - 32 - 96 // 3


def test_what_was_written_before_the_start_is_sent_and_nothing_else(drivers, hal):
    """HZ3, HZ12: a block a call, channel 1 first; the start writes what is missing, once."""
    for written, at_start in ((0, (64, 64)), (1, (32, 64)), (3, (0, 32)), (9, (0, 0))):
        trains = [(1, Train(), 100), (2, Train(), 200)]
        hal.engine.prepare()
        for k in range(written):
            hal.engine.write_next(trains)
            assert sum(train.pulses for _, train, _ in trains) == 32 * min(k + 1, 4)
        before = [train.pulses for _, train, _ in trains]
        hal.engine.start(trains)
        assert [train.pulses for _, train, _ in trains] == [64, 64]
        assert tuple(64 - pulses for pulses in before) == at_start
        hal.engine.stop()


def test_no_words_of_a_train_that_was_not_started_are_sent(drivers, hal):
    """HZ3: armed, and ended before the first pulse; and a train that ran begins anew."""
    given_up = [(1, Train(), 100)]
    hal.engine.prepare()
    for _ in (0, 1):
        hal.engine.write_next(given_up)
    train = Train()
    for pulses in (64, 128):
        hal.engine.start([(1, train, 100)])
        assert train.pulses == pulses
        hal.engine.stop()


def test_words_in_the_fifo_are_those_of_its_own_machine(drivers, hal):
    trains = started(drivers, hal)
    for feeder in hal.engine.feeders:
        drivers.chip.words[feeder.controls[0] - 8] = 0
    drivers.chip.words[FLEVEL] = 3 << 8 | 6
    assert [
        train.pulses - feeder.emitted()
        for train, feeder in zip(trains, hal.engine.feeders, strict=True)
    ] == [32 + 2, 32 + 1]


def test_words_of_before_are_none_of_the_new_train(drivers, hal):
    """HZ3: one left in a FIFO would be taken for the first rest."""
    hal.engine.prepare()
    for feeder in hal.engine.feeders:
        feeder.machine.put(999)
    hal.engine.start([(1, Train(), 100), (2, Train(), 200)])
    # FACTS: an amplitude has 2 ms before its pulse
    settle = 2_000 * 125
    words = [drivers.chip.fifo[PIO0 + TXF0 + 4 * k] for k in (0, 1)]
    assert words == [[100, settle], [200, settle]]


def test_one_channel_alone_starts_and_stops_alone(drivers, hal):
    hal.engine.prepare()
    drivers.chip.writes.clear()
    hal.engine.start([(2, Train(), 7)])
    assert drivers.chip.words[PIO0] & 3 == 2 and list(hal.engine.places) == [
        0,
        drivers.chip.place(1),
    ]
    assert drivers.chip.wrote(PIO0)[0] >> 4 & 3 == 2
    drivers.chip.words[hal.engine.feeders[1].controls[0]] |= DMA_CTRL_BUSY
    # A stall of the machine that does not run
    drivers.chip.words[PIO0 + 8] = 1 << 24
    assert hal.engine.round() and hal.engine.started()
    hal.engine.stop()
    assert (
        drivers.chip.wrote(DMA_ABORT) == [hal.engine.feeders[1].abort_bits]
        and not hal.engine.started()
    )


def test_what_stands_between_two_sessions_is_in_no_pulse(drivers, hal):
    """HZ10: a machine that waits for its next pulse word stands at 6, which is in a pulse while it
    runs. Nobody could measure the supply until the next session.
    """
    started(drivers, hal)
    assert all(hal.engine.places)
    hal.engine.stop()
    assert list(hal.engine.places) == [0, 0]


def test_a_trigger_cannot_come_between_the_two_starts(drivers, hal):
    """HZ9: both machines run before TRIG_IN is let in, and each waits for it to be low."""
    chip, trigger = drivers.chip, GPIO_CTRL + 8 * drivers.gpio["TRIG_IN"]
    started(drivers, hal, on_trigger=True)
    shown = [k for k, (address, _) in enumerate(chip.writes) if address == trigger]
    runs = [k for k, (address, value) in enumerate(chip.writes) if address == PIO0 and value & 3]
    assert (
        chip.wrote(trigger) == [NULL | FORCED_HIGH, NULL]
        and shown[0] < runs[0] < shown[1]
        and chip.words[PIO0] & 3 == 3
    )
    for number in (0, 1):
        assert executed(chip, number) == [5, WAIT_LOW]
        assert PIO0 + TXF0 + 4 * number not in chip.fifo
        chip.words[chip.place(number)] = 5
    assert not hal.engine.started()
    for number in (0, 1):
        chip.words[chip.place(number)] = 6
    assert hal.engine.started()


@pytest.mark.parametrize("what", ["engine", "amplitude", "sensing"])
def test_an_abort_is_waited_for(drivers, hal, what):
    """A DMA channel that is still at work would write what it was told once more (datasheet
    2.5.5.3).
    """
    started(drivers, hal)
    left = [2]

    def busy(chip):
        left[0] -= 1
        return 0xFFF * (left[0] >= 0)

    drivers.chip.reading = {DMA_ABORT: busy}
    {"engine": hal.engine.stop, "amplitude": hal.amplitude.off, "sensing": hal.sensing.stop}[what]()
    assert left[0] < 0


@pytest.mark.parametrize("what", ["engine", "amplitude", "sensing"])
def test_an_abort_that_never_ends_is_not_waited_for(drivers, hal, what):
    """HZ2: it is asked for on the way to off."""
    started(drivers, hal)
    drivers.chip.reading = {DMA_ABORT: lambda chip: 0xFFF}
    stop = {"engine": hal.engine.stop, "amplitude": hal.amplitude.off, "sensing": hal.sensing.stop}
    with within_cpu_s(5):
        stop[what]()
    assert drivers.chip.wrote(DMA_ABORT)


# --- guard and dead-man ---------------------------------------------------------------------------


def test_guard_and_dead_man_reach_all_five_pins_and_read_the_loop(drivers, hal):
    """HZ2: 1 ms a turn of four instructions is 31250 clocks each; the guard runs at the core's
    clock.
    """
    hal.guard.arm()
    both = PLAIN | {
        "side optional": 0,
        "jmp pin": 0,
        "wrap": (6, 24),
        "set": (drivers.gpio["CH1_A"], 5),
        "side": (0, 0),
        "in": drivers.gpio["INTERLOCK_N"],
    }
    assert machine(drivers.chip, 2) == both | {"divider": 31_250} and machine(
        drivers.chip, 3
    ) == both | {"divider": 1}
    assert executed(drivers.chip, 3) == [SET_PINS_LOW, SET_PINDIRS_IN, 25] and executed(
        drivers.chip, 2
    ) == [0]
    assert drivers.chip.wrote(IRQ) == [1], "a cut of before is no cut"
    assert drivers.chip.fifo[PIO0 + TXF0 + 8] == [60], "SAFETY.md: 60 ms"


def test_pins_are_given_to_the_guard_low_and_the_guard_runs_last(drivers, hal):
    # What the engine has set up stays
    drivers.chip.words[PIO0] = 3
    hal.guard.arm()
    written = [address for address, _ in drivers.chip.writes]
    pins = [written.index(GPIO_CTRL + 8 * drivers.gpio[role]) for role in GUARDED]
    assert max(k for k, address in enumerate(written) if address == PIO0 + SM0 + 72 + 16) < min(
        pins
    ) and max(pins) < written.index(PIO0)
    assert drivers.chip.wrote(PIO0) == [15] and written[-1] == PIO0


def test_an_arming_forgets_when_it_was_cut_before(drivers, hal):
    hal.guard.arm()
    (_, cut_now) = next(row for row in drivers.chip.irqs if row[0] == "pio 0")
    drivers.chip.words[0x40054028] = 1_000
    cut_now(None)
    hal.guard.arm()
    assert hal.guard.trip_us[0] == 0


def test_a_rehearsal_runs_both_and_gives_no_pin_away(drivers, hal):
    hal.guard.rehearse(7)
    assert drivers.chip.words[PIO0] == 12 and drivers.chip.fifo[PIO0 + TXF0 + 8] == [7]
    assert not [
        address for address, _ in drivers.chip.writes if GPIO_CTRL <= address < GPIO_CTRL + 240
    ]


def test_the_line_of_the_loop_has_the_chips_own_pull_up(drivers, hal):
    """HZ12: a broken wire reads as open only where something pulls it; the board does, the chip
    too.
    """
    _, mode, pull = drivers.chip.pins_made[drivers.gpio["INTERLOCK_N"]]
    assert (mode, pull) == (0, 3)


# --- width monitors -------------------------------------------------------------------------------


@pytest.mark.parametrize("both_phases, wrap", [(True, 18), (False, 10)])
def test_a_monitor_reads_its_leg_asks_for_the_other_and_pulls_the_line(
    drivers, hal, both_phases, wrap
):
    """HZ2, HZ3: 25 clocks an instruction; leg A's asks whether it still is high, leg B's whether
    leg A is.
    """
    drivers.chip.words[PIO1] = 15
    hal.monitors.arm([11, 12, 13, 14], both_phases)
    chip, line = drivers.chip, drivers.gpio["INTERLOCK_N"]
    assert chip.writes[0] == (PIO1, 0)
    for number, leg in enumerate(GUARDED[:4]):
        asks = drivers.gpio[leg] - number % 2
        assert machine(chip, number, PIO1) == PLAIN | {
            "divider": 25,
            "side optional": 0,
            "jmp pin": asks,
            "wrap": (0, wrap),
            "set": (line, 1),
            "side": (0, 0),
            "in": drivers.gpio[leg],
        }
        assert executed(chip, number, PIO1) == [
            SET_PINS_LOW,
            SET_PINDIRS_IN,
            PULL_BLOCK,
            MOV_Y_OSR,
            (0, 19)[number % 2],
        ]
        assert chip.wrote(PIO1 + TXF0 + 4 * number) == [11 + number]
    assert in_memory(chip, PIO1) == list(drivers.hal_pio_programs.block1[0])
    assert chip.wrote(PIO1) == [0, 0xFF0, 15] and chip.writes[-1] == (GPIO_CTRL + 8 * line, 7)


def test_legs_of_a_channel_that_is_not_there_are_watched_as_well():
    """HZ2: of a board with one channel, by the words of the first."""
    drivers = Drivers("zero1")
    drivers.build().monitors.arm([11, 12], True)
    assert [drivers.chip.wrote(PIO1 + TXF0 + 4 * number) for number in range(4)] == [
        [11],
        [12],
        [11],
        [12],
    ]


def test_a_line_that_a_monitor_has_pulled_before_is_not_let_go_as_good(drivers, hal):
    """HZ2: a leg that is high already."""
    hal.monitors.arm([1, 2, 3, 4], True)
    line, pulled = drivers.gpio["INTERLOCK_N"], PIO1 + SM0 + 16
    drivers.chip.level = lambda chip: (chip.words.get(pulled) != SET_PINDIRS_OUT) << line
    drivers.chip.words[drivers.chip.place(2, PIO1)] = 30
    assert not hal.monitors.line_pulls()


# --- amplitude ------------------------------------------------------------------------------------


def test_amplitudes_begin_at_0_of_4096_steps_at_30_khz(drivers, hal):
    """HZ1: each in its half of its slice's compare register."""
    for channel, role in enumerate(("CH1_AMP", "CH2_AMP")):
        gpio = drivers.gpio[role]
        pwm, *_ = drivers.chip.pins_made[gpio]
        assert (pwm.hz, pwm.duty) == (30_518, 0)
        compare = PWM + 20 * (gpio >> 1 & 7) + 12
        assert hal.amplitude.compare[channel] == compare and hal.amplitude.shift[channel] == 16 * (
            gpio & 1
        )
        fresh = Drivers()
        fresh.chip.words[compare] = 0x7FF07FF
        fresh.build()
        assert fresh.chip.words[compare] == 0 and fresh.chip.words[compare + 4] == 4_095


@pytest.mark.parametrize("channel", [0, 1])
def test_a_push_of_its_machine_copies_the_word_into_its_slice(drivers, hal, channel):
    """HZ1, HZ9."""
    hal.amplitude.follow()
    latch, words = hal.amplitude.latches[channel], drivers.chip.words
    take, copy = (at - 16 for at in latch.controls)
    numbers = [(base - DMA) // 0x40 for base in (take, copy)]
    plain = {
        "enabled": 1,
        "bytes": 4,
        "reads on": 0,
        "writes on": 0,
        "ring": 0,
        "ring of writes": 0,
        "quiet": 1,
    }
    takes = plain | {"paced by": DREQ_PIO0_RX0 + channel, "chain": numbers[1]}
    assert (
        control(words[take + 12]) == control(words[take + 16]) == takes
        and words[take + 8] == words[copy + 8] == 1
    )
    assert control(words[copy + 16]) == plain | {"paced by": UNPACED, "chain": numbers[0]}
    assert (
        words[take] == RXF0 + 4 * channel
        and words[copy] == drivers.chip.address_of(latch.words)
        and words[copy + 4] == latch.target
    )
    assert copy + 12 not in words, "the copier waits for the taker"
    order = [address for address, _ in drivers.chip.writes]
    assert order.index(copy + 16) < order.index(take + 12)


def test_a_word_that_may_still_be_taken_over_is_remembered(drivers, hal):
    """HZ9: what stands in the register, and what the transfer may have read just before."""
    latch = hal.amplitude.latches[0]
    drivers.chip.words[latch.target] = 77
    latch.ask(5)
    assert list(latch.words) == [5, ~5, 0, 77]
    latch.ask(6)
    assert list(latch.words) == [6, ~6, 5, 77]


def test_a_calibration_is_that_of_its_channel(drivers, hal):
    """HZ9: 10 % and 0.5 mA more of channel 2."""
    hal.amplitude.calibrate(1, 1_000, 500)
    for channel, ua in ((0, 10_000), (1, 11_500)):
        hal.amplitude.set(channel, 10_000)
        assert (
            hal.amplitude.latches[channel].words[0] >> hal.amplitude.shift[channel]
            == ua * 4_096 // 100_000
        )
    numbers = [0] * 8
    hal.amplitude.numbers(numbers, 1)
    assert numbers == [0, 100_000, 100_000, 0, 0, 1_000, 500, 0]


def test_nothing_asked_is_nothing_out_whatever_a_correction_says(drivers):
    """HZ9."""
    built = drivers.hal_amplitude.Amplitude(
        drivers.pins,
        100_000,
        100_000,
        lambda ua, gain, offset_ua: ua + offset_ua,
        ((0, 900), (0, 900)),
    )
    for channel in (0, 1):
        built.set(channel, 0)
        assert built.latches[channel].words[0] == 0


def test_a_pin_that_follows_is_given_time_and_left_at_0(drivers, hal):
    """Two and a half periods of 33 us: a compare value counts from the next one on."""
    began_us = drivers.chip.now_us
    drivers.chip.level = lambda chip: 0
    hal.amplitude.follows()
    assert drivers.chip.now_us - began_us >= 4 * 66
    for address in hal.amplitude.compare:
        assert drivers.chip.words[address] == 0
        assert drivers.chip.wrote(address) == [
            4_096 << hal.amplitude.shift[hal.amplitude.compare.index(address)],
            0,
        ]
