"""Parts broken one at a time, two loads: with the interlock nothing unsafe; without it these
are.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evenpulse.analog import breaking, cases, campaign
from evenpulse.looped import chosen

KEPT = Path(__file__).with_name("kept.json")

LOADS = ("500 Ω", "1 kΩ and dry skin")
# (fault, moment): whether it is unsafe when nobody reacts.
FAULTS = {
    ("M_la short drain to source", "rest"): True,
    ("M_lb short drain to source", "phase A"): True,
    ("M_oa short drain to source", "rest"): True,
    ("M_ob short drain to source", "gap"): True,
    ("M_sa short drain to source", "rest"): True,
    ("M_sb short drain to source", "phase A"): True,
    ("X_set stuck high", "phase A"): True,
    ("X_ia stuck high", "rest"): True,
    ("X_ib stuck high", "rest"): True,
    ("X_mb stuck high", "rest"): None,
    ("R_set short", "rest"): True,
    ("R_f3 open", "rest"): True,
    ("R_f2 short", "rest"): True,
    ("R_2a short", "phase A"): True,
    ("Q_s short collector to emitter", "rest"): True,
    ("R_set half", "always"): True,
    ("R_set double", "always"): None,
    ("R_1a double", "always"): True,
    ("R_2b double", "always"): True,
    ("M_la gate open", "rest"): None,
    ("M_la short drain to gate", "rest"): None,
    ("M_lb short gate to source", "rest"): None,
    ("M_sw short drain to source", "rest"): None,
    ("D_la open", "rest"): None,
    ("D_lb short", "rest"): None,
    ("C_sa short", "rest"): None,
    ("C_sb open", "rest"): None,
    ("C_gla short", "rest"): None,
    ("C_hv short", "rest"): None,
    ("X_mux stuck at leg A", "rest"): None,
    ("X_iso stuck at 0", "rest"): None,
    ("X_iso stuck at full scale", "rest"): None,
    ("X_fly not regulated", "always"): None,
    ("X_dc output open", "rest"): None,
    ("X_ref 10 % high", "always"): None,
    ("X_oca output open", "rest"): None,
    ("X_sc stuck low", "rest"): None,
    ("R_sna open", "rest"): None,
    ("R_snb short", "rest"): None,
    ("supplies 3.3 V +10 %", "always"): None,
}


@pytest.fixture(scope="module")
def played(circuit, drive):
    """All of them, each at both loads, 40 mA."""
    faults = {fault.name: fault for fault in breaking.faults(circuit)}
    chosen = [
        cases.Case(faults[name], moment, load, 40.0) for name, moment in FAULTS for load in LOADS
    ]
    rows = campaign.run(circuit, drive, chosen, jobs=1)
    return {row["case"]: row for row in rows}


def test_they_are_those_that_the_real_firmware_is_asked():
    assert list(FAULTS) == list(chosen.CHOSEN)


def of(played, name, moment):
    return [row for key, row in played.items() if key.startswith(f"{name} | {moment} | ")]


def test_what_is_kept_is_of_this_circuit_and_of_the_edges_of_this_firmware(circuit, drive):
    """Else: make analog-faults, then python -m evenpulse.analog check and keep."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert kept["of"] == campaign.fingerprint(circuit, drive)
    assert (
        campaign.fingerprint(circuit.with_(replace(circuit["R_set"], value="1")), drive)
        != kept["of"]
    )


def test_the_solver_had_an_answer_for_all(played):
    assert len(played) == len(FAULTS) * len(LOADS)
    assert [row["case"] for row in played.values() if "stopped" in row] == []


@pytest.mark.parametrize("name, moment", FAULTS, ids=lambda word: word.replace(" ", "-"))
def test_one_broken_part_harms_nobody(played, name, moment):
    for row in of(played, name, moment):
        assert row["with"]["unsafe"] == (), row


@pytest.mark.parametrize(
    "name, moment",
    [key for key, unsafe in FAULTS.items() if unsafe],
    ids=lambda w: w.replace(" ", "-"),
)
def test_it_would_when_nobody_reacted(played, name, moment):
    assert any(row["without"]["unsafe"] for row in of(played, name, moment))


def test_the_firmwares_pulses_alone_make_nobody_react(circuit, drive):
    sound = breaking.Fault("R_pp", "as it is", factor=1.0000001)
    for load in cases.LOADS:
        for ma in cases.AMPLITUDES_MA:
            row = cases.play(circuit, drive, cases.Case(sound, cases.ALWAYS, load, ma))
            assert (row["who"], row["with"]["unsafe"]) == ("", ()), row


def test_every_part_has_its_faults(circuit):
    broken = {fault.part for fault in breaking.faults(circuit)}
    parts = {element.name for element in circuit.elements}
    assert parts - broken == breaking.NO_PARTS and broken - parts == {breaking.SUPPLY}
    keys = [case.key for case in campaign.all_cases(circuit)]
    assert len(set(keys)) == len(keys)
