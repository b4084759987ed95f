"""Captures that begin anywhere in a train, hold several, or of a program whose pulses differ; the
trigger, the interlock and a frozen CPU.
"""

import json
from fractions import Fraction

import capture_files as files
import numpy as np
import prescribed
import pytest
import rig
from capture_files import Analyser
from captures_of import OFFSET_US, toml
from preset_facts import FACTS

from evenpulse.capture import asked
from stimcore import prescription

US, MS = 1_000.0, 1_000_000.0
BURST = {"phase_us": 150, "gap_us": 50, "burst": {"pulses": 7, "inner_pps": 100, "per_s": 4},
         "offset_us": OFFSET_US}  # fmt: skip
SWEEP = {"gap_us": 50, "sweep": {"rate_pps": [125, 20], "phase_us": [100, 200], "period_s": 3},
         "offset_us": OFFSET_US}  # fmt: skip
RAMP = {"phase_us": 300, "gap_us": 100, "rate_pps": 75.5, "ramp": "phase", "ramp_up_s": 0.5,
        "ramp_down_s": 0.2, "on_s": 1, "off_s": 1, "offset_us": OFFSET_US}  # fmt: skip
STEADY = {"phase_us": 200, "gap_us": 100, "rate_pps": 33.3, "offset_us": OFFSET_US}
TRIGGER = {"phase_us": 200, "gap_us": 50, "rate_pps": 100, "trigger": True}
PROGRAMS = {"burst": BURST, "sweep": SWEEP, "ramp": RAMP, "steady": STEADY, "trigger": TRIGGER}


MID_TRAIN_S = (0.0, 0.3, 0.77, 1.618)


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(
        *[{"name": name, "channels": [1, 2], "minutes": 5, **one} for name, one in PROGRAMS.items()]
    )


def _session(flash, name, do):
    twin = rig.running(flash, select=list(PROGRAMS).index(name))
    do(twin)
    return files.from_start(twin)


@pytest.fixture(scope="module")
def waves(flash):
    """{program: waves of some seconds}; steady: with a pause; trigger: begun by TRIG_IN."""

    def paused(twin):
        twin.run_ms(1_500)
        twin.press("START", 60)
        twin.run_ms(2_400)
        twin.press("START", 1_100)
        twin.run_ms(1_400)

    def triggered(twin):
        twin.run_ms(80)
        twin.chip.pads.switch(rig.gpio(twin, "TRIG_IN"), 1)
        twin.run_ms(500)

    ways = {"steady": paused, "trigger": triggered, "sweep": lambda twin: twin.run_ms(4_500)}
    plain = lambda twin: twin.run_ms(2_500)  # noqa: E731
    return {name: _session(flash, name, ways.get(name, plain)) for name in PROGRAMS}


@pytest.fixture
def verify(run, tmp_path):
    def _verify(waves, name, *options, analyser=None, names=None):
        rx = tmp_path / "rx.toml"
        rx.write_text(toml(PROGRAMS[name]))
        path = files.write(tmp_path, "vcd", analyser or Analyser(100e6), waves, names)
        done = run("verify", rx, path, "--json", *options)
        return done.code, json.loads(done.out), done.err

    return _verify


def cut(waves, from_ns, until_ns=None):
    """What an analyser sees that is started later, in the middle of something."""
    until_ns = until_ns or waves.end_ns
    first = {r: waves.first[r] ^ sum(t < from_ns for t in ns) & 1 for r, ns in waves.ns.items()}
    ns = {r: [t - from_ns for t in ns if from_ns <= t < until_ns] for r, ns in waves.ns.items()}
    return files.Waves(ns, first, until_ns - from_ns)


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_asked_is_what_the_fact_sheet_has(name):
    """Against the oracle of the tests of the pulse machine, over some minutes."""
    written = {"name": "x", "ramp_up_s": 2, "ramp_down_s": 1, **PROGRAMS[name]}
    _same(written, 6_000)


@pytest.mark.parametrize("name", FACTS)
def test_every_preset_is_asked_as_the_fact_sheet_has_it(name):
    _same({**FACTS[name]["program"], "gap_us": 50, "name": "x"}, 3_000)


def _same(written, pulses):
    exact = {key: _fraction(value) for key, value in written.items()}
    wanted = prescribed.program_pulses(exact, pulses)
    rx = prescription.from_toml_dict(rig.document({"channels": [1], "minutes": 5, **written}))
    got = asked.first_pulses(rx["programs"][0], pulses)
    assert (got.starts // 1_000_000).tolist() == [one.start_us for one in wanted]
    assert (got.phases // 1_000_000).tolist() == [one.phase_us for one in wanted]
    steps = np.diff(got.starts)
    assert asked.longest_step_ps(rx["programs"][0]) >= steps.max()


def _fraction(value):
    if isinstance(value, dict):
        return {key: _fraction(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_fraction(one) for one in value]
    return Fraction(str(value)) if isinstance(value, float) else value


@pytest.mark.parametrize("begin_s", MID_TRAIN_S)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_capture_may_begin_anywhere(waves, verify, name, begin_s):
    if begin_s > 0.4 and name == "trigger":
        begin_s = 0.0501
    for analyser in (Analyser(24e6, ppm=-35), Analyser(500e6)):
        code, told, err = verify(cut(waves[name], begin_s * 1e9), name, analyser=analyser)
        assert code == 0, (analyser, err)
        assert told["clocks"]["1"]["pulses"] > 10


def test_a_pause_is_told_and_is_no_fault(waves, verify):
    code, told, _ = verify(waves["steady"], "steady")
    assert code == 0 and told["clocks"]["1"]["trains"] == told["clocks"]["2"]["trains"] == 2
    assert sum("a new train begins at" in note for note in told["notes"]) == 2


def test_found_pulses_missing_from_a_burst(waves, verify):
    planted = files.without(files.without(waves["burst"], 1, [9]), 1, [20, 21])
    code, told, err = verify(planted, "burst")
    (mine,) = [one for one in told["findings"] if one["channel"] == 1]
    assert code == 1 and mine["what"] == "pulses missing" and mine["times"] == 3, err


def test_found_a_pulse_of_a_burst_that_is_late(waves, verify):
    code, told, _ = verify(files.late(waves["burst"], 2, [16], 750), "burst")
    mine = [one for one in told["findings"] if one["what"] == "start of pulse k"]
    assert code == 1 and [one["channel"] for one in mine] == [2]
    assert abs(mine[0]["size_ns"] - 750) <= mine[0]["unsure_ns"]


def test_found_a_phase_of_a_sweep_that_is_a_microsecond_long(waves, verify):
    code, told, _ = verify(files.move(waves["sweep"], "CH1_B", [101], US), "sweep")
    assert code == 1 and {one["what"] for one in told["findings"]} == {
        "phase B",
        "phase B less phase A",
    }
    for one in told["findings"]:
        assert abs(one["size_ns"] - US) <= one["unsure_ns"] and one["times"] == 1


def test_found_a_pulse_missing_from_a_sweep_and_from_a_ramp(waves, verify):
    for name in ("sweep", "ramp"):
        code, told, err = verify(files.without(waves[name], 2, [40]), name)
        assert code == 1, err
        assert [(one["what"], one["times"]) for one in told["findings"]] == [("pulses missing", 1)]


def test_found_another_program_than_the_one_that_was_played(waves, verify):
    for played, held in (("burst", "steady"), ("sweep", "burst"), ("ramp", "sweep")):
        code, _, err = verify(waves[played], held)
        assert code == 1 and "not as prescribed" in err


def test_the_trigger_is_measured(waves, verify):
    code, told, _ = verify(waves["trigger"], "trigger", analyser=Analyser(500e6))
    t5 = told["contract"]["T5"]
    # 4 clocks on the twin (the bench measures them), seen through a grid of 2 ns.
    assert code == 0 and t5["ok"] and abs(t5["ns"] - 32) <= t5["unsure_ns"] and t5["count"] == 2


def test_found_a_train_that_comes_late_after_the_trigger(waves, verify):
    early = files.move(waves["trigger"], "TRIG_IN", [0], -1_500)
    code, told, err = verify(early, "trigger")
    (mine,) = told["findings"]
    assert code == 1 and mine["what"] == "TRIG_IN to the first edge"
    assert abs(mine["size_ns"] - 1_532) <= mine["unsure_ns"] and "at most 1000 ns" in err


def test_a_frozen_cpu_is_measured_from_its_mark(flash, verify):
    """SWCLK of a debug probe, say: its first edge is where the CPU was halted."""
    twin = rig.running(flash, select=list(PROGRAMS).index("steady"))
    twin.run_ms(400)
    at = twin.now
    twin.freeze()
    twin.run_ms(200)
    waves = files.from_start(twin)
    ends = max(waves.ns["HV_EN"])
    mark = files.NS_PER_CLOCK * at - (files.NS_PER_CLOCK * twin.now - waves.end_ns)
    for extra_ms in (0, 60):
        waves.ns["FREEZE"], waves.first["FREEZE"] = [mark - extra_ms * MS, mark + 2 * MS], 0
        names = {**files.SAME_NAMES, "FREEZE": "D7"}
        code, told, _ = verify(waves, "steady", "--pin", "FREEZE=D7", names=names)
        i2 = told["contract"]["I2"]
        assert abs(i2["ns"] - (ends - mark + extra_ms * MS)) <= i2["unsure_ns"] + 10 * US
        assert (code, i2["ok"]) == ((0, True) if not extra_ms else (1, False))


def test_found_an_interlock_that_nothing_obeys(flash, verify):
    """The line is low, and the train goes on."""
    waves = _session(flash, "steady", lambda twin: twin.run_ms(900))
    waves.ns["INTERLOCK_N"] = [*waves.ns["INTERLOCK_N"], waves.ns["CH1_A"][20] + 50 * US]
    code, told, err = verify(waves, "steady")
    kinds = {one["what"] for one in told["findings"]}
    assert code == 1 and "an output is high while INTERLOCK_N is low" in kinds, err
    assert "INTERLOCK_N to the last output low" in kinds and not told["contract"]["I1"]["ok"]


def test_a_pulse_that_stop_cuts_is_no_fault_where_the_line_is_seen(flash, verify):
    def stopped(twin):
        twin.run_ms(700)
        leg = rig.gpio(twin, "CH1_A")
        while not twin.chip.pads.levels[leg]:
            twin.run_clocks(2_000)
        # Well into phase A: what is shorter than 10 us would be a glitch.
        twin.run_clocks(6_000)
        twin.press("STOP", 60)
        twin.run_ms(50)

    waves = _session(flash, "steady", stopped)
    code, told, err = verify(waves, "steady")
    assert code == 0, err
    assert any("cut by INTERLOCK_N" in note for note in told["notes"])
    code, told, _ = verify(waves, "steady", names=files.LEGS)
    assert code == 1 and {one["what"] for one in told["findings"]} == {"a phase alone"}
