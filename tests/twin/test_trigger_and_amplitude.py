"""TRIG_IN, SYNC_OUT and the amplitude latch on the emulated chip."""

import pytest
import rig
from evenpulse.emulator import fork
from evenpulse.twin.waveform import pulses

pytestmark = pytest.mark.copied


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(
        rig.program(name="Trigger", trigger=True, phase_us=200, rate_pps=100),
        rig.program(name="Fast", phase_us=500, gap_us=500, rate_pps=150, offset_us=3_333),
        rig.program(name="Burst", rate_pps=100, burst={"pulses": 3, "inner_pps": 100, "per_s": 4}),
    )


def channel(twin, number):
    return pulses(twin.edges, rig.gpio(twin, f"CH{number}_A"), rig.gpio(twin, f"CH{number}_B"))


def test_a_trigger_starts_both_channels_after_the_same_few_clocks(flash):
    latencies = set()
    for wait_clocks in (0, 1, 7, 12_345, 1_234_567):
        twin = rig.running(flash)
        twin.run_ms(60)
        assert not channel(twin, 1) and twin.state == rig.RUNNING
        twin.run_clocks(wait_clocks)
        at = twin.now
        twin.chip.pads.switch(rig.gpio(twin, "TRIG_IN"), 1)
        twin.run_ms(25)
        one, two = channel(twin, 1), channel(twin, 2)
        assert one[0].a_start == two[0].a_start and one[1].a_start - one[0].a_start == 10_000 * 125
        latencies.add(one[0].a_start - at)
    assert len(latencies) == 1 and latencies.pop() <= 125


def test_a_trigger_line_that_is_high_already_starts_nothing(flash):
    twin = rig.ready(flash)
    twin.chip.pads.switch(rig.gpio(twin, "TRIG_IN"), 1)
    twin.press("START", 1_100)
    assert twin.run_until_state(rig.RUNNING, 2_000)
    twin.run_ms(100)
    assert not channel(twin, 1)
    twin.chip.pads.switch(rig.gpio(twin, "TRIG_IN"), 0)
    twin.run_ms(10)
    twin.chip.pads.switch(rig.gpio(twin, "TRIG_IN"), 1)
    twin.run_ms(25)
    assert len(channel(twin, 1)) >= 2


def test_amplitude_changes_land_between_pulses_with_time_to_settle(flash):
    twin = rig.running(flash, select=1)
    for _ in range(12):
        twin.press("UP", 60)
        twin.run_ms(260)
    twin.press("DOWN", 60)
    twin.run_ms(130)
    for number in (1, 2):
        pin = rig.gpio(twin, f"CH{number}_AMP")
        changes = [clock for clock, gpio, _ in twin.world.duties if gpio == pin]
        train = channel(twin, number)
        assert len(changes) >= 10
        for clock in changes:
            assert not any(p.a_start - 1_900 * 125 < clock < p.b_end for p in train), clock


def test_sync_marks_every_pulse(flash):
    twin = rig.running(flash, select=1)
    twin.run_ms(100)
    sync = [
        clock for clock, gpio, level in twin.edges if gpio == rig.gpio(twin, "SYNC_OUT") and level
    ]
    starts = sorted(p.a_start for number in (1, 2) for p in channel(twin, number))
    assert sync[: len(starts)] == starts


def test_bursts_on_the_pins(flash):
    twin = rig.running(flash, select=2)
    twin.run_ms(900)
    train = channel(twin, 1)
    first = train[0].a_start
    assert [p.a_start - first for p in train] == [
        (k // 3 * 250_000 + k % 3 * 10_000) * 125 for k in range(len(train))
    ] and len(train) >= 9


_FEEDERS = [0x50200010, 0x50200014]
_DMA, _CTRL, _BUSY, _ABORT = 0x50000000, 0x10, 1 << 24, 0x50000444


def _abort(twin, feeders):
    """While words wait for the machines: between a sample and the end of its pulse."""
    while not twin.chip.rp2040.read_uint32(feeders[0] + _CTRL) & _BUSY:
        twin.run_clocks(250)
    twin.poke(_ABORT, sum(1 << (base - _DMA) // 0x40 for base in feeders))


def _disable(twin, feeders):
    for base in feeders:
        twin.poke(base + _CTRL, twin.chip.rp2040.read_uint32(base + _CTRL) & ~1)


@pytest.mark.parametrize("lose", [_abort, _disable])
def test_words_that_stop_coming_mean_silence_and_a_fault(flash, lose):
    """The DMA that feeds both channels is stopped behind the firmware's back: no pulse is repeated
    or shortened, and the session trips. The samples go on: without them the monitors would cut the
    phase B of the pulse that is under way.
    """
    twin = rig.running(flash, select=1, ups=2)
    twin.run_ms(100)
    before = len(channel(twin, 1))
    bases = [_DMA + 0x40 * number for number in range(12)]
    feeders = [base for base in bases if twin.chip.rp2040.read_uint32(base + 4) in _FEEDERS]
    assert len(feeders) == 2
    lose(twin, feeders)
    twin.run_ms(400)
    train = channel(twin, 1)
    assert len(train) - before <= 3
    assert all(p.a_end - p.a_start == p.b_end - p.b_start == 62_500 for p in train)
    assert twin.state == rig.FAULT and rig.levels(twin) == [0] * 5


@pytest.mark.parametrize("stuck", [(), ("CH1_AMP", "CH2_AMP")])
def test_a_core_that_is_lost_lets_one_more_pulse_come_at_most(flash, stuck):
    """HZ2, HZ9: no pulse comes before the one before it was judged. At any clock of a period: of
    those that begin after it none, where the pulse of the moment was not judged yet, else one. Also
    where it leaves both amplitudes at full scale.
    """
    twin = rig.running(flash, select=1, ups=2)
    twin.run_ms(100)
    *_, before, last = [p.a_start for p in channel(twin, 1)]

    def lost(share):
        twin.run_clocks((last - before) * share // 100)
        at = twin.now
        twin.chip.hold_core("lost")
        for role in stuck:
            twin.stick(role)
        twin.run_ms(50)
        late = [[p for p in channel(twin, number) if p.a_start > at] for number in (1, 2)]
        return [
            len(late[0]),
            len(late[1]),
            all(p.a_end - p.a_start == p.b_end - p.b_start == 62_500 for p in late[0] + late[1]),
        ]

    found = fork.each(list(range(0, 100, 7)), lost, 1)
    assert {most for *pulses, _ in found for most in pulses} == {0, 1}
    assert all(whole for *_, whole in found)


def test_stopped_machines_are_noticed_in_a_round_and_everything_goes_off(flash):
    """PIO_CTRL is cleared in the middle of a phase: guard, dead-man and pulse machines are dead,
    and a leg stands high. A round of 10 ms, and what the one before may have taken longer.
    """
    twin = rig.running(flash, select=1, ups=2)
    rig.next_rise(twin)
    twin.poke(0x50200000, 0)
    at = twin.now
    assert rig.levels(twin, ("CH1_A",)) == [1]
    twin.run_ms(30)
    assert (
        rig.levels(twin) == [0] * 5
        and (rig.last_fall(twin) - at) / 125_000 <= 25
        and twin.state == rig.FAULT
    )
