"""Faults on the load's side: the source gives more or less than was asked, one leg is weak, the
cap is crossed, a pad is dry. Real samples, real trips.
"""

import pytest
import rig
from stimcore import interlock

from evenpulse.emulator import fork
from evenpulse.twin.states import FAULT

COMPLIANCE_V, CAP_MA, PERIOD_MS = 100, 30, 10
OVER_CURRENT, LEAD_OFF, UNBALANCED = "over_current", "lead_off", "unbalanced"
NO_TRIP = "no trip"
CURRENTS_MA = (4, 10, 20, 28)


@pytest.fixture(scope="module")
def twins():
    """In RUNNING at each of the currents: `twins(ma)`; a case is a copy."""
    flash = rig.prescribed_flash(rig.program(phase_us=100, gap_us=50, rate_pps=100), cap_ma=CAP_MA)
    made = {}

    def _at(ma):
        if ma not in made:
            made[ma] = rig.running(flash, ups=ma)
            made[ma].run_ms(300)
        return made[ma]

    return _at


def played(twin, change):
    """(pulses of channel 1 that begin after the change, highest current in mA, the reason or
    "no trip").
    """

    def _play():
        twin.world.channels[0].flows = []
        began, first = twin.now, len(twin.edges)
        change(twin.world)
        twin.run_ms(250)
        leg = rig.gpio(twin, "CH1_A")
        begun = sum(
            pin == leg and bool(level) and clock >= began
            for clock, pin, level in twin.edges[first:]
        )
        reasons = [
            word >> 8 & 0xFF
            for clock, word in twin.states
            if clock >= began and word & 0xFF == FAULT
        ]
        peaks = [
            flow.peak_ua / 1000 for flow in twin.world.channels[0].flows if flow.begin >= began
        ]
        reason = interlock.REASONS[reasons[0]][0] if reasons else NO_TRIP
        return begun, max(peaks, default=0), reason

    [told] = fork.each([None], lambda _: _play())
    return tuple(told)


def source(leg_a, leg_b):
    return lambda world: world.change_source(0, leg_a, leg_b)


def pad(ohm):
    return lambda world: world.change_electrode(0, series_ohm=ohm)


@pytest.mark.parametrize(
    ("ma", "gains", "reason"),
    [
        (10, (1.3, 1.3), OVER_CURRENT),
        (20, (1.3, 1.3), OVER_CURRENT),
        (28, (1.3, 1.3), OVER_CURRENT),
        (10, (0.4, 0.4), LEAD_OFF),
        (28, (0.4, 0.4), LEAD_OFF),
        (10, (1.0, 0.7), UNBALANCED),
        (28, (1.0, 0.7), UNBALANCED),
        (10, (0.7, 1.0), UNBALANCED),
        # 33.6 mA: above the cap and its tenth, and below 1.25 of what was asked
        (28, (1.2, 1.2), OVER_CURRENT),
    ],
)
def test_what_the_source_does_wrong_ends_with_the_pulse_that_shows_it(twins, ma, gains, reason):
    begun, _, told = played(twins(ma), source(*gains))
    assert (begun, told) == (1, reason)


@pytest.mark.parametrize(
    ("ma", "gains"),
    [(10, (1.05, 1.05)), (28, (1.05, 1.05)), (10, (1.0, 0.95)), (4, (0.6, 0.6)), (10, (0.8, 0.8))],
)
def test_what_is_within_a_step_and_a_tenth_or_above_half_is_no_trip(twins, ma, gains):
    begun, peak, told = played(twins(ma), source(*gains))
    assert (
        told == NO_TRIP
        and begun == 250 / PERIOD_MS
        and peak == pytest.approx(ma * max(gains), rel=0.02)
    )


@pytest.mark.parametrize("ohm", [2_000, 5_000, 10_000, 33_000])
@pytest.mark.parametrize("ma", CURRENTS_MA)
def test_a_dry_pad_is_off_below_half_of_what_was_asked_and_else_takes_what_the_voltage_gives(
    twins, ma, ohm
):
    flows_ma = min(ma, 1000 * COMPLIANCE_V / ohm)
    begun, peak, told = played(twins(ma), pad(ohm))
    if ma >= 5 and flows_ma < 0.48 * ma:
        assert (begun, told) == (1, LEAD_OFF)
    else:
        assert (
            told == NO_TRIP
            and begun == 250 / PERIOD_MS
            and peak == pytest.approx(flows_ma, rel=0.02)
        )
