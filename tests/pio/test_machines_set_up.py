"""What the drivers tell the pulse machines and their DMA channels, by the fields of the RP2040's
datasheet (2.5.7, 3.7).
"""

import pytest
from hang import within_cpu_s
from machine_fields import (
    FORCED_HIGH,
    PLAIN,
    SET_PINDIRS_OUT,
    SET_PINS_LOW,
    WAIT_LOW,
    executed,
    in_memory,
    machine,
)
from register_chip import DMA_ABORT, GPIO_CTRL, NULL, PIO0, TXF0
from test_drivers_on_registers import Train, started


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
    # A stall of the machine that does not run
    drivers.chip.words[PIO0 + 8] = 1 << 24
    assert hal.engine.round() == 0 and hal.engine.started()
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
