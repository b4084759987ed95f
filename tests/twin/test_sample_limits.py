"""Where a sample's verdict turns, from both sides, on copies of one running twin: unlike phases,
lead off, and what is too little to tell.
"""

import pytest
import rig
from broken import US, copies, to_pulse, told
from evenpulse.emulator import fork
from evenpulse.faults import every_bit

_PERIOD_MS, _BETWEEN_MS = 10, 3

COMPLIANCE_V = 100


@pytest.fixture(scope="module")
def flash():
    return rig.flash_of_100_pps()


@pytest.fixture(scope="module")
def strong(flash):
    return rig.at_work(flash, ups=10)


@pytest.fixture(scope="module")
def weak(flash):
    return rig.at_work(flash, ups=4)


def in_the_gap(ma):
    """From the gap of a pulse on the load takes so much of what is asked, and no more (0: the
    lead is off).
    """

    def do(twin):
        start = to_pulse(twin, 100)
        twin.run_to(start + 125 * US)
        ohm = COMPLIANCE_V / ma * 1_000 if ma else 0.0
        twin.world.change_electrode(0, open=not ma, series_ohm=ohm, skin_ohm=0.0, skin_nf=0.0)

    return do


def test_unlike_phases_of_one_pulse(strong):
    """10 mA in phase A: more than an eighth of phase B apart is cut inside phase B."""
    found = copies(strong, {ma: in_the_gap(ma) for ma in (8.7, 9.2)})
    assert found[8.7][0] == "unbalanced" and found[8.7][3] < 40
    assert found[9.2][0] == "", "a twelfth apart, and from then on both phases are alike"


def test_a_phase_b_that_does_not_flow_below_5_ma(weak):
    """4 mA in phase A, nothing in phase B: too little for lead_off, and a pulse without its
    counterpart all the same.
    """
    assert copies(weak, {0: in_the_gap(0)})[0][0] == "unbalanced"


def lead_off(twin):
    twin.world.change_electrode(0, open=True)


def test_lead_off_counts_from_5_ma(flash, weak):
    """4 mA are too little to tell, 5 are enough."""
    assert copies(weak, {"4 mA": lead_off}, ms=120)["4 mA"][0] == ""
    five = rig.running(flash, ups=5)
    at = five.now
    lead_off(five)
    five.run_ms(60)
    assert told(five, at)[0] == "lead_off"


# --- off is off -----------------------------------------------------------------------------------


def test_after_a_stop_nothing_is_left_on(strong):
    """Amplitude 0, no machine, no DMA, five pins cut off and INTERLOCK_N let go."""

    def stopped(_):
        strong.press("STOP", 100)
        strong.run_ms(60)
        rp2040 = strong.chip.rp2040
        amplitudes = [
            rp2040.read_uint32(0x40050000 + 20 * (rig.gpio(strong, role) >> 1 & 7) + 12)
            for role in ("CH1_AMP", "CH2_AMP")
        ]
        on = [machine.index for pio in rp2040.pio for machine in pio.machines if machine.enabled]
        fed = [channel.index for channel in rp2040.dma.channels if channel.active]
        driven = [
            role
            for role in (*rig.GUARDED, "INTERLOCK_N")
            if rp2040.gpio[rig.gpio(strong, role)].ctrl & 31 != 31
        ]
        return [strong.state, amplitudes, on, fed, driven]

    assert fork.each([0], stopped, 1) == [[rig.FAULT, [0, 0], [], [], []]]


def cpu_away(ms):
    """The core stands still for so long, and goes on."""

    return lambda twin: twin.freeze(ms)


def test_the_dead_man_waits_60_ms_and_no_longer(strong):
    """A core that is back after 40 ms is not cut by it, whatever it then finds of the samples
    that it missed; after 60 it is.
    """
    found = copies(strong, {ms: cpu_away(ms) for ms in (40, 85)}, ms=145)
    assert found[40][1] is None or found[40][1] >= 40
    assert 48 <= found[85][1] <= 66


@pytest.mark.parametrize("leg", rig.LEGS)
def test_a_leg_that_stays_high(strong, leg):
    """Between two pulses each is seen before its width monitor acts. Leg A: its sample is that of
    a pulse that comes too soon. Leg B: no phase A came before it.
    """

    def stays_high(twin):
        every_bit.before_pulse(twin)
        twin.run_ms(_BETWEEN_MS)
        twin.stick(leg)

    reason, ms, _, last_us = copies(strong, {leg: stays_high})[leg]
    assert ms <= _PERIOD_MS + _BETWEEN_MS + 1 and (
        reason == ("registers" if leg[-1] == "A" else "no_measurement") and last_us <= 105
    )
