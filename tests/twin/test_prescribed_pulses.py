"""What leaves the pins of the real firmware is what was prescribed, to the clock; and a second
PIO model agrees.
"""

import pytest
import rig
from evenpulse.twin.waveform import Prescribed, pulses, rows, worst_clocks

# (phase, gap, rate, offset, period by hand: the whole number of µs nearest to 1 000 000 / rate)
ODD = [
    (20, 5, 150, 0, 6_667),
    (21, 7, 149.9, 1, 6_671),
    (499, 499, 33.3, 4_001, 30_030),
    (500, 500, 61.7, 1_501, 16_207),
    (187, 53, 77.3, 3_001, 12_937),
    (101, 11, 97.1, 17, 10_299),
    (333, 77, 42.9, 9_999, 23_310),
    (250, 125, 50.1, 500, 19_960),
    (73, 31, 113.7, 0, 8_795),
    (149, 499, 19.9, 25_000, 50_251),
    (211, 6, 3.7, 100_003, 270_270),
    (400, 50, 119.3, 901, 8_382),
]


@pytest.fixture(scope="module")
def flashes():
    """Two prescriptions of six programs each."""
    programs = [
        rig.program(name=f"Odd {k}", phase_us=p, gap_us=g, rate_pps=r, offset_us=o)
        for k, (p, g, r, o, _) in enumerate(ODD)
    ]
    return [rig.prescribed_flash(*programs[:6]), rig.prescribed_flash(*programs[6:])]


@pytest.mark.parametrize("k", range(len(ODD)))
def test_every_pulse_is_the_prescribed_one(flashes, k):
    phase_us, gap_us, _, offset_us, period_us = ODD[k]
    twin = rig.running(flashes[k // 6], select=k % 6)
    # Over at least one seam between blocks at the fast rates
    twin.run_ms(max(450, 3.5 * period_us / 1000))
    channels = [
        pulses(twin.edges, rig.gpio(twin, f"CH{n}_A"), rig.gpio(twin, f"CH{n}_B")) for n in (1, 2)
    ]
    assert min(map(len, channels)) >= 3
    table = rows(Prescribed(phase_us, gap_us, period_us, offset_us), channels)
    assert worst_clocks(table) == 0, table
    start = channels[0][0].a_start
    assert [p.a_start - start for p in channels[0]] == [
        i * period_us * 125 for i in range(len(channels[0]))
    ]


def test_amplitude_is_zero_at_every_start(flashes):
    twin = rig.running(flashes[0])
    amplitude_pins = {rig.gpio(twin, "CH1_AMP"), rig.gpio(twin, "CH2_AMP")}
    twin.run_ms(100)
    assert not [duty for _, pin, duty in twin.world.duties if pin in amplitude_pins and duty]
    twin.press("UP", 60)
    twin.run_ms(200)
    # 40 of 4096 steps
    assert {
        round(duty * 100, 2) for _, pin, duty in twin.world.duties if pin in amplitude_pins
    } <= {0.0, 0.98}
    # Pause
    twin.press("START", 60)
    twin.run_ms(300)
    assert twin.state == rig.PAUSED
    paused = len(twin.world.duties)
    twin.press("START", 1_100)
    assert twin.run_until_state(rig.RUNNING, 2_000)
    twin.run_ms(100)
    assert not [
        duty for _, pin, duty in twin.world.duties[paused:] if pin in amplitude_pins and duty
    ]


def test_every_resume_pulses_as_prescribed(flashes):
    """A machine stopped in a stall once took the first word of the next train for its own: every
    second resume was silent.
    """
    phase_us, gap_us, _, offset_us, period_us = ODD[4]
    twin = rig.running(flashes[0], select=4)
    for wait_ms in (213, 331, 77, 150, 402):
        twin.run_ms(wait_ms)
        twin.press("START", 60)
        twin.run_ms(150)
        assert twin.state == rig.PAUSED
        seen = len(twin.edges)
        twin.press("START", 1_100)
        assert twin.run_until_state(rig.RUNNING, 2_000)
        twin.run_ms(200)
        channels = [
            pulses(twin.edges[seen:], rig.gpio(twin, f"CH{n}_A"), rig.gpio(twin, f"CH{n}_B"))
            for n in (1, 2)
        ]
        assert min(map(len, channels)) >= 10
        assert worst_clocks(rows(Prescribed(phase_us, gap_us, period_us, offset_us), channels)) == 0


def test_a_pause_completes_the_pulse_that_began(flashes):
    # 500 µs phases
    twin = rig.running(flashes[0], select=3)
    for wait_ms in (200, 331, 77):
        twin.run_ms(wait_ms)
        twin.press("START", 60)
        # Up for longer than rounds that draw and the debouncing of a release take
        twin.run_ms(60 + 150)
        assert twin.state == rig.PAUSED and rig.levels(twin) == [0] * 5
        twin.press("START", 1_100)
        assert twin.run_until_state(rig.RUNNING, 2_000)
    legs = {rig.gpio(twin, role) for role in rig.LEGS[:2]}
    marks = [clock for clock, pin, _ in twin.edges if pin in legs]
    whole = pulses(twin.edges, *sorted(legs))
    assert all(p.a_end - p.a_start == p.b_end - p.b_start == 62_500 for p in whole)
    # But for the pulse that is on its way now
    assert len(marks) - 4 * len(whole) <= 3
