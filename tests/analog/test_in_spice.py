"""The circuit in ngspice: each fact of board.py, driven by edges that the firmware made on the
twin; and what the two barriers and the second shunt are for.
"""

from dataclasses import replace

import pytest

from evenpulse.analog import facts, facts_board, facts_stage, islands, monte_carlo, played, spice
from evenpulse.analog.bench import Bench
from evenpulse.analog.stimulus import Played
from evenpulse.base import boards
from evenpulse.base.errors import BadUsage, Problem

LEAST_FACTS = 35


@pytest.fixture(scope="module")
def rows(circuit, board, soldered, session):
    return {row.name: row for row in facts.measure(circuit, board, soldered, session)}


def test_every_fact_holds_in_the_circuit(rows):
    assert len(rows) >= LEAST_FACTS
    assert [row.words() for row in rows.values() if not row.holds] == []


@pytest.mark.parametrize(
    "fact",
    [
        "FULL_SCALE_UA",
        "COMPLIANCE_MV",
        "SENSE_NV_PER_UA",
        "SUPPLY_DIVIDER",
        "DEAD_TIME_US",
        "SHORT_HOLD_MS",
        "SINGLE_CURRENT_SOURCE",
    ],
)
def test_an_electrical_fact_of_the_board_has_its_row(rows, board, fact):
    assert fact in board and fact in rows


@pytest.mark.parametrize(
    "part, value, maker, broken",
    [
        ("R_set", "120", facts_stage.source, "FULL_SCALE_UA"),
        ("R_a2", "14k", facts_stage.sense, "SENSE_NV_PER_UA"),
        ("R_oc2", "1.8k", facts_board.interlock, "over-current threshold"),
    ],
)
def test_a_wrong_value_breaks_its_fact(circuit, board, session, part, value, maker, broken):
    other = circuit.with_(replace(circuit[part], value=value))
    rows = {row.name: row for row in maker(Bench(other, board, session))}
    assert not rows[broken].holds


def test_with_one_common_ground_one_channel_drives_the_other_electrode(circuit):
    tied = circuit.with_(replace(circuit["R_bar"], value="1"))
    one_ma, _other = islands.both(tied, 5, 40)
    assert abs(one_ma - 5) > 5


def test_without_the_barrier_mains_flows_through_the_patient(circuit):
    tied = circuit.with_(replace(circuit["R_bar"], value="1"))
    assert islands.mains_ua(tied, 2) > 10_000


def test_edges_of_another_board_are_refused(session):
    other = boards.load("zero1")
    with pytest.raises(BadUsage, match="edges.csv is not of board zero1"):
        Played(session._folder, other)


@pytest.mark.parametrize(
    "text", [None, "", "$var real 64 % CH2_AMP_duty $end\n", "$var real 64 % CH1_AMP_duty \n#1x\n"]
)
def test_waves_without_the_amplitude_are_no_amplitude_of_zero(session, tmp_path, text):
    (tmp_path / "edges.csv").symlink_to((session._folder / "edges.csv").resolve())
    if text is not None:
        (tmp_path / "waves.vcd").write_text(text)
    with pytest.raises(BadUsage, match="waves.vcd: its amplitude cannot be read"):
        Played(tmp_path, boards.load("nmes2")).duty(1, 10**12)


def test_a_pulse_that_was_not_played_is_refused(session):
    with pytest.raises(BadUsage, match="channel 1 has no pulse 100000"):
        session.drive(1, 100_000, played.END_S)


@pytest.mark.parametrize(
    "script, told",
    [
        (None, "ngspice is not there"),
        ("#!/bin/sh\necho '** ngspice-31 : Circuit'\n", "is not a version from 39 to 44"),
        ("#!/bin/sh\necho hello\n", "is not a version from 39 to 44"),
        ("#!/bin/sh\necho '** ngspice-45 : Circuit'\n", "is not a version from 39 to 44"),
        ("#!/bin/sh\nprintf '\\377\\376'\n", "is not a version from 39 to 44"),
        ("#!/no/such/shell\n", "does not say its version"),
        ("#!/bin/sh\nexec sleep 100\n", "does not say its version"),
    ],
)
def test_a_missing_or_strange_ngspice_is_one_error_with_what_to_run(
    tmp_path, monkeypatch, script, told
):
    monkeypatch.setattr(spice, "_VERSION_S", 0.5)
    program = tmp_path / "ngspice"
    if script:
        program.write_text(script)
        program.chmod(0o755)
    with pytest.raises(Problem) as no:
        spice.version(str(program))
    assert told in str(no.value) and "apt-get install ngspice" in str(no.value)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("#!/no/such/shell\n", "ngspice"),
        ("#!/bin/sh\nexit 3\n", "exit code 3"),
        ("#!/bin/sh\nexit 0\n", "ngspice stopped"),
        ("#!/bin/sh\necho junk > out.raw\n", "no waves that can be read"),
        ("#!/bin/sh\nprintf 'Binary:\\n123' > out.raw\n", "no waves that can be read"),
    ],
)
def test_an_ngspice_that_does_not_do_its_work_is_one_error(tmp_path, script, told):
    program = tmp_path / "ngspice"
    program.write_text(script)
    program.chmod(0o755)
    with pytest.raises(Problem, match=told):
        spice.run("* empty\n.end\n", str(program))


def test_a_deck_that_has_no_answer_is_one_error():
    with pytest.raises(spice.Stopped):
        spice.run("* bad\nV_a a 0 1\nD_a a 0 NOWHERE\n.tran 1u 1m\n.end\n")


def test_a_warm_build_gives_current(circuit, soldered):
    """Build 1 000 000 is at 39.6 °C, where the clamps of the op-amps once leaked it dead."""
    tolerances = {name: monte_carlo.percent(part) for name, part in soldered.items()}
    one = monte_carlo.build(circuit, tolerances, monte_carlo.A_SEED)
    assert one is not None and one.a_ma == pytest.approx(monte_carlo.LEVELS_MA, rel=0.1)
    assert one.calibrated_at_ma == pytest.approx(one.a_ma, rel=0.02)


def test_builds_go_on_where_they_were_stopped(circuit, soldered, tmp_path, monkeypatch):
    first = monte_carlo.A_SEED
    keep = tmp_path / "builds.jsonl"
    told = monte_carlo.run(circuit, soldered, [first], 1, keep)
    keep.write_text(keep.read_text() + '{"of": "cut sh')
    monkeypatch.setattr(monte_carlo, "build", print)
    assert monte_carlo.run(circuit, soldered, [first], 1, keep) == told


def test_a_model_that_the_heat_would_change_is_told(circuit):
    with pytest.raises(Problem, match="DCL"):
        monte_carlo.at_celsius("* no clamp\n.save v(a)\n", 40)
