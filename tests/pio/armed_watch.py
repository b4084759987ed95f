"""The watch on a table of registers: what was set up at arming still stands, or is found within
two rounds; the programs are written anew.
"""

import monitor_walk
import pytest
from register_chip import DMA_CTRL_BUSY, GPIO_CTRL, PIO0, PIO1, SM0, Drivers

AMPLITUDE, DMA_STOPPED, REFERENCE, WORDS, INTERRUPTS, STRAYED = -1, -2, -3, -4, -5, -10
ROUNDS = 4
# Words before the rows
HEAD = 64
INSTR_MEM = 0x48
NVIC_PENDING = 0xE000E200
# INTERLOCK_N of nmes2
GPIO_STATUS, LINE = 0x40014000, 7


class Armed:
    """Drivers as they are with both trains running."""

    _built = None

    def __init__(self, idle=False):
        if not Armed._built:
            drivers = Drivers()
            hal = drivers.build()
            # Of the self-test: what stands from power-on on
            hal.engine.prepare()
            hal.guard.rehearse(60)
            hal.watch.take()
            hal.watch.stand()
            Armed._built = drivers, hal, drivers.chip.kept()
        self.drivers, self.hal, kept = Armed._built
        hal, chip = self.hal, self.drivers.chip
        self.chip = chip
        chip.put_back(kept)
        hal.engine.prepare()
        hal.monitors.arm([1, 2, 3, 4], True)
        hal.guard.arm()
        chip.words[chip.place(3)], chip.words[chip.place(2)] = 27, 0
        if idle:
            return
        hal.watch.take()
        for one in hal.amplitude.latches + hal.sensing.meters:
            chip.words[one.controls[0]] = DMA_CTRL_BUSY
        chip.words[PIO0] |= 3
        hal.watch.expect_running((1, 2))

    def found(self, rounds=ROUNDS):
        """What the watch says first."""
        return next(
            (wrong for wrong in (self.hal.watch.wrong() for _ in range(rounds)) if wrong), 0
        )


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


# What decides over timing, outputs and measuring: register and a bit of it (datasheet of the
# RP2040).
REGISTERS = {
    "RESETS": (0x4000C000, 1 << 10), "CLK_REF source": (0x40008030, 1),
    "CLK_REF divider": (0x40008034, 1 << 8),
    "CLK_SYS source": (0x4000803C, 1), "CLK_SYS divider": (0x40008040, 1 << 8),
    "CLK_ADC source": (0x40008060, 1 << 5),
    "CLK_ADC divider": (0x40008064, 1 << 8), "PLL_SYS lock": (0x40028000, 1 << 31),
    "PLL_SYS power": (0x40028004, 1), "PLL_SYS feedback": (0x40028008, 1),
    "PLL_SYS post dividers": (0x4002800C, 1 << 16), "PLL_USB lock": (0x4002C000, 1 << 31),
    "PLL_USB feedback": (0x4002C008, 1), "PLL_USB post dividers": (0x4002C00C, 1 << 16),
    "voltage": (0x40064000, 1 << 4), "brown-out": (0x40064004, 1),
    "what the watchdog resets": (0x40010008, 1), "watchdog tick": (0x4005802C, 1 << 9),
    "watchdog": (0x40058000, 1 << 30), "timer paused": (0x40054030, 1),
    "PIO 1 machines": (PIO1, 1 << 2), "PIO 0 synchronisers": (0x50200038, 1),
    "PIO 1 synchronisers": (0x50300038, 1), "converter": (0x4004C000, 1),
    "converter FIFO": (0x4004C008, 1), "converter divider": (0x4004C010, 1 << 8),
    "NVIC DMA": (0xE000E100, 1 << 11), "NVIC PIO 0": (0xE000E100, 1 << 7),
    "NVIC PIO 1": (0xE000E100, 1 << 9), "PIO 0 interrupts": (0x5020012C, 1 << 8),
    "PIO 1 interrupts": (0x5030012C, 1 << 9), "DMA interrupts": (0x50000404, 1 << 9),
    "PWM slices": (0x400500A0, 1), "PIO 0 machines": (PIO0, 1),
    "guard has cut": (PIO0 + SM0 + 24 * 3 + 12, 7),
    "dead-man has run out": (PIO0 + SM0 + 24 * 2 + 12, 4),
    "a monitor pulls": (GPIO_STATUS + 8 * LINE, 1 << 13),
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


# Pins whose function and pad outputs, interlocks or samples rest on.
ROLES = (
    "CH1_A",
    "CH1_B",
    "CH2_A",
    "CH2_B",
    "HV_EN",
    "INTERLOCK_N",
    "SHORT_N",
    "VBUS_SENSE",
    "SUPPLY_SENSE",
    "CH1_AMP",
    "CH2_AMP",
    "CH1_SENSE",
    "CH2_SENSE",
)


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


@pytest.mark.parametrize("bit", [7, 9, 11])
def test_interrupts_that_are_not_let_in(armed, bit):
    """Trip, leg B, samples: PRIMASK is set. One that waits is seen in whichever round it is."""
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


# --- at arming: what stands since power-on is asked, not taken ------------------------------------

_SET_UP_BY_ARMING = {PIO0, PIO1} | {
    block + SM0 + 24 * machine + at
    for block in (PIO0, PIO1)
    for machine in range(4)
    for at in (0, 4, 8, 20)
}


@pytest.mark.parametrize("name", list(REGISTERS))
def test_what_flipped_between_two_sessions_is_not_taken_for_right(name):
    """HZ9: such as the amplitude's full scale."""
    address, bit = REGISTERS[name]
    armed = Armed(idle=True)
    assert armed.hal.watch.take() == 0
    armed.chip.words[address] = armed.chip.words.get(address, 0) ^ bit
    wanted = 0 if address in _SET_UP_BY_ARMING - {PIO0} else address
    assert armed.hal.watch.take() & ALL == wanted
    assert armed.hal.watch.take() & ALL == wanted, "nor is it at the next arming"


def test_pads_and_slices_stand_since_power_on():
    armed = Armed(idle=True)
    gpio = armed.drivers.gpio
    for address in [0x4001C004 + 4 * gpio[role] for role in ROLES] + [
        0x40050000 + 20 * number + at for number in armed.hal.amplitude.slices for at in (0, 4, 16)
    ]:
        armed.chip.words[address] = armed.chip.words.get(address, 0) ^ 2
        assert armed.hal.watch.take() == address
        armed.chip.words[address] ^= 2
        assert armed.hal.watch.take() == 0


def test_a_reference_that_was_damaged_between_two_sessions_is_not_sealed_again():
    """HZ3: the pulse machines' instructions lie in it. Neither by an arming nor by a start."""
    armed = Armed(idle=True)
    watch = armed.hal.watch
    for word in range(len(watch._kept)):
        before = watch._kept[word]
        watch._kept[word] ^= 1 << word % 31
        assert watch.take() == REFERENCE
        watch.expect_running((1, 2))
        assert armed.found() and watch.take() == REFERENCE
        watch._kept[word] = before
        assert watch.take() == 0


# --- the list itself: every register, with every bit that decides ---------------------------------

ALL = 0xFFFFFFFF


def bits(*numbers):
    """A mask of single bits and of (highest, lowest) ones, as the datasheet of the RP2040 gives
    fields.
    """
    spans = [(number, number) if isinstance(number, int) else number for number in numbers]
    return sum(1 << bit for high, low in spans for bit in range(low, high + 1))


# Lock, bypass, reference divider; four ways to be off
PLL = {0: bits(31, 8, (5, 0)), 4: bits(0, 2, 3, 5), 8: ALL, 12: ALL}
ASKED = {
    # RESETS, and what the watchdog resets
    0x4000C000: ALL, 0x4000C004: ALL, 0x40010008: ALL,
    # CLK_REF, CLK_SYS, CLK_ADC: source and divider
    **{0x40008000 + at: ALL for at in (0x30, 0x34, 0x3C, 0x40, 0x60, 0x64)},
    **{base + at: mask for base in (0x40028000, 0x4002C000) for at, mask in PLL.items()},
    # VREG: on, not high-Z, voltage; BOD: on, threshold
    0x40064000: bits(0, 1, (7, 4)), 0x40064004: bits(0, (7, 4)),
    # Tick: cycles, on; watchdog on; timer paused
    0x4005802C: bits((8, 0), 9), 0x40058000: bits(30), 0x40054030: bits(0),
    # Machines enabled; input synchronisers
    PIO0: bits((3, 0)), PIO1: bits((3, 0)), 0x50200038: ALL, 0x50300038: ALL,
    # ADC: on, for ever, in turn; FIFO; divider
    0x4004C000: bits(0, 3, (20, 16)), 0x4004C008: bits((3, 0), (27, 24)), 0x4004C010: ALL,
    # NVIC: PIO 0, PIO 1, DMA; their enables
    0xE000E100: bits(7, 9, 11), 0x5020012C: ALL, 0x5030012C: ALL, 0x50000404: ALL,
    # None is forced; PWM slices
    0x50200130: ALL, 0x50300130: ALL, 0x50000408: ALL, 0x400500A0: ALL,
    # Where guard and dead-man stand
    PIO0 + SM0 + 24 * 3 + 12: bits((4, 0)), PIO0 + SM0 + 24 * 2 + 12: bits(2),
}  # fmt: skip
# CLKDIV, EXECCTRL but for "stalled", SHIFTCTRL, PINCTRL
MACHINE = {0: ALL, 4: ALL ^ bits(31), 8: ALL, 20: ALL}
# On, size, counts, ring, pace; the chain changes as blocks come, busy as it works
DMA_CTRL = bits((10, 0), (20, 15))


def test_every_register_that_matters_is_asked_for_with_every_bit(armed):
    wanted = dict(ASKED)
    for block in (PIO0, PIO1):
        for machine in range(4):
            wanted.update({block + SM0 + 24 * machine + at: mask for at, mask in MACHINE.items()})
    for role in ROLES:
        wanted.update(
            {
                GPIO_CTRL + 8 * armed.drivers.gpio[role]: ALL,
                0x4001C004 + 4 * armed.drivers.gpio[role]: ALL,
            }
        )
    for role in ("CH1_AMP", "CH2_AMP"):
        wanted.update(
            {0x40050000 + 20 * (armed.drivers.gpio[role] >> 1 & 7) + at: ALL for at in (0, 4, 16)}
        )
    for one in armed.hal.amplitude.latches + armed.hal.sensing.meters + armed.hal.engine.feeders:
        wanted.update(dict.fromkeys(one.controls, DMA_CTRL) | dict.fromkeys(one.fixed, ALL))
    for meter in armed.hal.sensing.meters:
        wanted.update(dict.fromkeys([*meter.limits, meter.fault_address], ALL))
    wanted[GPIO_STATUS + 8 * armed.drivers.gpio["INTERLOCK_N"]] = bits(13)
    kept, rows = armed.hal.watch._kept, armed.hal.watch._count
    asked = {kept[HEAD + 3 * k] & ALL: kept[HEAD + 3 * k + 1] & ALL for k in range(rows)}
    assert asked == wanted


def test_the_meters_tell_all_that_their_interrupts_go_by(armed):
    """Six addresses that both share; of each channel where samples come, what they are compared
    with and the limits; its DMA bit; how near two pulses may be.
    """
    for k, meter in enumerate(armed.hal.sensing.meters):
        # A channel's fields, of which the fault is the fourteenth
        first = meter.fault_address - 4 * 13
        shared = armed.hal.sensing.meters[0].limits[0]
        assert meter.limits == [shared + 4 * n for n in range(6)] + [
            first + 4 * n for n in range(10)
        ]
        assert first == shared + 4 * (6 + 19 * k)


@pytest.mark.parametrize("value", [26, 28, 29, 31])
def test_a_guard_that_is_anywhere_but_where_it_waits(armed, value):
    """It waits at 27; whatever was there when the watch took what stands."""
    armed.chip.words[armed.chip.place(3)] = value
    armed.hal.watch.take()
    assert armed.found() == armed.chip.place(3)


def test_an_idle_watch_wants_guard_and_dead_man_and_no_train(armed):
    """HZ2: a pulse machine that runs before its train was started."""
    armed.chip.words[PIO0] = 12
    for one in armed.hal.amplitude.latches + armed.hal.sensing.meters:
        armed.chip.words[one.controls[0]] &= ~DMA_CTRL_BUSY
    armed.hal.watch.take()
    assert armed.found(2 * ROUNDS) == 0
    for machine in (0, 1):
        armed.chip.words[PIO0] = 12 | 1 << machine
        assert armed.found() == PIO0
    armed.chip.words[PIO0] = 12 | 1
    armed.hal.watch.expect_running((1,))
    assert armed.found() == DMA_STOPPED, "a channel that runs is latched and sampled"
    for one in (armed.hal.amplitude.latches[0], armed.hal.sensing.meters[0]):
        armed.chip.words[one.controls[0]] |= DMA_CTRL_BUSY
    assert armed.found(2 * ROUNDS) == 0, "and of the other channel nothing is wanted"


def test_an_amplitude_may_be_one_of_the_last_three_and_no_other(armed):
    """The register follows a round and a pulse later; once it has, what stood before is a fault."""
    amplitude, at = armed.hal.amplitude, armed.hal.amplitude.compare[0]
    words = amplitude.latches[0].words
    stood = []
    for ua in (10_000, 11_000, 12_000):
        stood.append(armed.chip.words[at])
        amplitude.set(0, ua)
        assert armed.found() == 0
        armed.chip.words[at] = words[0]
        assert armed.found() == 0
    for before in stood:
        armed.chip.words[at] = before
        assert armed.found() == AMPLITUDE


def test_one_of_two_transfers_that_take_turns_is_enough(armed):
    """Whichever of the two is at work, and also when they hand over between two reads; none is a
    fault, for each pair.
    """
    for one in armed.hal.amplitude.latches + armed.hal.sensing.meters:
        first, second = one.controls
        kept, other = armed.chip.words[first], armed.chip.words.get(second, 0)
        armed.chip.words[first] = kept & ~DMA_CTRL_BUSY
        armed.chip.words[second] = other | DMA_CTRL_BUSY
        assert armed.found() == 0
        armed.chip.words[second] = other
        assert armed.found() == DMA_STOPPED
        idle = kept & ~DMA_CTRL_BUSY
        # As its row, then before and after the other one was asked
        told = iter([idle, idle, kept])
        armed.chip.reading = {first: lambda chip, told=told: next(told)}
        assert armed.hal.watch.wrong() == 0
        armed.chip.reading = {}
        armed.chip.words[first] = kept


def test_an_interrupt_that_is_let_in_meanwhile_is_no_fault(armed):
    told = iter([1 << 11, 0] * ROUNDS)
    armed.chip.reading = {NVIC_PENDING: lambda chip: next(told)}
    assert armed.found() == 0
