"""The supply is cut and comes back while time goes on: what is lost, what stays, and that the
device then is the one that its flash alone would make.
"""

import json

import pytest
from sample_scenarios import PRESCRIPTION, event, scenario

from evenpulse.base.errors import BadUsage
from evenpulse.connect import bring_up
from evenpulse.prescription import file as prescription_file
from evenpulse.scenario import file as scenario_file
from evenpulse.scenario import player
from evenpulse.twin.states import READY, RUNNING, SERVICE
from evenpulse.twin.twin import Twin

MS = 125_000
TIMERAWL = 0x4005_4028


@pytest.fixture(scope="module")
def flash(tmp_path_factory):
    """Of a device with a prescription."""
    path = tmp_path_factory.mktemp("rx") / "rx.toml"
    path.write_text(PRESCRIPTION)
    twin = bring_up.new()
    return bring_up.prescribed(twin, prescription_file.read(path, "nmes2")).flash


@pytest.fixture
def twin(flash):
    made = Twin(flash=flash)
    yield bring_up.switch_on(made)
    made.power_off()


def run_session(twin):
    """1 mA on both channels, cut in the middle of a phase."""
    bring_up.hold_start(twin)
    twin.run_ms(100)
    bring_up.press(twin, "UP", 1, 90, 100)
    leg_a = twin.world.gpio("CH1_A")
    assert twin.run_until(lambda: twin.chip.pads.levels[leg_a], 50, 0.02)
    twin.run_clocks(777)
    assert twin.chip.pads.levels[leg_a] and twin.state == RUNNING


@pytest.mark.parametrize("usb", [False, True], ids=["battery", "usb"])
def test_it_comes_back_as_its_flash_alone_would_make_it(twin, usb):
    """Clock for clock, at a clock that nothing is aligned to."""
    run_session(twin)
    if usb:
        twin.plug(True)
        twin.run_ms(3)
    twin.switch(False)
    kept, edges = twin.flash, len(twin.edges)
    twin.run_clocks(12_345_677)
    twin.switch(True)
    begin = twin.now
    assert twin.chip.rp2040.read_uint32(TIMERAWL) == 0
    twin.run_ms(700)
    again = [(clock - begin, *rest) for clock, *rest in twin.edges[edges:] if clock > begin]
    other = Twin(flash=kept)
    other.power_on(usb=usb)
    other.run_ms(700)
    assert again == [edge for edge in other.edges if edge[0] > 0] != []
    assert twin.state == other.state and twin.flash == other.flash
    if not usb:
        bring_up.reach(twin, READY, 1_000)
        before = twin.world.channels[0].total_nc
        bring_up.hold_start(twin)
        bring_up.press(twin, "UP", 1, 90, 100)
        assert twin.world.channels[0].total_nc > before > 0


def test_every_pin_falls_at_the_clock_of_the_cut_and_stays(twin):
    run_session(twin)
    twin.stick("CH2_A")
    high = {gpio for gpio, level in enumerate(twin.chip.pads.levels) if level}
    cut, edges, ours = twin.now, len(twin.edges), twin.chip
    twin.switch(False)
    assert {twin.world.gpio(role) for role in ("CH1_A", "CH2_A", "HV_EN", "INTERLOCK_N")} <= high
    assert set(twin.edges[edges:]) == {(cut, gpio, 0) for gpio in high}
    assert not twin.powered and twin.chip is not ours
    charge_nc = [channel.total_nc for channel in twin.world.channels]
    twin.press("UP", 20)
    twin.run_ms(500)
    assert len(twin.edges) == edges + len(high) and twin.now == cut + 500 * MS
    assert [channel.total_nc for channel in twin.world.channels] == charge_nc
    assert not any(twin.world.screen.ram)
    twin.switch(True)
    assert (twin.now, twin.world.gpio("CH2_A"), 1) in twin.edges, "a defect does not heal"


def test_a_comparator_pulls_nothing_without_its_supply(twin):
    """It holds the line for a while after a short; the power goes in that while."""
    run_session(twin)
    bring_up.press(twin, "UP", 5, 90, 250)
    twin.world.change_electrode(0, series_ohm=0.0)
    assert twin.run_until(lambda: twin.world.pulls("SHORT_N"), 100, 0.1)
    twin.switch(False)
    twin.world.change_electrode(0, series_ohm=500.0)
    twin.run_ms(1)
    twin.switch(True)
    assert not twin.world.pulls("SHORT_N")
    bring_up.reach(twin, READY, 5_000)


def test_what_is_held_and_plugged_stays_so(twin):
    """SELECT held while it is switched on is the way to service mode."""
    twin.world.pull_interlock("STOP loop", True)
    twin.world.set_button("SELECT", True)
    twin.world.change_electrode(0, open=True)
    twin.switch(False)
    twin.plug(True)
    twin.run_ms(10)
    twin.switch(True)
    bring_up.reach(twin, SERVICE, 5_000)
    assert twin.world.pulls("STOP loop") and twin.electrodes[0].open
    assert twin.run_until(lambda: twin.usb.connected, 3_000)
    assert list(twin.world.down_since) == ["SELECT"]


def test_what_was_to_end_later_does_not_wake_the_next_device(twin):
    """A CPU that stands for a while, a sense line that is held for a while."""
    twin.freeze(40)
    twin.world.hold_sense(0, 500)
    twin.later(40, lambda: twin.world.hold_sense(0, None))
    twin.run_ms(5)
    twin.switch(False)
    twin.run_ms(100)
    assert twin.chip.loop.frozen and twin.state == 0
    twin.switch(True)
    bring_up.reach(twin, READY, 5_000)


def test_a_scenario_goes_on_through_it(tmp_path, prescription):
    """One timeline in every file; the session has a beginning in the journal, and no end."""
    path = scenario(
        tmp_path,
        6_000,
        event(2_300, "press", button="UP"),
        event(3_000, "power_off"),
        event(3_500, "power_on"),
    )
    told = player.run(path, tmp_path / "out")
    cut, back = (told["ready_clock"] + ms * MS for ms in (3_000, 3_500))
    rows = [row.split(",") for row in (tmp_path / "out" / "edges.csv").read_text().split()[1:]]
    edges = [(int(clock), role, int(level)) for clock, role, level in rows]
    assert [edge[0] for edge in edges[-500:]] == sorted(edge[0] for edge in edges[-500:])
    assert not [edge for edge in edges if cut < edge[0] < back]
    assert (cut, "HV_EN", 0) in edges and (back, "INTERLOCK_N", 1) in edges
    lines = (tmp_path / "out" / "journal.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    events = ["boot", "prescription", "boot", "start", "boot"]
    assert [one["e"] for one in records] == events and records[-1]["cause"] == "power"
    assert (told["exit_state"], told["trips"], told["resets"]) == ("READY", [], 0)
    assert told["1"]["pulses"] > 30 and told["1"]["delivered_uc"] > 0


def test_a_scenario_may_end_without_power(tmp_path, prescription):
    path = scenario(tmp_path, 1_000, event(900, "power_off"))
    assert player.run(path, tmp_path / "out")["exit_state"] == "OFF"


@pytest.mark.parametrize(
    "events,words",
    [
        ([event(200, "power_on")], "how the timeline begins"),
        ([event(200, "power_off"), event(300, "power_off")], "event 2 .power_off"),
        ([event(200, "power_off"), event(300, "freeze_cpu", for_ms=5)], "event 2 .power_off"),
        ([event(200, "power_off"), event(300, "poke", address=0, value=0)], "event 2 .power_off"),
        ([event(200, "forged")], "how the timeline begins"),
        ([event(200, "usb_plug"), event(300, "usb_unplug"), event(400, "forged")], "event 3 .usb"),
    ],
)
def test_what_needs_power_or_a_cable_is_refused_without(tmp_path, prescription, events, words):
    with pytest.raises(BadUsage, match=f"clashes with {words}"):
        scenario_file.read(scenario(tmp_path, 5_000, *events))
