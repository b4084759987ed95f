"""The amplitude's driver on a table of registers: rounding, clamps, what follows and what may
stand. Numbers are those of board nmes2 and of FACTS.
"""

import pytest
from register_chip import DMA_ABORT, PIO0, Drivers

STEPS, FULL_SCALE_UA = 4_096, 100_000


def asked(hal, channel):
    return hal.amplitude.latches[channel].words[0] >> hal.amplitude.shift[channel]


@pytest.mark.parametrize(
    "ua, steps",
    [
        (0, 0),
        (1_000, 40),
        (30_000, 1_228),
        (99_999, 4_095),
        (100_000, 4_096),
        (150_000, 4_096),
        (-5, 0),
    ],
)
def test_an_amplitude_is_rounded_down_and_clamped(hal, ua, steps):
    """Steps of full scale, 4096 of 100 mA."""
    for channel in (0, 1):
        hal.amplitude.set(channel, ua)
        assert (
            asked(hal, channel) == steps == min(max(ua, 0), FULL_SCALE_UA) * STEPS // FULL_SCALE_UA
        )


def test_a_board_that_allows_less_gets_no_more_whatever_its_calibration():
    hal = Drivers(MAX_UA=50_000, CALIBRATION=((1_000, 1_000), (0, 0))).build()
    hal.amplitude.set(0, 50_000)
    assert asked(hal, 0) == 2_048
    hal.amplitude.set(0, 0)
    assert asked(hal, 0) == 0, "nothing asked is nothing out"


@pytest.mark.parametrize("cap_ua, asked_ua, steps", [(0, 50_000, 0), (30_000, 100_000, 1_228)])
def test_no_more_than_the_cap_in_force_by_whatever_way_it_is_asked_for(cap_ua, asked_ua, steps):
    """HZ9: a channel each. What the cap allows is given, corrected."""
    hal = Drivers(CALIBRATION=((0, 0), (500, 200))).build()
    hal.amplitude.allow((cap_ua, 10_000))
    for ua in (asked_ua, 1 << 30):
        hal.amplitude.set(0, ua)
        hal.amplitude.set(1, ua)
        assert (asked(hal, 0), asked(hal, 1)) == (steps, 10_700 * STEPS // FULL_SCALE_UA)


def test_before_anything_is_armed_no_current_is_given(drivers):
    hal = drivers.build_module.Hal(drivers.board)
    hal.amplitude.set(0, 10_000)
    assert asked(hal, 0) == 0


def test_the_word_has_its_complement_and_what_may_still_stand(hal):
    hal.amplitude.set(0, 10_000)
    hal.amplitude.set(0, 11_000)
    words = hal.amplitude.latches[0].words
    assert words[1] == ~words[0] and words[2] >> hal.amplitude.shift[0] == 409


def test_off_takes_word_transfer_and_register(drivers, hal):
    hal.amplitude.set(0, 10_000)
    hal.amplitude.set(1, 20_000)
    for address in hal.amplitude.compare:
        drivers.chip.words[address] = 0x03000300
    drivers.chip.writes.clear()
    hal.amplitude.off()
    assert asked(hal, 0) == asked(hal, 1) == 0
    assert [drivers.chip.words[address] for address in hal.amplitude.compare] == [0, 0]
    assert drivers.chip.wrote(DMA_ABORT) == [latch._pair.bits for latch in hal.amplitude.latches]
    assert all(latch._pair.bits.bit_count() == 2 for latch in hal.amplitude.latches)


def test_following_starts_at_0_each_channel_by_its_own_machine(drivers, hal):
    hal.amplitude.set(0, 10_000)
    hal.amplitude.follow()
    assert asked(hal, 0) == 0
    for machine, latch in enumerate(hal.amplitude.latches):
        take, copy = (control - 16 for control in latch.controls)
        ctrl = drivers.chip.words[take + 12]
        assert ctrl >> 15 & 63 == 4 + machine, "DREQ_PIO0_RX of its machine"
        assert drivers.chip.words[take] == PIO0 + 0x20 + 4 * machine
        assert drivers.chip.words[copy + 4] == hal.amplitude.compare[machine]


def test_a_pad_that_does_not_follow_is_counted(drivers, hal):
    chip = drivers.chip
    pads = [drivers.gpio["CH1_AMP"], drivers.gpio["CH2_AMP"]]

    def driven(chip):
        return sum(
            1 << pad
            for pad, at in zip(pads, hal.amplitude.compare, strict=True)
            if chip.words.get(at, 0)
        )

    chip.level = driven
    assert hal.amplitude.follows() == 0
    chip.level = lambda chip: driven(chip) | 1 << pads[1]
    assert hal.amplitude.follows() == 1
    chip.level = lambda chip: driven(chip) & ~(1 << pads[0])
    assert hal.amplitude.follows() == 1


def test_an_amplitude_that_stands_is_read_back(drivers, hal):
    drivers.chip.level = lambda chip: 0
    assert hal.amplitude.reads_back() == 0
    drivers.chip.level = lambda chip: 1 << drivers.gpio["CH2_AMP"]
    assert hal.amplitude.reads_back() == 64
    drivers.chip.level = lambda chip: 0
    drivers.chip.words[hal.amplitude.compare[0]] = 7
    assert hal.amplitude.reads_back() == 7
