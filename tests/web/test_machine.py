"""The twin of a page: frames tell the edges of `twin run` clock for clock, what hands did is a
scenario that replays to the same bytes, and what cannot be done is told.
"""

import json
import random
from decimal import Decimal

import pytest

from evenpulse.base.errors import Problem
from evenpulse.prescription import file as prescription
from evenpulse.scenario import player
from evenpulse.twin.twin import CLOCKS_PER_MS
from evenpulse.web import begin
from evenpulse.web.machine import FACTORS, Machine

START_MS, UP_MS = 1_200, 90


class Watched:
    """A machine whose time is run by hand: what its frames told, put together as a page does."""

    def __init__(self, machine):
        self.machine, self.edges, self.journal, self.n = machine, [], [], None
        self.whole = machine.whole()
        self.now = dict(self.whole)
        self.journal += self.whole["journal"]

    def look(self):
        told = json.loads(json.dumps(self.machine.frame()))
        assert self.n is None or told["n"] == self.n + 1, "no frame is missing"
        self.n, clock = told["n"], told["from"]
        for step, code in zip(told.get("edges", [])[::2], told.get("edges", [])[1::2]):
            clock += step
            self.edges.append((clock, self.whole["roles"][str(code >> 1)], code & 1))
        self.journal += told.get("journal", [])
        self.now |= told
        return told

    def run(self, ms, slice_ms=7.0):
        while ms > 0:
            self.machine.desk.twin.run_ms(min(ms, slice_ms))
            ms -= slice_ms
            self.look()

    def press(self, button, ms):
        self.machine.act("down", {"button": button})
        self.run(ms)
        self.machine.act("up", {"button": button})


def replayed(machine, rx_file, folder):
    """The scenario of what was done, run by `twin run`: its folder."""
    folder.mkdir()
    (folder / "scenario.toml").write_text(machine.toml())
    (folder / "prescription.toml").write_text(rx_file.read_text())
    player.run(folder / "scenario.toml", folder / "out")
    return folder / "out"


def same(watched, out):
    """Edges since READY, and every record."""
    rows = [line.split(",") for line in (out / "edges.csv").read_text().splitlines()[1:]]
    ready = watched.machine.ready_clock
    played = [(int(clock), role, int(level)) for clock, role, level in rows if int(clock) > ready]
    seen = [edge for edge in watched.edges if edge[0] > ready]
    assert seen == played[: len(seen)] and len(played) - len(seen) <= 2
    records = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    assert [one["seq"] for one in records] == [one["seq"] for one in watched.journal]
    assert [(one["ms"], one["e"]) for one in records] == [
        (one["ms"], one["event"]) for one in watched.journal
    ]
    return seen


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


def test_random_hands_replay_to_the_same_edges_and_journal(machine, rx_file, tmp_path):
    """Every act of a page in an order that chance gives, at clocks that no slice knows."""
    chance = random.Random(1)
    one = Watched(machine)
    one.run(20)
    one.press("START", START_MS)
    for _ in range(25):
        one.run(chance.uniform(1, 120), chance.uniform(0.3, 20))
        do = chance.choice(("down", "up", "lead", "usb", "load", "dry", "stop", "freeze", "supply"))
        button = chance.choice(machine.whole()["board"]["buttons"])
        channel = {"channel": chance.choice((1, 2))}
        acts = {
            "down": ("down", {"button": button}),
            "up": ("up", {"button": button}),
            "lead": (chance.choice(("lead_off", "lead_on")), channel),
            "usb": (chance.choice(("usb_plug", "usb_unplug")), {}),
            "load": ("load", {**channel, "ohm": 900, "skin_ohm": 700, "skin_nf": 80}),
            "dry": ("dry", channel),
            "stop": (chance.choice(("stop_open", "stop_close")), {}),
            "freeze": ("freeze_cpu", {"for_ms": 3}),
            "supply": ("supply_mv", {"mv": chance.choice((4_100, 5_000))}),
        }
        try:
            machine.act(*acts[do])
        except Problem as problem:
            assert "clashes" in problem.what
    machine.let_go_all()
    one.run(50)
    # One after the other with no time between: a replay must do them in this order.
    machine.act("down", {"button": "UP"})
    one.run(40)
    machine.act("up", {"button": "UP"})
    machine.act("down", {"button": "DOWN"})
    one.run(40)
    machine.act("up", {"button": "DOWN"})
    one.run(900)
    same(one, replayed(machine, rx_file, tmp_path / "replay"))


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
    before, now = machine.whole(), machine.desk.twin.now
    with pytest.raises(Problem, match=words):
        machine.act(do, dict(parameters))
    assert machine.recording.acts == [] and machine.desk.twin.now == now
    assert machine.whole() == before


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
    assert not machine.pace.is_due() and machine.whole()["pace"]["wanted"] == 0.001


def test_a_recording_ends_where_the_power_goes(machine):
    one = Watched(machine)
    life = one.look().get("life") or one.now["life"]
    machine.act("power", {})
    one.run(900, 50)
    assert one.now["life"] == life + 1 and one.now["state"] == "READY"
    with pytest.raises(Problem, match="cannot be replayed"):
        machine.toml()


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
    "7-rest": ("RUNNING", None, None),
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


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_the_tour_comes_to_what_it_tells_of(guide, step):
    guide.act("tour", {"step": step})
    one = Watched(guide)
    one.run(STEPS[step].until_clock / CLOCKS_PER_MS, 50)
    trip = one.now["trip"] or {"reason": None, "layer": None}
    came_to = (one.now["state"], trip["reason"], trip["layer"])
    assert came_to in (COMES_TO[step], OR_ELSE.get(step))
    assert one.now["playing"] == 0 and one.now["acts"] == len(STEPS[step].events)


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
    assert machine.whole()["tour"] == [] and begin.tour(rx_file, "nmes2") == {}
    assert begin.tour(begin.TOUR / "prescription.toml", "bench") == {}
