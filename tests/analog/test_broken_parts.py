"""Parts broken one at a time, two loads: with the interlock nothing unsafe; without it these
are.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from evenpulse.analog import breaking, campaign, cases, judge, netlist, reactions, summary
from evenpulse.base import boards
from evenpulse.looped import chosen

KEPT = Path(__file__).with_name("kept.json")
KEPT_ALL = (KEPT, KEPT.with_name("kept_zero1.json"))

# {what is kept of a board: faults that are unsafe, each a limit that the pages name}
_STUCK = {"X_ia stuck high", "X_ib stuck high"}
UNSAFE = {"kept": _STUCK, "kept_zero1": _STUCK | {"X_ref 10 % high"}}

LOADS = ("500 Ω", "1 kΩ and dry skin")
LOADS_ALL = ("200 Ω", "500 Ω", "500 Ω and skin", "1 kΩ and dry skin", "2 kΩ")
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


@pytest.mark.parametrize("kept", KEPT_ALL, ids=lambda file: file.stem)
def test_each_fault_is_kept_and_none_is_unsafe_but_what_is_named(circuit, kept):
    told = json.loads(kept.read_text(encoding="utf-8"))["faults"]
    names = {f"{row['part']} {row['fault']}" for row in told["faults"]}
    assert names == {fault.name for fault in breaking.faults(circuit)}
    unsafe = {f"{row['part']} {row['fault']}" for row in told["faults"] if row["unsafe"]}
    assert unsafe == UNSAFE[kept.stem] <= set(cases.LIMITS) and told["stopped"] == []
    assert told["unsafe_without"] > len(FAULTS)


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
        for ma in (*cases.AMPLITUDES_MA, cases.STRONG_MA):
            row = cases.play(circuit, drive, cases.Case(sound, cases.ALWAYS, load, ma))
            assert (row["who"], row["with"]["unsafe"]) == ("", ()), row


def of_fault(circuit, name, moment, load, ma):
    [fault] = [fault for fault in breaking.faults(circuit) if fault.name == name]
    return cases.Case(fault, moment, load, ma)


@pytest.mark.parametrize(
    "at_s, dc_ua, end_s",
    [(None, 131, 1.0), (None, 60, 1.0), (None, 40, None), (0.5, -131, 1.0), (20e-3, -131, None)],
)
def test_direct_current_is_played_until_series_capacitors_may_tell(drive, at_s, dc_ua, end_s):
    """M_lb's gate open with skin behind it: 131 µA until a mean tells; but the capacitors charge,
    and the comparator at rest cuts after 0.12 s. What was cut in the run needs no longer one.
    """
    cut = reactions.Reaction(at_s, "firmware", "unbalanced") if at_s else None
    unsafe = (f"{dc_ua} µA d.c.",) if abs(dc_ua) > judge.DC_UA_MAX else ()
    longer = cases._longer(drive, cut, judge.Outcome(40, 0, 0, 12, dc_ua, 0, 0, 0, unsafe))
    assert (longer and longer.end_s) == (end_s and pytest.approx(end_s))


def test_near_a_limit_the_solver_takes_finer_steps(circuit, drive):
    """With the quick ones an isolator that stays high had 30.6 µC flow, a limit of the judge."""
    row = cases.play(circuit, drive, of_fault(circuit, "X_ia stuck high", "rest", "500 Ω", 40.0))
    assert row["finer"] and row["with"]["unsafe"] == ()
    assert row["with"]["flow_uc"] == pytest.approx(26.7, abs=0.3)


def test_an_isolator_that_stays_high_at_a_strong_current_is_beyond_the_charge_limit(circuit, drive):
    """A limit that the README names: the leg lets go by itself, later than 30 µC."""
    row = cases.play(circuit, drive, of_fault(circuit, "X_ib stuck high", "rest", "500 Ω", 60.0))
    assert row["with"]["flow_uc"] == pytest.approx(37.7, abs=0.5)
    assert row["with"]["unsafe"] == (f"{row['with']['flow_uc']:.1f} µC in one flow",)


@pytest.fixture(scope="module")
def third_way(tmp_path_factory):
    """What the README names as the mend: a way that says that a phase is on opens both sources."""
    folder = tmp_path_factory.mktemp("third") / "output_stage"
    shutil.copytree(boards.folder() / "nmes2/output_stage", folder)
    for name, before, after in (
        ("stage.cir", "M_sa rfa gsa sc NHV", "M_sa rfa gsa scw NHV"),
        (
            "stage.cir",
            "M_sb rfb gsb sc NHV",
            "M_sb rfb gsb scw NHV\nR_gw lw gw 470\nM_w scw gw sc NHV",
        ),
        (
            "interlock.cir",
            "R_la la 0 10k",
            "R_la la 0 10k\nD_wa pa pw DSIG\nD_wb pb pw DSIG\nR_pw pw pg 2.2k\n"
            "X_iw pw v33p pg lw v5 0 ISO\nR_lw lw 0 10k",
        ),
    ):
        text = (folder / name).read_text()
        assert text.count(f"{before}\n") == 1
        (folder / name).write_text(text.replace(before, after))
    return netlist.read(folder)


@pytest.mark.parametrize("ma", [60.0, 100.0])
@pytest.mark.parametrize("name", ["X_ia stuck high", "X_ib stuck high", "X_iw stuck high"])
def test_a_third_way_would_mend_it(third_way, drive, name, ma):
    """Also where nobody reacts: at most a phase of 300 us, of the pulse that follows."""
    case = of_fault(third_way, name, "rest", "500 Ω", ma)
    assert cases.play(third_way, drive, case)["without"]["flow_uc"] < 1.03 * ma * 0.3


def test_where_the_solver_finds_no_way_on_it_is_asked_of_a_softer_fault(circuit, drive):
    """100 V at a Zener diode through 0.1 ohm; and the row says so."""
    row = cases.play(circuit, drive, of_fault(circuit, "R_gbl short", "rest", "500 Ω", 40.0))
    assert row["asked"] == "a short of 10 Ω, an open pin of 1 GΩ"
    assert row["with"]["unsafe"] == ()


@pytest.fixture(scope="module")
def one_diode(circuit):
    """Leg B as it was, and as it is once D_lb2 is shorted."""
    return circuit.without("D_lb2").with_(circuit["M_lb"].on(0, "dlb"))


@pytest.mark.parametrize("name", ["D_lb short", "D_lb2 short"])
def test_the_skins_charge_does_not_come_back_through_a_shorted_diode_of_leg_b(circuit, drive, name):
    case = of_fault(circuit, name, "rest", "1 kΩ and dry skin", 8.7)
    row = cases.play(circuit, drive, case)
    assert (row["who"], row["with"]["pulses_over"], row["with"]["unsafe"]) == ("", 0, ())


def test_one_pulse_too_strong_that_nobody_cuts_is_played_on(one_diode, drive):
    """With one diode its short is unsafe at 8.7 mA: half a second is what a mean takes; the fault
    came between the two pulses of a run.
    """
    case = of_fault(one_diode, "D_lb short", "rest", "1 kΩ and dry skin", 8.7)
    row = cases.play(one_diode, drive, case)
    assert row["who"] == "firmware's mean" and row["with"]["pulses_over"] == 3
    assert row["with"]["unsafe"] == ("3 pulses above the cap and a tenth",)


def test_a_run_goes_on_where_it_was_stopped_and_asks_again_what_had_no_answer(
    circuit, drive, tmp_path, monkeypatch
):
    chosen, played = campaign.all_cases(circuit)[:4], []

    def play(circuit, drive, case, scale):
        played.append(case.key)
        return {"case": case.key} | ({"stopped": []} if case == chosen[1] else {})

    monkeypatch.setattr(campaign.cases, "play", play)
    said = []
    for count in (3, 4):
        file, say = tmp_path / "rows.jsonl", lambda *of: said.append(of)
        campaign.run(circuit, drive, chosen[:count], 1, file, say)
    assert said == [(1, 3), (2, 3), (3, 3), (3, 4), (4, 4)]
    keys = [case.key for case in chosen]
    assert played == [*keys[:3], keys[1], keys[3]]
    known = campaign.known(circuit, drive, campaign.all_cases(circuit), tmp_path / "rows.jsonl")
    assert [row["case"] for row in known] == keys and known[1]["stopped"] == []


def test_every_fault_comes_once_before_any_comes_twice(circuit):
    faults = [fault.name for fault in breaking.faults(circuit)]
    first = campaign.all_cases(circuit)[: len(faults)]
    assert sorted(case.fault.name for case in first) == sorted(faults)
    ways = {(case.ma, case.load) for case in campaign.all_cases(circuit)}
    every = {(ma, load) for ma in cases.AMPLITUDES_MA for load in LOADS_ALL}
    assert ways == every | {cases.BETWEEN, (cases.STRONG_MA, cases.STRONG_LOAD)}


def test_every_part_has_its_faults(circuit):
    broken = {fault.part for fault in breaking.faults(circuit)}
    parts = {element.name for element in circuit.elements}
    assert parts - broken == breaking.NO_PARTS and broken - parts == {breaking.SUPPLY}
    keys = [case.key for case in campaign.all_cases(circuit)]
    assert len(set(keys)) == len(keys)


def test_direct_current_that_nobody_sees_is_told_with_what_would_find_it(soldered):
    """A shorted low side with dry skin behind it, at a small current."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))["faults"]
    rows = {row[:2]: row for row in summary.unseen_dc(kept, lambda part: soldered[part].fails)}
    told = rows["M_lb", "short drain to source"]
    assert "latent" in told[4] and "would find it" in told[4]
    # What a leg at rest trips at: 4.8 V over 82 kΩ
    assert all(10 <= float(row[2].partition(" ")[0]) < 58 for row in rows.values())
