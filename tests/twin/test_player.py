"""Whole runs: the real firmware, a prescription over the link, a session by its buttons, and faults
around it.
"""

import csv
import json

import prescribed_once
import pytest
import vcd_reader
from sample_scenarios import PRESCRIPTION, event, scenario

from evenpulse.base.errors import BadUsage
from evenpulse.scenario import player
from evenpulse.twin.states import ARMED, FAULT, READY, RUNNING

PHASE, GAP, PERIOD = 137 * 125, 61 * 125, 20_000 * 125
GUARDED = ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN")
MS = 125_000


@pytest.fixture
def play(tmp_path, prescription, firmware):
    def _play(until_ms, *events, out="out"):
        path = scenario(tmp_path, until_ms, *events)
        with prescribed_once.scenarios():
            return Run(player.run(path, tmp_path / out), tmp_path / out)

    return _play


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, firmware):
    """A session that goes up by a mA and is stopped, for those who only read its files."""
    folder = tmp_path_factory.mktemp("stopped")
    (folder / "pain.toml").write_text(PRESCRIPTION)
    path = scenario(folder, 2300, event(1800, "press", button="UP"), event(2100, "stop_open"))
    return Run(player.run(path, folder / "out"), folder / "out")


class Run:
    """Outputs of one run, read back from its files."""

    def __init__(self, summary, folder):
        self.summary, self.folder = summary, folder
        with (folder / "edges.csv").open() as file:
            self.edges = [
                (int(row["clock"]), row["pin"], int(row["level"])) for row in csv.DictReader(file)
            ]
        self.ready = summary["ready_clock"]

    def of(self, pin):
        return [(clock, level) for clock, name, level in self.edges if name == pin]

    def level(self, pin, clock):
        return [level for at, level in self.of(pin) if at <= clock][-1]

    def off_after(self, clock):
        """Clocks from `clock` until the last of the guarded pins is low for good."""
        assert all(self.of(pin)[-1][1] == 0 for pin in GUARDED)
        return max(self.of(pin)[-1][0] for pin in GUARDED) - clock


def test_a_session_leaves_exact_pulses(play):
    run = play(3000, event(1800, "press", button="UP"), event(2300, "press", button="UP"))
    assert json.loads((run.folder / "summary.json").read_text()) == run.summary
    for channel in (1, 2):
        leg_a, leg_b = run.of(f"CH{channel}_A")[1:], run.of(f"CH{channel}_B")[1:]
        rises = [clock for clock, level in leg_a if level]
        assert len(rises) > 60
        assert {after - before for before, after in zip(rises, rises[1:])} == {PERIOD}
        for edges, start in ((leg_a, 0), (leg_b, PHASE + GAP)):
            whole = [clock for clock, _ in edges][: 2 * len(rises) - 2]
            assert whole == [rise + start + extra for rise in rises[:-1] for extra in (0, PHASE)]
        counted = run.summary[str(channel)]
        assert abs(counted["pulses"] - len(rises)) <= 1 and counted["imbalance_clocks"] == 0
        assert 0.9 < counted["peak_ma"] < 3
    assert [c for c, level in run.of("CH1_A") if level] == [
        c for c, level in run.of("CH2_A") if level
    ]
    assert (run.summary["board"], run.summary["exit_state"], run.summary["trips"]) == (
        "nmes2",
        "RUNNING",
        [],
    )
    assert run.summary["simulated_s"] == pytest.approx((run.ready + 3000 * MS) / 125e6)
    journal = [json.loads(line) for line in (run.folder / "journal.jsonl").read_text().splitlines()]
    assert all(record["linked"] for record in journal) and len(journal) >= 3
    assert len(list(run.folder.glob("screen-*.png"))) >= 2


def test_the_same_scenario_gives_the_same_edges(play, tmp_path, prescription):
    """Also when its prescription comes over the link each time."""
    path = scenario(tmp_path, 2200, event(1800.5, "press", button="UP"))
    first, second = (
        Run(player.run(path, tmp_path / out), tmp_path / out) for out in ("first", "second")
    )
    again = play(2200, event(1800.5, "press", button="UP"), out="again")
    assert again.edges == first.edges
    assert first.edges == second.edges
    assert (first.folder / "waves.vcd").read_text() == (second.folder / "waves.vcd").read_text()


def test_stop_in_the_middle_of_a_phase_is_off_within_eight_clocks(play):
    """The interlock line falls 60 µs into a phase of 137 µs; where that is, an undisturbed run
    has told.
    """
    calm = play(2200, out="calm")
    rise = [clock for clock, level in calm.of("CH1_A") if level][-3]
    at = rise + 60 * 125
    run = play(
        2200, event(f"{(at - calm.ready) / MS:.6f}", "stop_open").replace('"', "", 2), out="stopped"
    )
    assert run.of("INTERLOCK_N")[-1] == (at, 0)
    assert run.level("CH1_A", at - 1) == 1
    assert 0 < run.off_after(at) <= 8
    (trip,) = run.summary["trips"]
    assert (trip["cause"], trip["cause_clock"]) == ("stop_open", at)
    # The next round begins within 10 ms, and has read and judged some 4 ms later
    assert at < trip["cut_clock"] <= at + 8 < trip["noticed_clock"] <= at + 15 * MS
    assert run.summary["exit_state"] == "FAULT"
    assert run.summary["1"]["imbalance_clocks"] == run.of("CH1_A")[-1][0] - rise


@pytest.mark.parametrize(
    "fault", ["freeze_cpu", "crash exception", "crash hardfault", "soft_reset"]
)
def test_whatever_happens_to_the_cpu_the_outputs_go_off(play, fault):
    do, _, kind = fault.partition(" ")
    run = play(3500, event(2000, do, **({"kind": kind} if kind else {})))
    assert run.level("HV_EN", run.ready + 2000 * MS - 1) == 1
    assert 0 < run.off_after(run.ready + 2000 * MS) <= 100 * MS
    assert run.summary["resets"] == {"freeze_cpu": 1, "crash hardfault": 1}.get(
        fault, run.summary["resets"]
    )


def test_usb_in_therapy_ends_it(play):
    run = play(2600, event(2000, "usb_plug"))
    assert run.of("VBUS_SENSE")[-1] == (run.ready + 2000 * MS, 1)
    assert 0 < run.off_after(run.ready + 2000 * MS) <= 100 * MS
    assert run.summary["trips"][0]["reason"] == "usb_power"


def test_a_lead_that_is_off_takes_no_charge(play):
    run = play(2600, event(1700, "press", button="UP"), event(1, "lead_off", channel=2))
    assert run.summary["1"]["delivered_uc"] > 0
    assert (run.summary["2"]["delivered_uc"], run.summary["2"]["peak_ma"]) == (0, 0)
    assert run.summary["2"]["pulses"] > 20


def test_overcurrent_pulls_the_line_for_ten_microseconds_and_trips(play):
    run = play(2300, event(2000, "overcurrent"))
    at = run.ready + 2000 * MS
    assert (at, 0) in run.of("INTERLOCK_N") and run.off_after(at) <= 8


def test_vcd_carries_every_edge_to_the_clock(stopped):
    run = stopped
    read = vcd_reader.read((run.folder / "waves.vcd").read_text())
    assert (read.timescale, read.end_ns % 8) == ("1 ns", 0)
    assert all(clock_ns % 8 == 0 for changes in read.signals.values() for clock_ns, _ in changes)
    by_name = {path.split(".")[-1]: changes for path, changes in read.signals.items()}
    assert len(by_name) == len(read.signals), "a name in two scopes"
    for pin in {pin for _, pin, _ in run.edges}:
        assert [(at // 8, value) for at, value in by_name[pin]] == [
            (clock, str(level)) for clock, level in run.of(pin)
        ]
    assert read.end_ns == round(run.summary["simulated_s"] * 1e9)


def test_vcd_has_a_scope_for_each_group_and_says_what_it_is_of(stopped):
    run = stopped
    read = vcd_reader.read((run.folder / "waves.vcd").read_text())
    scopes = {}
    for path in read.signals:
        board, scope, name = path.split(".")
        scopes.setdefault(scope, []).append(name)
        assert board == "nmes2"
    assert scopes["channel_1"] == ["CH1_A", "CH1_B", "CH1_AMP", "CH1_AMP_duty", "CH1_set_mA"]
    assert scopes["interlock"] == ["HV_EN", "INTERLOCK_N", "SHORT_N"] and scopes["session"] == [
        "state",
        "reason",
    ]
    assert scopes["buttons"] == ["BTN_START", "BTN_STOP", "BTN_UP", "BTN_DOWN", "BTN_SELECT"]
    assert "other" not in scopes, "every role of the board has a group"
    comment = " ".join(read.comments)
    assert all(
        word in comment
        for word in (
            "board nmes2",
            run.summary["firmware"]["sha256"],
            "3 RUNNING",
            "11 lead_off",
            "8 ns",
        )
    )
    states = [int(value, 2) for _, value in read.signals["nmes2.session.state"]]
    started = [READY, ARMED, RUNNING]
    assert states[-1] == FAULT and [state for state in states if state in started] == started
    assert max(
        float(value) for _, value in read.signals["nmes2.channel_1.CH1_set_mA"]
    ) == pytest.approx(1, abs=0.025)


def test_the_save_file_shows_signals_that_are_there(stopped):
    run = stopped
    read = vcd_reader.read((run.folder / "waves.vcd").read_text())
    rows = (run.folder / "waves.gtkw").read_text().splitlines()
    assert rows[0] == '[dumpfile] "waves.vcd"' and f"[timestart] {run.ready * 8}" in rows
    shown = [row.removesuffix("[7:0]") for row in rows if row.startswith("nmes2.")]
    assert set(shown) <= set(read.signals) and len(shown) == len(set(shown))
    assert {
        "nmes2.channel_1.CH1_A",
        "nmes2.channel_2.CH2_set_mA",
        "nmes2.interlock.INTERLOCK_N",
        "nmes2.session.state",
    } <= set(shown)
    assert not any("OLED" in row for row in shown)


def test_an_out_folder_that_is_a_file_is_refused_before_the_run(play, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(BadUsage, match="is a file"):
        play(2000)
    assert (tmp_path / "out").read_text() == "mine"


def test_old_files_of_ours_go_and_others_stay(play, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "screen-099.png").write_text("old")
    (out / "notes.txt").write_text("mine")
    play(200)
    assert not (out / "screen-099.png").exists() and (out / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.glob(".out-*"))
