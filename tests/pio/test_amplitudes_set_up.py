"""What the amplitudes' PWM slices and their DMA channels are told, by the fields of the RP2040's
datasheet (2.5.7, 4.5.3).
"""

import pytest
from machine_fields import DMA, DREQ_PIO0_RX0, PWM, RXF0, UNPACED
from register_chip import Drivers
from test_sensing_set_up import control


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
    hal.amplitude.allow((30_000, 40_000))
    for channel, ua in ((0, 10_000), (1, 11_500)):
        hal.amplitude.set(channel, 10_000)
        assert (
            hal.amplitude.latches[channel].words[0] >> hal.amplitude.shift[channel]
            == ua * 4_096 // 100_000
        )
    numbers = [-1] * 12
    hal.amplitude.numbers(numbers, 1)
    placed = hal.amplitude.shift
    assert numbers == [-1, 100_000, 100_000, 0, 0, 1_000, 500, 30_000, 40_000, *placed, -1]


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
