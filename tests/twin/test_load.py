"""The load model against numbers worked out by hand and against plain numerical integration."""

import math

import pytest

from evenpulse.twin.load import Channel, Electrode

# Clocks a microsecond
US = 125


def test_a_resistor_takes_the_wanted_current():
    channel = Channel(Electrode(500.0), 100_000)
    channel.set_drive(0, 20_000, 1)
    channel.set_drive(200 * US, 0, 0)
    # 20 mA for 200 µs: 4 µC
    assert channel.total_nc == pytest.approx(20_000 * 200e-6 * 1000)
    assert channel.peak_ua == 20_000


def test_compliance_limits_the_current():
    channel = Channel(Electrode(10_000.0), 100_000)
    channel.set_drive(0, 30_000, 1)
    # 100 V into 10 kΩ
    assert channel.current_ua() == 10_000


def test_a_lead_that_is_off_takes_nothing_and_a_short_takes_what_is_wanted():
    electrode = Electrode(500.0, open=True)
    channel = Channel(electrode, 100_000)
    channel.set_drive(0, 20_000, 1)
    assert channel.current_ua() == 0
    electrode.open, electrode.series_ohm = False, 0.0
    assert channel.current_ua() == 20_000


@pytest.mark.parametrize("changed_us", [150, 350, 500])
def test_the_charge_of_a_skin_does_not_stay_when_the_electrode_is_another(changed_us):
    """A pad is changed in a phase, in the gap, at rest: each later phase into 10 kΩ is the same."""
    electrode = Electrode(300.0, 2_000.0, 100.0)
    channel = Channel(electrode, 100_000)
    channel.flows = []
    channel.set_drive(100 * US, 10_000, 1)
    if changed_us > 300:
        channel.set_drive(300 * US, 0, 0)
    channel.advance(changed_us * US)
    electrode.series_ohm, electrode.skin_ohm, electrode.skin_nf = 10_000.0, 0.0, 0.0
    channel.set_drive(600 * US, 0, 0)
    for number, sign in enumerate((1, -1, 1, -1)):
        channel.set_drive((1_000 + 500 * number) * US, 10_000, sign)
        channel.set_drive((1_400 + 500 * number) * US, 0, 0)
    assert [flow.nc for flow in channel.flows[-4:]] == pytest.approx([4_000.0] * 4)


def test_no_leg_no_current():
    channel = Channel(Electrode(500.0), 100_000)
    channel.set_drive(0, 20_000, 0)
    channel.advance(1_000_000)
    assert (channel.total_nc, channel.peak_ua) == (0, 0)


def _integrated_nc(electrode, compliance_mv, phases, step_s=1e-8):
    """Charge by small steps: what the closed form must give."""
    skin_v = charge_c = 0.0
    for wanted_ua, sign, duration_s in phases:
        for _ in range(round(duration_s / step_s)):
            limit_a = (compliance_mv / 1000 - sign * skin_v) / electrode.series_ohm
            current = max(0.0, min(wanted_ua * 1e-6, limit_a)) if sign else 0.0
            charge_c += current * step_s
            skin_v += (
                (sign * current - skin_v / electrode.skin_ohm) / (electrode.skin_nf * 1e-9) * step_s
            )
    return charge_c * 1e9


# The second limits within the phase
@pytest.mark.parametrize("compliance_mv", [100_000, 12_000])
def test_skin_charges_and_discharges(compliance_mv):
    electrode = Electrode(300.0, 2_000.0, 100.0)
    channel = Channel(electrode, compliance_mv)
    phases = [
        (20_000, 1, 300e-6),
        (20_000, 0, 50e-6),
        (20_000, -1, 300e-6),
        (0, 0, 1000e-6),
        (20_000, 1, 300e-6),
    ]
    clock = 0
    for wanted_ua, sign, duration_s in phases:
        channel.set_drive(clock, wanted_ua, sign)
        clock += round(duration_s * 125e6)
    channel.set_drive(clock, 0, 0)
    expected = _integrated_nc(electrode, compliance_mv, phases)
    assert channel.total_nc == pytest.approx(expected, rel=2e-3)
    if compliance_mv == 100_000:
        assert channel.total_nc == pytest.approx(3 * 20_000 * 300e-6 * 1000)
    assert math.isfinite(channel.current_ua())


def test_each_direction_is_a_flow_of_its_own():
    channel = Channel(Electrode(500.0), 100_000)
    channel.flows = []
    channel.set_drive(10 * US, 20_000, 1)
    # The amplitude changes in the middle
    channel.set_drive(60 * US, 30_000, 1)
    channel.set_drive(110 * US, 30_000, 0)
    channel.set_drive(160 * US, 20_000, -1)
    channel.set_drive(260 * US, 20_000, 0)
    first, second = channel.flows
    assert (first.begin, first.end, first.sign, first.peak_ua) == (10 * US, 110 * US, 1, 30_000)
    assert first.nc == pytest.approx(20_000 * 50e-3 + 30_000 * 50e-3)
    assert (second.begin, second.end, second.sign, second.peak_ua) == (
        160 * US,
        260 * US,
        -1,
        20_000,
    )
    assert second.nc == pytest.approx(20_000 * 100e-3)


def test_flows_are_kept_only_for_who_asks():
    channel = Channel(Electrode(500.0), 100_000)
    channel.set_drive(0, 20_000, 1)
    channel.set_drive(100 * US, 0, 0)
    assert channel.flows is None
