"""The 5 V sag while the high voltage takes from them: the firmware measures it, and switches off
when a weak supply leaves its window.
"""

from dataclasses import replace

import pytest
import rig
from evenpulse.connect import bring_up
from evenpulse.twin import stage
from evenpulse.twin.staged import left_mv
from evenpulse.twin.twin import Twin

SUPPLY = 5
# Two channels take 7 W while the high voltage rises; of a boost that is worn out or a thin cable
WEAK_OHM = 0.8


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(rig.program(phase_us=300, gap_us=100, rate_pps=100), cap_ma=40)


def brought_up(flash):
    twin = Twin(flash=flash)
    twin.circuit = True
    return bring_up.switch_on(twin)


def sags(twin, ms):
    """The most within so many ms, asked each ms."""
    most_mv = 0.0
    for _ in range(ms):
        twin.run_ms(1)
        for channel in twin.world.channels:
            channel.advance(twin.now)
        supply_mv = twin.world.supply_mv
        most_mv = max(most_mv, supply_mv - left_mv(twin.world.channels, supply_mv))
    return most_mv


def test_a_sound_supply_sags_and_nobody_trips(flash):
    twin = brought_up(flash)
    assert sags(twin, 20) == 0
    twin.press("START", bring_up.START_HOLD_MS)
    assert 250 < sags(twin, 2_000) < 300
    assert twin.state == rig.RUNNING


def test_a_supply_that_is_weak_trips_while_the_high_voltage_rises(flash, monkeypatch):
    sound = stage.read
    monkeypatch.setattr(stage, "read", lambda *which: replace(sound(*which), supply_ohm=WEAK_OHM))
    twin = brought_up(flash)
    twin.press("START", bring_up.START_HOLD_MS)
    twin.run_ms(2_000)
    reasons = [word >> 8 & 255 for _, word in twin.states if word & 255 == rig.FAULT]
    assert reasons[:1] == [SUPPLY]
    assert not any(rig.levels(twin))
