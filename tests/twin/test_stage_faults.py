"""The firmware on the twin whose source is the board's circuit: sound over every load, and broken
parts of the bridge that a sample sees, or the series capacitors.
"""

import pytest
import rig
from evenpulse.connect import bring_up
from evenpulse.emulator import fork
from evenpulse.twin import states
from evenpulse.twin.load import Electrode
from evenpulse.twin.stage import Stage
from evenpulse.twin.staged import StagedChannel
from evenpulse.twin.twin import Twin

US, CLOCKS_PER_MS, CLOCKS_PER_S = 125, 125_000, 125e6
# Of the table of reasons
INTERLOCK_OPEN, LEAD_OFF, SHORT, UNBALANCED = 2, 11, 12, 14
DC_UA_MAX = 100
LOADS = {
    "200 ohm": (200.0, 0.0, 0.0),
    "500 ohm": (500.0, 0.0, 0.0),
    "skin": (300.0, 2_000.0, 100.0),
    "dry skin": (700.0, 20_000.0, 300.0),
    "5 kohm": (5_000.0, 0.0, 0.0),
}
MA = 15


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(rig.program(phase_us=300, gap_us=100, rate_pps=100), cap_ma=40)


def at_ma(flash, ma):
    """In RUNNING on the circuit, 500 ohm."""
    twin = Twin(flash=flash)
    twin.circuit = True
    bring_up.switch_on(twin)
    bring_up.hold_start(twin)
    bring_up.press(twin, "UP", ma, rig._PRESS_MS, rig._FELT_MS)
    twin.run_ms(700)
    assert twin.state == rig.RUNNING
    assert twin.world.channels[0].peak_ua == pytest.approx(ma * 1_000, rel=0.05)
    return twin


@pytest.fixture(scope="module")
def running(flash):
    return at_ma(flash, MA)


@pytest.fixture(scope="module")
def weak(flash):
    return at_ma(flash, 2)


def played(twin, change, ms=1_000):
    """(state, reason's code or None, ms until then, direct current in uA) after a change."""

    def play(_):
        channel = twin.world.channels[0]
        channel.flows = []
        at = twin.now
        change(twin.world)
        twin.run_ms(ms)
        trips = [(c, w >> 8 & 255) for c, w in twin.states if c >= at and w & 255 == states.FAULT]
        nc = sum(flow.sign * flow.nc for flow in channel.flows)
        seconds = (twin.now - at) / CLOCKS_PER_S
        when, why = trips[0] if trips else (twin.now, None)
        return twin.state, why, (when - at) / CLOCKS_PER_MS, abs(nc) / 1e3 / seconds

    [told] = fork.each([None], play, 1)
    return tuple(told)


def load(name):
    ohm, skin_ohm, skin_nf = LOADS[name]
    changes = {"series_ohm": ohm, "skin_ohm": skin_ohm, "skin_nf": skin_nf}
    return lambda world: [world.change_electrode(index, **changes) for index in (0, 1)]


def both(*changes):
    return lambda world: [change(world) for change in changes]


@pytest.mark.parametrize("name", LOADS)
@pytest.mark.parametrize("which", ["running", "weak"])
def test_the_circuit_makes_no_false_trip(request, which, name):
    """2 mA into a dry skin: what a phase leaves there makes leg A 55 mV lower when the next begins,
    and before the circuit was mended its comparator took that for a short.
    """
    state, why, _, dc_ua = played(request.getfixturevalue(which), load(name))
    assert (state, why) == (rig.RUNNING, None) and dc_ua < 10


@pytest.mark.parametrize("sign", [1, -1])
def test_a_low_side_that_is_always_on_shows_in_the_next_pulse(running, sign):
    _, why, ms, _ = played(running, lambda world: world.short_low(0, sign), 100)
    assert why in (LEAD_OFF, UNBALANCED) and ms < 25


@pytest.mark.parametrize("name", ["skin", "dry skin"])
@pytest.mark.parametrize("sign", [1, -1])
def test_where_the_skins_charge_makes_the_sample_right_the_leg_at_rest_trips(running, sign, name):
    """Or what flows is less direct current than counts."""
    change = both(load(name), lambda world: world.short_low(0, sign))
    _, why, _, dc_ua = played(running, change)
    assert why in (None, INTERLOCK_OPEN, LEAD_OFF, UNBALANCED)
    assert dc_ua < DC_UA_MAX


def test_direct_current_lifts_a_leg_at_rest_and_trips(running):
    """Whatever put it onto the series capacitors: each sample is right."""
    stuck = lambda world: setattr(world.channels[0], "series_mv", 11_000.0)  # noqa: E731
    _, why, ms, _ = played(running, stuck, 300)
    assert why == INTERLOCK_OPEN and ms < 60


def test_charge_below_five_volts_a_leg_is_no_trip(running):
    some = lambda world: setattr(world.channels[0], "series_mv", 9_000.0)  # noqa: E731
    state, why, _, _ = played(running, some, 300)
    assert (state, why) == (rig.RUNNING, None)


def test_too_much_current_is_the_comparators_within_2_us(running):
    _, why, _, _ = played(running, lambda world: world.change_source(0, 9.0, 9.0), 100)
    assert why == INTERLOCK_OPEN


def test_a_short_is_told_as_one(running):
    touch = lambda world: world.change_electrode(0, series_ohm=5.0)  # noqa: E731
    _, why, ms, _ = played(running, touch, 100)
    assert why == SHORT and ms < 25


# --- the comparators by themselves ----------------------------------------------------------------

STAGE = Stage(
    100_000, over_ua=119_000, over_tau_ns=330, over_ns=1_000, short_ohm=60, short_mv=60,
    short_tau_ns=4_700, short_ns=7_100, series_nf=5_000, series_tau_ms=820, rest_mv=4_800,
    rest_tau_ms=6.6,
)  # fmt: skip


@pytest.mark.parametrize("ma, pulls", [(118, False), (121, True), (180, True)])
def test_over_current_has_a_threshold(ma, pulls):
    channel = StagedChannel(Electrode(200.0), STAGE)
    channel.set_drive(0, ma * 1_000, 1)
    assert (channel.over_s() is not None) == pulls
    if ma == 180:
        assert 1e-6 < channel.over_s() < 2e-6


@pytest.mark.parametrize("ohm, sign, pulls", [(30, 1, True), (70, 1, False), (30, -1, False)])
def test_a_short_is_looked_for_in_phase_a_alone(ohm, sign, pulls):
    """In phase B the charge of a skin looks like one."""
    channel = StagedChannel(Electrode(float(ohm)), STAGE)
    channel.set_drive(0, 20_000, sign)
    assert (channel.short_s() is not None) == pulls


def test_the_skins_charge_is_no_short_in_phase_b():
    channel = StagedChannel(Electrode(20.0, 2_000.0, 100.0), STAGE)
    channel.set_drive(0, 20_000, 1)
    channel.set_drive(300 * US, 0, 0)
    channel.set_drive(400 * US, 20_000, -1)
    assert channel.legs_mv() < 0 and channel.short_s() is None


@pytest.mark.parametrize(
    "ma, ohm, pulls", [(1, 1_000, False), (2.25, 1_000, False), (20, 10, True)]
)
def test_a_leg_that_is_lower_is_no_short_and_hides_none(ma, ohm, pulls):
    channel = StagedChannel(Electrode(float(ohm)), STAGE)
    channel.series_mv = -600.0
    channel.set_drive(0, ma * 1_000, 1)
    assert (channel.short_s() is not None) == pulls
