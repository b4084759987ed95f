"""The twin of a page: frames tell the edges of `twin run` clock for clock, what hands did is a
scenario that replays to the same bytes, and what cannot be done is told.
"""

import base64
import random
from decimal import Decimal

import pytest
from hands import START_MS, UP_MS, Watched, random_hands, replayed, same

from evenpulse.base.errors import Problem
from evenpulse.prescription import file as prescription
from evenpulse.twin import clinic
from evenpulse.twin.twin import CLOCKS_PER_MS
from evenpulse.web import begin
from evenpulse.web.machine import FACTORS, Machine


def test_a_session_in_frames_is_the_session_of_twin_run(machine, rx_file, tmp_path):
    one = Watched(machine)
    one.run(50)
    one.press("START", START_MS)
    one.run(300)
    for _ in range(3):
        one.press("UP", UP_MS)
        one.run(250)
    assert one.now["state"] == "RUNNING" and one.now["lights"]["OUTPUT"]
    assert one.now["pulses"][0]["ma"] == pytest.approx(3, abs=0.05)
    machine.act("lead_off", {"channel": 1})
    one.run(200)
    machine.act("lead_on", {"channel": 1})
    one.press("STOP", 120)
    one.run(1_500)
    assert one.now["state"] == "FAULT" and one.now["trip"]["reason"] == "stop_pressed"
    assert one.now["trip"]["layer"] == "guard" and one.now["trip"]["after_us"] < 1
    seen = same(one, replayed(machine, rx_file, tmp_path / "replay"))
    assert sum(role == "CH1_A" and level for _, role, level in seen) > 70


@pytest.mark.parametrize("seed", range(2))
def test_random_hands_replay_to_the_same_edges_and_journal(machine, rx_file, tmp_path, seed):
    """`make test-web` does 20."""
    random_hands(machine, rx_file, tmp_path / "replay", random.Random(seed))


def test_what_is_down_still_is_in_the_recording(machine):
    one = Watched(machine)
    machine.act("down", {"button": "UP"})
    one.run(33)
    assert one.now["down"]["UP"] == machine.ready_clock, "since when, for the ring"
    assert 'button = "UP"\nfor_ms = 33.0' in machine.toml()
    machine.let_go_all()
    one.look()
    assert one.now["down"] == {}


@pytest.mark.parametrize(
    "do,parameters,words",
    [
        (None, {}, "no name"),
        ("down", {"button": "SIREN"}, "no button"),
        ("down", {"button": ["UP"]}, "no button"),
        ("down", {}, "other parameters"),
        ("up", {"button": "UP", "more": 1}, "other parameters"),
        ("pace", {"factor": "quick"}, "not a number"),
        ("pace", {"factor": FACTORS[1] * 2}, "outside"),
        ("pace", {"factor": -1}, "outside"),
        ("pace", {"factor": float("nan")}, "outside"),
        ("load", {"channel": 3, "ohm": 500}, "not known"),
        ("load", {"channel": 1, "ohm": 1e9}, "not a number"),
        ("load", {"channel": 1, "ohm": 10**9}, "outside its range"),
        ("supply_mv", {"mv": "5"}, "not a whole number"),
        ("stop_close", {}, "clashes"),
        ("poke", {"address": 0, "value": 0}, "not done from a page"),
        ("at_ms", {}, "not an event"),
        ("lead_off", {"at_ms": 5, "do": "poke", "channel": 9}, "not known"),
    ],
)
def test_what_cannot_be_done_is_a_problem_and_nothing_happens(machine, do, parameters, words):
    before, now = machine.frames.whole(), machine.desk.twin.now
    with pytest.raises(Problem, match=words):
        machine.act(do, dict(parameters))
    assert machine.recording.acts == [] and machine.desk.twin.now == now
    assert machine.frames.whole() == before


def test_time_stands_goes_slowly_and_by_one_pulse(machine):
    one = Watched(machine)
    one.press("START", START_MS)
    one.run(300)
    count = one.now["pulses"][0]["count"]
    machine.act("step", {})
    one.look()
    assert one.now["pace"]["wanted"] == 0 and not machine.pace.is_due()
    assert one.now["pulses"][0]["count"] == count + 1
    machine.act("pace", {"factor": 0.001})
    assert machine.pace.slice_ms == pytest.approx(0.016)
    machine.attended(False)
    assert not machine.pace.is_due() and machine.frames.whole()["pace"]["wanted"] == 0.001


def test_the_power_goes_in_a_session_and_comes_back(machine, rx_file, tmp_path):
    """A finger stays on SELECT: the device comes up in service mode, as one would."""
    one = Watched(machine)
    one.press("START", START_MS)
    one.run(100)
    one.press("UP", UP_MS)
    one.run(100.001)
    assert one.now["state"] == "RUNNING" and one.now["lights"]["OUTPUT"]
    machine.act("power_off", {})
    one.look()
    assert one.now["state"] == "OFF" and not any(one.now["lights"].values())
    assert not one.now["plugs"]["power"] and one.now["pulses"][0]["ma"] == 0
    assert not any(base64.b64decode(one.now["screen"])) and not one.now["view"][0]
    machine.act("down", {"button": "SELECT"})
    edges = len(one.edges)
    one.run(150)
    assert len(one.edges) == edges and "SELECT" in one.now["down"]
    with pytest.raises(Problem, match="clashes with event 3 .power_off"):
        machine.act("freeze_cpu", {"for_ms": 3})
    machine.act("power_on", {})
    one.run(900, 50)
    assert one.now["state"] == "SERVICE"
    machine.act("up", {"button": "SELECT"})
    same(one, replayed(machine, rx_file, tmp_path / "replay"))


def test_a_press_is_told_to_the_millisecond(machine):
    one = Watched(machine)
    one.press("UP", 12.5)
    one.look()
    (act,) = machine.recording.acts
    # An act takes a microsecond, so that no two are at one clock.
    assert act["for_ms"] == Decimal("12.501") and act["at_ms"] == 0


STEPS = begin.tour(begin.TOUR / "prescription.toml", "nmes2")
# What each step comes to: the state at its end, why it stopped on the way, which layer did it.
COMES_TO = {
    "1-first-session": ("RUNNING", None, None),
    "2-lead-off": ("READY", "lead_off", "firmware"),
    "3-stop": ("FAULT", "stop_pressed", "guard"),
    "4-usb": ("FAULT", "usb_power", "firmware"),
    "5-frozen-cpu": ("FAULT", "watchdog", "deadman"),
    "6-stuck-leg": ("FAULT", "width", "monitor"),
    "7-forged": ("READY", None, None),
    "8-full-day": ("READY", None, None),
}
# Between two pulses a leg that stays high is seen by its sample, in one by its monitor: when it
# comes depends on the rounds of the firmware.
OR_ELSE = {"6-stuck-leg": ("FAULT", "registers", "firmware")}


@pytest.fixture(scope="module")
def guide():
    rx = prescription.read(begin.TOUR / "prescription.toml", "nmes2")
    made = Machine("nmes2", rx, None, STEPS)
    yield made
    made.close()


# Of those whose trip is told: what was done.
CAUSES = {
    "2-lead-off": {"do": "lead_off", "channel": 1},
    "3-stop": {"do": "press", "button": "STOP"},
}


def toured(guide, step):
    """A step of the tour, watched to its end; and how many records there were before."""
    guide.act("tour", {"step": step})
    one = Watched(guide)
    records = len(one.journal)
    one.run(STEPS[step].until_clock / CLOCKS_PER_MS, 50)
    return one, records


def comes_to_what_it_tells_of(one, step):
    trip = one.now["trip"] or {"reason": None, "layer": None}
    came_to = (one.now["state"], trip["reason"], trip["layer"])
    assert came_to in (COMES_TO[step], OR_ELSE.get(step))
    assert one.now["playing"] == 0 and one.now["acts"] == len(STEPS[step].events)


@pytest.mark.parametrize("step", [step for step in STEPS if step not in ("7-forged", "8-full-day")])
def test_a_step_of_the_tour_comes_to_what_it_tells_of_and_names_what_was_done(guide, step):
    one, _ = toured(guide, step)
    comes_to_what_it_tells_of(one, step)
    if step in CAUSES:
        assert one.now["trip"]["cause"] == CAUSES[step] and one.now["trip"]["after_us"] < 25_000


def test_on_a_full_day_the_fourth_session_is_not_begun(guide):
    """Three of three; each had its rest, and time went on by the device's own clock."""
    one, records = toured(guide, "8-full-day")
    comes_to_what_it_tells_of(one, "8-full-day")

    def begun():
        return [record["event"] for record in one.journal[records:]].count("start")

    assert begun() == 3
    for _ in range(23):
        guide.act("advance", {"minutes": 60})
        one.run(100, 50)
    one.press("START", 1_500)
    one.run(2_000, 50)
    assert begun() == 4, "and on the next day it is"


def test_a_forged_prescription_is_refused_by_the_device_itself(guide):
    in_force = held(guide.twin)
    one, records = toured(guide, "7-forged")
    comes_to_what_it_tells_of(one, "7-forged")
    (told,) = [record for record in one.journal[records:] if record["event"] == "refused"]
    assert told["fields"] == [["why", "signature", ""]]
    assert one.now["refusal"] == "signature"
    assert held(guide.twin) == in_force != b"\xff" * len(in_force)
    guide.act("usb_unplug", {})
    one.run(50)
    assert one.now["refusal"] == "", "told while its cable is in"


def test_what_is_refused_is_the_signature(guide, monkeypatch):
    """The same line, signed by the clinic: it waits for a person."""
    monkeypatch.setattr(clinic, "others_key", clinic.key)
    one, _ = toured(guide, "7-forged")
    assert one.now["plugs"]["usb"] and one.now["refusal"] == ""
    assert "refused" not in [record["event"] for record in one.journal]


def held(twin):
    """The device's store of prescriptions."""
    at, size = twin.board["PRESCRIPTION_OFFSET"], twin.board["PRESCRIPTION_BYTES"]
    return twin.flash[at : at + size]


def test_a_step_is_taken_over_by_whoever_touches_something(guide):
    guide.act("tour", {"step": "3-stop"})
    one = Watched(guide)
    one.run(2_000, 50)
    done = one.now["acts"]
    guide.act("supply_mv", {"mv": 4_900})
    one.run(4_500, 50)
    assert one.now["playing"] == 0 and one.now["acts"] == done + 1
    assert one.now["trip"] is None, "its STOP did not come"
    with pytest.raises(Problem, match="no step"):
        guide.act("tour", {"step": "../guard"})


def test_another_prescription_has_no_tour(machine, rx_file):
    assert machine.frames.whole()["tour"] == [] and begin.tour(rx_file, "nmes2") == {}
    assert begin.tour(begin.TOUR / "prescription.toml", "bench") == {}
