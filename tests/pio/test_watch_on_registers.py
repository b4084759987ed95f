"""The watch on a table of registers: what was set up at arming still stands, or is found within
two rounds; the programs are written anew.
"""

import monitor_walk
import pytest
from armed_watch import (
    AMPLITUDE,
    DMA_STOPPED,
    HEAD,
    INSTR_MEM,
    INTERRUPTS,
    NVIC_PENDING,
    REFERENCE,
    REGISTERS,
    ROLES,
    ROUNDS,
    STRAYED,
    WORDS,
)
from register_chip import DMA_CTRL_BUSY, GPIO_CTRL, PIO0, PIO1, SM0


def test_what_stands_is_no_fault(armed):
    assert armed.found(3 * ROUNDS) == 0
    armed.hal.amplitude.set(0, 10_000)
    assert armed.found() == 0, "the register still has the word before"
    armed.chip.words[armed.hal.amplitude.compare[0]] = armed.hal.amplitude.latches[0].words[0]
    assert armed.found() == 0


@pytest.mark.parametrize("block", [PIO0, PIO1])
def test_a_flipped_instruction_lives_one_round(armed, block):
    before = [armed.chip.words[block + INSTR_MEM + 4 * k] for k in range(32)]
    for k in range(32):
        armed.chip.words[block + INSTR_MEM + 4 * k] ^= 0x1111
    assert armed.hal.watch.wrong() == 0
    assert [armed.chip.words[block + INSTR_MEM + 4 * k] for k in range(32)] == before


@pytest.mark.parametrize("name", list(REGISTERS))
def test_a_register_that_differs_is_found_by_its_address(armed, name):
    address, bit = REGISTERS[name]
    armed.chip.words[address] = armed.chip.words.get(address, 0) ^ bit
    assert armed.found() & 0xFFFFFFFF == address


@pytest.mark.parametrize("block", [PIO0, PIO1])
@pytest.mark.parametrize("machine", range(4))
def test_each_machine_is_as_it_was_set_up(armed, block, machine):
    for register, bit in ((0, 1 << 16), (4, 1 << 12), (8, 1 << 19), (20, 1 << 5)):
        address = block + SM0 + 24 * machine + register
        armed.chip.words[address] = armed.chip.words.get(address, 0) ^ bit
        assert armed.found() == address
        armed.chip.words[address] ^= bit
    assert armed.found() == 0


@pytest.mark.parametrize("role", ROLES)
def test_each_pin_has_its_function_and_its_pad(armed, role):
    gpio = armed.drivers.gpio[role]
    for address, bit in ((GPIO_CTRL + 8 * gpio, 1 << 8), (0x4001C004 + 4 * gpio, 1 << 7)):
        armed.chip.words[address] = armed.chip.words.get(address, 0) ^ bit
        assert armed.found() == address
        armed.chip.words[address] ^= bit


def test_each_slice_of_the_amplitudes(armed):
    for number in armed.hal.amplitude.slices:
        for register in (0, 4, 16):
            address = 0x40050000 + 20 * number + register
            armed.chip.words[address] = armed.chip.words.get(address, 0) ^ 1
            assert armed.found() == address
            armed.chip.words[address] ^= 1


def test_each_transfer_is_as_it_was_set_up_and_at_work(armed):
    for one in armed.hal.amplitude.latches + armed.hal.sensing.meters + armed.hal.engine.feeders:
        for address in (*one.controls, *one.fixed):
            armed.chip.words[address] = armed.chip.words.get(address, 0) ^ 4
            assert armed.found() == address
            armed.chip.words[address] ^= 4
    for one in armed.hal.amplitude.latches + armed.hal.sensing.meters:
        armed.chip.words[one.controls[0]] ^= DMA_CTRL_BUSY
        assert armed.found() == DMA_STOPPED
        armed.chip.words[one.controls[0]] ^= DMA_CTRL_BUSY
    assert armed.found() == 0


@pytest.mark.parametrize("channel", [0, 1])
def test_an_amplitude_that_nobody_asked_for(armed, channel):
    at = armed.hal.amplitude.compare[channel]
    kept = armed.chip.words[at]
    armed.chip.words[at] = kept ^ 0x00400040
    assert armed.found() == AMPLITUDE
    armed.chip.words[at] = kept
    armed.hal.amplitude.latches[channel].words[0] ^= 1 << 8
    assert armed.found() == AMPLITUDE


def test_each_bit_of_what_it_compares_with(armed):
    kept = armed.hal.watch._kept
    for index in [*range(HEAD), *range(HEAD, len(kept), 7), len(kept) - 1]:
        for bit in (0, 11, 30) if index < HEAD else ((0, 11, 30)[index % 3],):
            kept[index] ^= 1 << bit
            assert armed.found() == REFERENCE or index >= HEAD and armed.found(), (index, bit)
            kept[index] ^= 1 << bit
    assert armed.found() == 0


def test_each_word_that_waits_for_a_pulse_machine(armed):
    for feeder in armed.hal.engine.feeders:
        for at in feeder.buffers:
            for k in (0, 1, 47, 95, feeder.words - 1):
                armed.chip.store(at + 4 * k, armed.chip.load(at + 4 * k) ^ 1 << 9)
                assert armed.found() == WORDS
                armed.chip.store(at + 4 * k, armed.chip.load(at + 4 * k) ^ 1 << 9)
    assert armed.found() == 0


@pytest.mark.parametrize("bit", [7, 9, 10, 11])
def test_interrupts_that_are_not_let_in(armed, bit):
    """Trip, leg B, monitors, samples: PRIMASK is set. One that waits is seen in whichever round
    it is.
    """
    for _ in range(ROUNDS):
        armed.chip.words[NVIC_PENDING] = 1 << bit
        armed.chip.masked = True
        assert armed.found(1) == INTERRUPTS
        assert armed.chip.masked is False, "from here on samples are judged again"
    armed.chip.words[NVIC_PENDING] = 1 << 3
    assert armed.found() == 0


def test_masked_interrupts_though_none_waits(armed):
    """No pulse may come for half a second, in the pause of a burst: the bit itself is asked, and
    cleared.
    """
    assert armed.found() == 0 and not armed.chip.masked
    armed.chip.masked = True
    assert armed.found() == INTERRUPTS and not armed.chip.masked
    assert armed.found() == 0


@pytest.mark.parametrize("machine", range(4))
def test_a_monitor_that_has_left_its_own_part_of_the_program(armed, machine):
    """HZ2: it watches nobody, in whichever round; where it may be is walked out of the program. One
    that pulls is there too: INTERLOCK_N tells first (`width`).
    """
    programs = armed.drivers.hal_pio_programs
    begin = programs.LEG_B if machine & 1 else programs.LEG_A
    own = monitor_walk.places(programs, begin, programs.LEG_A_WRAP)
    at, stood = armed.chip.place(machine, PIO1), armed.chip.words[armed.chip.place(machine, PIO1)]
    for place in range(32):
        armed.chip.words[at] = place
        for _ in range(ROUNDS):
            assert armed.found(1) == (0 if place in own else STRAYED), place
    armed.chip.words[at] = stood
    assert armed.found() == 0


@pytest.mark.parametrize("channel", [0, 1])
def test_a_sample_that_was_wrong(armed, channel):
    address = armed.hal.sensing.meters[channel].fault_address
    armed.chip.store(address, 2)
    assert armed.found() == address
