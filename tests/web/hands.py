"""A machine whose time is run by hand, and what was done to it replayed by `twin run`."""

import json

import prescribed_once
from evenpulse.base.errors import Problem
from evenpulse.scenario import player, run_files

START_MS, UP_MS = 1_200, 90
# Of random hands: how many acts, and what they may be.
ACTS = 20
DOES = (
    *("down", "up", "lead", "usb", "load", "dry", "stop", "freeze", "supply"),
    *("power", "power", "forged"),
)


class Watched:
    """A machine whose time is run by hand: what its frames told, put together as a page does."""

    def __init__(self, machine):
        self.machine, self.edges, self.journal, self.n = machine, [], [], None
        self.whole = machine.frames.whole()
        self.now = dict(self.whole)
        self.journal += self.whole["journal"]

    def look(self):
        told = json.loads(json.dumps(self.machine.frames.next()))
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
    with prescribed_once.scenarios():
        player.run(folder / "scenario.toml", folder / "out")
    return folder / "out"


def same(watched, out):
    """Edges since READY, and every record as it lies in flash."""
    watched.look()
    rows = [line.split(",") for line in (out / "edges.csv").read_text().splitlines()[1:]]
    ready = watched.machine.ready_clock
    played = [(int(clock), role, int(level)) for clock, role, level in rows if int(clock) > ready]
    seen = [edge for edge in watched.edges if edge[0] > ready]
    assert seen == played
    machine, here = watched.machine, out.parent / "here"
    here.mkdir()
    run_files.write_journal(here, machine.twin, machine.info["serial"])
    (archive,) = here.glob("*.journal")
    assert archive.read_bytes() == (out / archive.name).read_bytes() != b""
    records = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    assert [(one["seq"], one["ms"], one["e"]) for one in records] == [
        (one["seq"], one["ms"], one["event"]) for one in watched.journal
    ]
    return seen


def random_hands(machine, rx_file, folder, chance):
    """Every act of a page in an order that chance gives, at clocks that no slice knows; then its
    replay, which must be the same.
    """
    one = Watched(machine)
    one.run(20)
    one.press("START", START_MS)
    for _ in range(ACTS):
        one.run(chance.uniform(1, 120), chance.uniform(0.3, 20))
        do = chance.choice(DOES)
        button = chance.choice(machine.frames.whole()["board"]["buttons"])
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
            "power": (f"power_{'off' if machine.twin.powered else 'on'}", {}),
            "forged": ("forged", {}),
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
    if machine.twin.powered:
        machine.act("power_off", {})
    one.run(chance.uniform(1, 90))
    machine.act("power_on", {})
    one.run(900, 50)
    one.press("START", START_MS)
    one.press("UP", UP_MS)
    one.run(200)
    same(one, replayed(machine, rx_file, folder))
