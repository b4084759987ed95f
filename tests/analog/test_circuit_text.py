"""The sheets, the parts and the drawing: what is wrong in them is told with file and line; they
agree with each other; each electrical rule is seen to break.
"""

import shutil
from dataclasses import replace

import pytest

from evenpulse.analog import drawing, erc, netlist, parts
from evenpulse.base.errors import BadUsage

USD_MAX = 60


def changed(folder, tmp_path, sheet, old, new):
    copy = tmp_path / "output_stage"
    shutil.copytree(folder, copy)
    text = (copy / sheet).read_text(encoding="utf-8")
    assert old in text
    (copy / sheet).write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


def line_of(folder, sheet, start):
    lines = (folder / sheet).read_text(encoding="utf-8").split("\n")
    return next(n for n, line in enumerate(lines, 1) if line.startswith(start))


@pytest.mark.parametrize(
    "sheet, old, new, told",
    [
        ("models.lib", ".model NHV ", ".model NHW ", "there is no .model NHV in models.lib"),
        ("models.lib", ".subckt OPA ", ".subckt OPB ", "there is no .subckt OPA in models.lib"),
        ("models.lib", ".model NHV ", ".control NHV ", ".control is not read"),
        ("stage.cir", "R_f1 amp f1 4.7k", "R_f1 amp f1 4.7x", "R_f1: 4.7x is no value"),
        ("stage.cir", "R_f1 amp f1 4.7k", "R_f1 amp f1 0", "R_f1: 0 is no value"),
        ("stage.cir", "R_f1 amp f1 4.7k", "R_f1 amp f1 1.2.3", "R_f1: 1.2.3 is no value"),
        ("stage.cir", "R_f1 amp f1 4.7k", "R_f1 amp f1 .", "R_f1: . is no value"),
        ("stage.cir", "R_f1 amp f1 4.7k", "R_f1 amp f1 1e999", "R_f1: 1e999 is no value"),
        ("models.lib", ".ends", "* ends", ".subckt inside of a .subckt"),
        ("models.lib", ".model PHV ", ".model NHV ", "NHV is there twice"),
        ("stage.cir", "R_f1 amp f1 4.7k", "R_f1 amp 4.7k", "R_f1 has too few words"),
        ("stage.cir", "R_f1 amp f1 4.7k", "R_f2 amp f1 4.7k", "R_f2 is there twice"),
        ("stage.cir", "R_f1 amp f1 4.7k", ".include /etc/passwd", ".include is no part"),
        ("stage.cir", "R_f1 amp f1 4.7k", "R_f1 a;m f1 4.7k", "R_f1: a;m is no node"),
        (
            "stage.cir",
            "X_set vs em os v5 0 OPA",
            "X_set vs em os v5 OPA",
            "X_set has 4 nodes, OPA has 5",
        ),
    ],
)
def test_a_wrong_line_is_told_with_its_file(folder, tmp_path, sheet, old, new, told):
    with pytest.raises(BadUsage) as no:
        netlist.read(changed(folder, tmp_path, sheet, old, new))
    assert told in str(no.value) and ".cir:" in str(no.value) or ".lib:" in str(no.value)


def test_a_sheet_that_is_not_there_is_told(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "o")
    (tmp_path / "o" / "supply.cir").unlink()
    with pytest.raises(BadUsage, match="cannot read .*supply.cir"):
        netlist.read(tmp_path / "o")


@pytest.mark.parametrize(
    "old, new, told",
    [
        ("ref,per,", "ref,each,", "parts.csv:1: not the columns"),
        ("R_f1,channel,", "R_f1,board,", "per is board"),
        ("R_f1,channel,", "R_f2,channel,", "R_f2 is there twice"),
        (",0.005,", ",cheap,", "price_usd is no number"),
        (",0.005,", ",nan,", "price_usd is not from 0 to 1000"),
        ("R_f1,channel,", "R_f1,", "8 columns"),
    ],
)
def test_a_wrong_row_of_the_parts_is_told(folder, tmp_path, old, new, told):
    with pytest.raises(BadUsage) as no:
        parts.read(changed(folder, tmp_path, "parts.csv", old, new), 2)
    assert told in str(no.value)


def test_netlist_parts_and_drawing_have_the_same_parts(circuit, soldered, folder):
    assert parts.disagreements(circuit, soldered) == []
    assert drawing.disagreements(circuit, drawing.places(folder)) == []


def test_a_part_that_one_of_them_lacks_is_named(circuit, soldered, folder):
    fewer = {ref: part for ref, part in soldered.items() if ref != "C_sa"}
    assert parts.disagreements(circuit, fewer) == ["C_sa of stage.cir is not in parts.csv"]
    bare = circuit.without("C_sa")
    assert parts.disagreements(bare, soldered) == ["C_sa of parts.csv is in no sheet"]
    assert drawing.disagreements(bare, drawing.places(folder)) == [
        "C_sa of drawing.csv is in no sheet"
    ]
    other = circuit.with_(replace(circuit["C_sa"], value="1u"))
    assert parts.disagreements(other, soldered) == ["C_sa: 1u in stage.cir, 10u in parts.csv"]


def test_a_drawing_shows_each_part_with_its_value_and_its_nets(circuit, folder):
    drawn = [place for place in drawing.places(folder) if place.picture == "bridge"]
    text = drawing.svg(circuit, drawn).decode()
    assert all(place.ref in text for place in drawn)
    assert "2.2" in text and ">na<" in text and ">srb<" in text
    # A P channel and an N channel, a Zener and a Schottky diode are told apart by their models too.
    assert all(f">{circuit[place.ref].value}<" in text for place in drawn)


def test_the_sum_is_what_a_person_can_pay(soldered):
    assert 0 < parts.sum_usd(soldered) <= USD_MAX
    assert all(part.price_source and part.fails for part in soldered.values() if part.price_usd > 1)
    rows = parts.bom_rows(soldered)
    assert abs(sum(float(row[4]) for row in rows) - parts.sum_usd(soldered)) < 0.005 * len(rows)


def test_the_rules_hold(circuit):
    assert erc.violations(circuit) == []


@pytest.mark.parametrize(
    "missing, told",
    [
        ("R_plb", "M_lb: no pull of at most 1,000,000 ohm at its gate, net glb"),
        ("R_psa", "M_sa: no pull of at most 1,000,000 ohm at its gate, net gsa"),
        ("R_pda", "R_f1 of stage.cir: net amp goes nowhere else"),
        ("R_gsw", "M_sw: no pull of at most 1,000,000 ohm at its gate, net gsw"),
        ("R_of", "C_of of interlock.cir"),
    ],
)
def test_a_rule_that_is_broken_is_named(circuit, missing, told):
    bare = circuit.without(missing, *(("X_im",) if missing == "R_pda" else ()))
    found = erc.violations(bare)
    assert found and any(told in line or "ocf" in line for line in found)


@pytest.mark.parametrize(
    ("part", "nodes"), [("R_psa", ("gsa", "hv")), ("R_plb", ("glb", "v5")), ("R_gsw", ("gsw", "0"))]
)
def test_a_gate_that_is_pulled_to_on_is_named(circuit, part, nodes):
    other = circuit.with_(replace(circuit[part], nodes=nodes))
    assert any(f"{part} pulls its gate" in line for line in erc.violations(other))


def test_a_rating_without_volts_is_named(circuit, soldered):
    assert erc.unrated(circuit, soldered) == []
    bare = {**soldered, "M_sa": replace(soldered["M_sa"], rating="0.3 A")}
    assert erc.unrated(circuit, bare) == ["M_sa: its rating in parts.csv names no volts"]
    assert erc.rated_v(replace(soldered["M_sa"], rating="3 kV r.m.s., tested")) == 3_000


def test_a_picture_is_no_path(folder, tmp_path):
    copy = changed(folder, tmp_path, drawing.FILE, "source,R_f1", "../../source,R_f1")
    with pytest.raises(BadUsage, match="drawing.csv:2: .* names no picture"):
        drawing.places(copy)


def test_a_part_above_its_rating_is_named(circuit, soldered):
    assert erc.voltages(circuit, soldered, {"M_lb": 191.0}) == []
    assert erc.voltages(circuit, soldered, {"M_lb": 193.0}) == [
        "M_lb: 193.0 V, 80% of 240 V is the most"
    ]
