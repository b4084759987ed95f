"""What chip.py adds to the emulator's other blocks, each against the RP2040 datasheet: resets, DMA,
watchdog, PWM, ADC, SIO.
"""

import pytest
from bare_chip import (
    ADC,
    CLEAR,
    CTRL,
    DMA,
    FJOIN_TX,
    FLEVEL,
    IO_BANK0,
    OSR,
    PINS,
    PIO,
    PWM,
    RESETS,
    SET,
    SHIFTCTRL,
    WATCHDOG,
    X,
    X_DEC,
    jmp,
    mov,
    pull,
    set_,
)


# --- RESETS, watchdog --------------------------------------------------------------------------


def test_a_reset_of_pio_stops_it_and_lets_its_pins_go(make_bare):
    bare = make_bare(pulls={2: 0})
    bare.load(0, [set_(PINS, 1), jmp(1)])
    bare.drive(0, 2)
    bare.machine(0, 0, set_pins=(2, 1), shift=0x000C0000 | FJOIN_TX)
    bare.enable(0, 1)
    bare.run(10)
    bare.write(RESETS + SET, 1 << 10)
    assert bare.pads.levels[2] == 0
    assert not bare.read(RESETS + 8) & 1 << 10
    bare.write(RESETS + CLEAR, 1 << 10)
    assert bare.read(RESETS + 8) & 1 << 10
    assert (bare.read(PIO[0] + CTRL), bare.read(PIO[0] + SHIFTCTRL)) == (0, 0x000C0000)
    bare.put(0, 0, *range(5))
    assert bare.read(PIO[0] + FLEVEL) & 15 == 4
    bare.run(100)
    assert bare.pads.levels[2] == 0


def test_a_reset_of_one_block_leaves_the_other_alone(bare):
    for block in (0, 1):
        bare.load(block, [set_(PINS, 1), jmp(1)])
        bare.drive(block, 2 + block)
        bare.machine(block, 0, set_pins=(2 + block, 1))
        bare.enable(block, 1)
    bare.run(10)
    bare.write(RESETS + SET, 1 << 11)
    assert bare.pads.levels[2:4] == [1, 0]


def _feed(bare, words, channel=0, machine=0):
    """A DMA channel that carries words from RAM to a machine's FIFO at its request."""
    for place, word in enumerate(words):
        bare.write(0x20002000 + 4 * place, word)
    base = DMA + 0x40 * channel
    bare.write(base, 0x20002000)
    bare.write(base + 4, PIO[0] + 0x10 + 4 * machine)
    bare.write(base + 8, len(words))
    bare.write(base + 12, machine << 15 | channel << 11 | 1 << 4 | 2 << 2 | 1)


def test_dma_feeds_a_machine_in_time(bare):
    """20 words of different lengths, back to back: not one clock is lost between them."""
    counts = [(37 * n) % 50 for n in range(20)]
    bare.load(0, [pull(), mov(X, OSR), set_(PINS, 1), jmp(3, X_DEC), set_(PINS, 0)])
    bare.drive(0, 2)
    bare.machine(0, 0, wrap=(0, 4), set_pins=(2, 1))
    _feed(bare, counts)
    bare.enable(0, 1)
    bare.run(5_000)
    clock, expected = 0, []
    for count in counts:
        expected += [(clock + 2, 2, 1), (clock + 2 + 1 + count + 1, 2, 0)]
        clock += 5 + count
    assert bare.edges() == expected


def test_dma_channels_that_start_each_other_for_ever_let_time_pass(bare):
    for channel, other in ((0, 1), (1, 0)):
        base = DMA + 0x40 * channel
        bare.write(base, 0x20000000)
        bare.write(base + 4, 0x20000100)
        bare.write(base + 8, 1)
        # Unpaced, chained
        bare.write(base + 16, 0x3F << 15 | other << 11 | 2 << 2 | 1)
    bare.write(DMA + 12, 0x3F << 15 | 1 << 11 | 2 << 2 | 1)
    bare.run(10_000)
    assert bare.loop.now >= 10_000


def test_dma_that_is_reset_while_busy_works_again(bare):
    bare.load(0, [pull(), jmp(1)])
    bare.machine(0, 0)
    _feed(bare, range(40))
    bare.run(100)
    assert bare.read(DMA + 12) & 1 << 24
    bare.write(RESETS + SET, 1 << 2)
    bare.write(RESETS + CLEAR, 1 << 2)
    assert not bare.read(DMA + 12) & 1 << 24
    bare.write(PIO[0] + SHIFTCTRL, 0x000C0000 | FJOIN_TX)
    _feed(bare, range(40))
    bare.run(100)
    assert bare.read(PIO[0] + FLEVEL) & 15 == 8


def test_an_abort_is_over_when_it_is_read_back(bare):
    _feed(bare, range(40))
    bare.run(10)
    bare.write(DMA + 0x444, 1)
    assert bare.read(DMA + 0x444) == 0
    assert not bare.read(DMA + 12) & 1 << 24


def test_the_watchdog_resets_the_chip_and_keeps_scratch_and_reason(bare):
    bare.load(0, [set_(PINS, 1), jmp(1)])
    bare.drive(0, 2)
    bare.machine(0, 0, set_pins=(2, 1))
    bare.enable(0, 1)
    # PSM.WDSEL: all but the oscillators
    bare.write(0x40010008, 0x1FFFC)
    bare.write(WATCHDOG + 0x0C, 0x1234)
    # Two counts a µs (erratum E1): 1 ms
    bare.write(WATCHDOG + 4, 2_000)
    bare.write(WATCHDOG, 1 << 30)
    rom = bare.read(0x10)
    bare.rp2040.flash[0x1000:0x1004] = b"kept"
    # As a program that has gone astray: on silicon nothing happens
    bare.write(0x10, ~rom & 0xFFFFFFFF)
    bare.loop.frozen = True
    bare.run(124_999)
    assert bare.pads.levels[2] == 1 and bare.chip.resets == 0
    bare.run(2)
    assert bare.pads.levels[2] == 0 and bare.chip.resets == 1
    assert bare.edges(2)[-1] == (125_000, 2, 0)
    assert (bare.read(WATCHDOG + 8), bare.read(WATCHDOG + 0x0C)) == (1, 0x1234)
    assert not bare.read(WATCHDOG) & 1 << 30
    assert not bare.loop.frozen and bare.read(0x10) == rom
    assert bytes(bare.rp2040.flash[0x1000:0x1004]) == b"kept"


# --- PWM, ADC ----------------------------------------------------------------------------------


def test_pwm_takes_a_new_compare_over_at_the_end_of_its_period(bare):
    bare.write(IO_BANK0 + 8 * 10 + 4, 4)
    slice5 = PWM + 5 * 0x14
    bare.write(slice5 + 0x10, 999)
    bare.write(slice5 + 0x0C, 250)
    bare.write(slice5, 1)
    assert bare.rp2040.pwm.duty(10) == 0.25
    bare.run(2_500)
    bare.write(slice5 + 0x0C, 500)
    bare.run(499)
    assert bare.rp2040.pwm.duty(10) == 0.25
    bare.run(2)
    assert bare.rp2040.pwm.duty(10) == 0.5
    # 3001 clocks after the start
    assert bare.read(slice5 + 8) == 1
    bare.write(slice5 + 0x0C, 0)
    bare.run(1_000)
    assert bare.rp2040.pwm.duty(10) == 0
    assert [level for _, _, level in bare.edges(10)] == [1, 0]


@pytest.mark.parametrize("odd", [1, 2, 3])
def test_an_odd_address_is_that_of_its_word(bare, odd):
    """As a flipped bit of a DMA channel's address makes it."""
    bare.write(PWM + 0x0C, 7)
    bare.write(PWM + 0x0C + odd, 250)
    assert bare.read(PWM + 0x0C) == bare.read(PWM + 0x0C + odd) == 250


def test_pwm_divides_and_wraps_into_an_interrupt(bare):
    # 2.5
    bare.write(PWM + 4, 0x28)
    bare.write(PWM + 0x10, 99)
    bare.write(PWM + 0xA8, 1)
    bare.write(PWM, 1)
    bare.write(PWM + 0x0C, 10)
    bare.run(100)
    assert (bare.read(PWM + 8), bare.read(PWM + 0xA4)) == (40, 0)
    bare.run(151)
    assert bare.read(PWM + 0xA4) == 1


def test_adc_converts_once_for_each_start(bare):
    """A start bit that stayed would start another conversion with every later change of CS."""
    values = iter((100, 200, 300))
    adc = bare.rp2040.adc

    def convert(channel):
        adc.current_channel, adc.channel_values[channel] = channel, next(values)
        adc.sample_alarm.schedule(2000)

    adc.on_adc_read = convert
    bare.write(ADC, 1)
    bare.write(ADC + SET, 4)
    bare.run(249)
    assert not bare.read(ADC) & 0x100
    bare.run(2)
    assert bare.read(ADC) & 0x104 == 0x100 and bare.read(ADC + 4) == 100
    # Another input: no conversion
    bare.write(ADC + SET, 1 << 12)
    bare.run(1000)
    assert bare.read(ADC + 4) == 100
    bare.write(ADC + SET, 4)
    bare.run(1000)
    assert bare.read(ADC + 4) == 200


def test_adc_round_robin_visits_every_channel(bare):
    seen, adc = [], bare.rp2040.adc

    def convert(channel):
        seen.append(channel)
        adc.sample_alarm.schedule(2000)

    adc.on_adc_read = convert
    bare.write(ADC, 7 << 16 | 1 << 3 | 1)
    bare.run(2_000)
    assert seen[:7] == [0, 1, 2, 0, 1, 2, 0]


def test_what_is_written_behind_the_last_register_of_sio_is_nothing(make_twin):
    """A core that had run away wrote there for half a second (case 1614 of seed 3); each was told
    of, and the case came to no end.
    """
    rp2040 = make_twin(usb=False).chip.rp2040
    notes = list(rp2040.logger.lines)
    for offset in (0x180, 0x1000, 0xFFFC):
        rp2040.write_uint32(0xD0000000 + offset, 0xFFFFFFFF)
    assert rp2040.logger.lines == notes
    rp2040.write_uint32(0xD0000014, 1 << 25)
    assert rp2040.sio.gpio_value >> 25 & 1
