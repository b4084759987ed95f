"""The list that the watch asks by: each register with the bits that count, what may be otherwise,
and what flipped between two sessions.
"""

import pytest
from armed_watch import (
    ALL,
    AMPLITUDE,
    DMA_STOPPED,
    GPIO_STATUS,
    HEAD,
    NVIC_PENDING,
    REFERENCE,
    REGISTERS,
    ROLES,
    ROUNDS,
    Armed,
)
from register_chip import DMA_CTRL_BUSY, GPIO_CTRL, PIO0, PIO1, SM0


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
        # What is left behind stays so: it need not be looked for after each
        if word % 16 == 0 or word == len(watch._kept) - 1:
            assert watch.take() == 0


# --- the list itself: every register, with every bit that decides ---------------------------------


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
    # NVIC: PIO 0, PIO 1 twice, DMA; their vectors behind the core's 16; their enables
    0xE000E100: bits(7, 9, 10, 11), **{0x20000000 + 4 * (16 + n): ALL for n in (7, 9, 10, 11)},
    0x5020012C: ALL, 0x5030012C: ALL, 0x50300138: ALL, 0x50000404: ALL,
    # None is forced; PWM slices
    0x50200130: ALL, 0x50300130: ALL, 0x5030013C: ALL, 0x50000408: ALL, 0x400500A0: ALL,
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
    with and the limits; its DMA bit; how near two pulses may be; what feeds its pulse machine, and
    from where.
    """
    shared = armed.hal.sensing.meters[0].limits[0]
    for k, meter in enumerate(armed.hal.sensing.meters):
        # A channel's fields, of which the fault is the seventeenth
        first = meter.fault_address - 4 * 16
        own = [first + 4 * n for n in range(13)]
        assert meter.limits == ([shared + 4 * n for n in range(6)] if k == 0 else []) + own
        assert first == shared + 4 * (6 + 24 * k)


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
