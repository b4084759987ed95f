"""The watch on a table of registers: what was set up at arming still stands, or is found within two rounds; the programs are written anew."""

import pytest
from register_chip import DMA_CTRL_BUSY, GPIO_CTRL, PIO0, PIO1, SM0, Drivers

AMPLITUDE, DMA_STOPPED, REFERENCE, WORDS, INTERRUPTS = -1, -2, -3, -4, -5
ROUNDS = 4
INSTR_MEM = 0x48
NVIC_PENDING = 0xE000E200


class Armed:
    """Drivers as they are with both trains running."""

    def __init__(self):
        self.drivers = Drivers()
        self.hal, self.chip = self.drivers.build(), self.drivers.chip
        hal, chip = self.hal, self.chip
        hal.engine.prepare()
        hal.monitors.arm([1, 2, 3, 4], True)
        hal.guard.arm()
        chip.words[chip.place(3)], chip.words[chip.place(2)] = 27, 20
        hal.watch.take()
        for one in hal.amplitude.latches + hal.sensing.meters:
            chip.words[one.controls[0]] = DMA_CTRL_BUSY
        chip.words[PIO0] |= 3
        hal.watch.expect_running((1, 2))

    def found(self, rounds=ROUNDS):
        """What the watch says first."""
        return next((wrong for wrong in (self.hal.watch.wrong() for _ in range(rounds)) if wrong), 0)


@pytest.fixture
def armed():
    return Armed()


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


# What decides over timing, outputs and measuring: register and a bit of it (datasheet of the RP2040).
REGISTERS = {
    "RESETS": (0x4000C000, 1 << 10), "CLK_REF source": (0x40008030, 1), "CLK_REF divider": (0x40008034, 1 << 8),
    "CLK_SYS source": (0x4000803C, 1), "CLK_SYS divider": (0x40008040, 1 << 8), "CLK_ADC source": (0x40008060, 1 << 5),
    "CLK_ADC divider": (0x40008064, 1 << 8), "PLL_SYS lock": (0x40028000, 1 << 31), "PLL_SYS power": (0x40028004, 1), "PLL_SYS feedback": (0x40028008, 1),
    "PLL_SYS post dividers": (0x4002800C, 1 << 16), "PLL_USB lock": (0x4002C000, 1 << 31), "PLL_USB feedback": (0x4002C008, 1), "PLL_USB post dividers": (0x4002C00C, 1 << 16),
    "voltage": (0x40064000, 1 << 4), "brown-out": (0x40064004, 1), "what the watchdog resets": (0x40010008, 1), "watchdog tick": (0x4005802C, 1 << 9),
    "watchdog": (0x40058000, 1 << 30), "timer paused": (0x40054030, 1), "PIO 1 machines": (PIO1, 1 << 2), "PIO 0 synchronisers": (0x50200038, 1),
    "PIO 1 synchronisers": (0x50300038, 1), "converter": (0x4004C000, 1), "converter FIFO": (0x4004C008, 1), "converter divider": (0x4004C010, 1 << 8),
    "NVIC DMA": (0xE000E100, 1 << 11), "NVIC PIO 0": (0xE000E100, 1 << 7), "NVIC PIO 1": (0xE000E100, 1 << 9), "PIO 0 interrupts": (0x5020012C, 1 << 8),
    "PIO 1 interrupts": (0x5030012C, 1 << 9), "DMA interrupts": (0x50000404, 1 << 9), "PWM slices": (0x400500A0, 1), "PIO 0 machines": (PIO0, 1),
    "guard has cut": (PIO0 + SM0 + 24 * 3 + 12, 7), "dead-man has run out": (PIO0 + SM0 + 24 * 2 + 12, 8),
}  # fmt: skip


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


@pytest.mark.parametrize("role", ["CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN", "INTERLOCK_N", "SHORT_N", "VBUS_SENSE", "SUPPLY_SENSE", "CH1_AMP",
                                  "CH2_AMP", "CH1_SENSE", "CH2_SENSE"])
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
    for index in [*range(56), *range(56, len(kept), 7), len(kept) - 1]:
        for bit in (0, 11, 30):
            kept[index] ^= 1 << bit
            assert armed.found() == REFERENCE or index >= 56 and armed.found(), (index, bit)
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


@pytest.mark.parametrize("bit", [7, 9, 11])
def test_interrupts_that_are_not_let_in(armed, bit):
    """Trip, leg B, samples: PRIMASK is set."""
    armed.chip.words[NVIC_PENDING] = 1 << bit
    assert armed.found() == INTERRUPTS
    armed.chip.words[NVIC_PENDING] = 1 << 3
    assert armed.found() == 0


@pytest.mark.parametrize("channel", [0, 1])
def test_a_sample_that_was_wrong(armed, channel):
    address = armed.hal.sensing.meters[channel].fault_address
    armed.chip.store(address, 2)
    assert armed.found() == address
