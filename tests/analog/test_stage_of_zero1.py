"""zero1's output stage is nmes2's with other values of a few parts: each fact of its board.py that
a pulse shows, in ngspice.
"""

import json
import shutil
from pathlib import Path

import pytest

from evenpulse.analog import __main__ as analog
from evenpulse.analog import (
    at_rest,
    breaking,
    campaign,
    cases,
    derived,
    erc,
    facts_board,
    facts_stage,
    parts,
    played,
)
from evenpulse.analog.bench import Bench
from evenpulse.base import boards
from evenpulse.base.errors import BadUsage

KEPT = Path(__file__).with_name(analog.KEPT["zero1"].name)
USD_MAX = 60
FACTS = (
    "FULL_SCALE_UA",
    "COMPLIANCE_MV",
    "SENSE_NV_PER_UA",
    "SUPPLY_DIVIDER",
    "SHORT_HOLD_MS",
    "over-current threshold",
    "over-current delay",
)


@pytest.fixture(scope="module")
def zero1():
    return boards.load("zero1")


@pytest.fixture(scope="module")
def its_folder():
    return boards.folder() / "zero1" / derived.FOLDER


@pytest.fixture(scope="module")
def its_circuit(its_folder):
    return derived.circuit(its_folder)


@pytest.fixture(scope="module")
def its_parts(its_folder, zero1):
    return derived.soldered(its_folder, zero1["CHANNELS"])


@pytest.fixture(scope="module")
def rows(its_circuit, zero1):
    bench = Bench(its_circuit, zero1, None)
    makers = (facts_stage.source, facts_stage.sense, facts_stage.short, facts_board.interlock)
    return {row.name: row for make in makers for row in make(bench)}


def test_every_fact_of_its_board_holds(rows):
    assert set(FACTS) <= set(rows)
    assert [row.words() for row in rows.values() if not row.holds] == []


@pytest.mark.parametrize(
    "part, maker", [("R_set", facts_stage.source), ("R_sna", facts_stage.sense)]
)
def test_with_nmes2s_value_of_a_part_a_fact_breaks(circuit, its_circuit, zero1, part, maker):
    bench = Bench(its_circuit.with_(circuit[part]), zero1, None)
    assert any(not row.holds for row in maker(bench))


def test_rules_and_parts(its_circuit, its_parts):
    assert erc.violations(its_circuit) == []
    assert parts.disagreements(its_circuit, its_parts) == []
    assert 0 < parts.sum_usd(its_parts) <= USD_MAX
    assert "U_oled" not in its_parts and its_parts["U_pico"].value == "Waveshare RP2040-Zero"


@pytest.mark.parametrize("what", ["check", "monte-carlo", "imbalance"])
def test_what_is_played_on_nmes2_alone_says_so(what):
    with pytest.raises(BadUsage, match=f"{what} is not for board zero1") as no:
        analog.main([what, "--board", "zero1"])
    assert no.value.do_next == "--board nmes2"


@pytest.fixture(scope="module")
def its_drive(zero1, tmp_path_factory):
    """Of its own firmware on its own board."""
    return played.edges(zero1, tmp_path_factory.mktemp("run")).drive(1, played.PULSE, played.END_S)


def test_what_is_kept_of_its_faults_is_of_this_circuit_and_of_its_edges(its_circuit, its_drive):
    """Else: make analog-faults BOARD=zero1, then python -m evenpulse.analog keep --board zero1."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert kept["of"] == campaign.fingerprint(its_circuit, its_drive)


def test_its_sound_circuit_makes_nobody_react(its_circuit, zero1, its_drive):
    sound, scale = breaking.Fault("R_pp", "as it is", factor=1.0000001), cases.scale_of(zero1)
    for ma, load in cases.ways_of(scale):
        case = cases.Case(sound, cases.ALWAYS, load, ma)
        row = cases.play(its_circuit, its_drive, case, scale)
        assert (row["who"], row["with"]["unsafe"]) == ("", ()), row


@pytest.mark.parametrize(
    "name, who",
    [
        ("M_la short drain to source", "firmware's sample"),
        ("M_sa short drain to source", "comparator at rest"),
        ("R_2a short", "over-current comparator"),
    ],
)
def test_its_broken_part_harms_nobody_and_would_if_nobody_reacted(
    its_circuit, zero1, its_drive, name, who
):
    [fault] = [fault for fault in breaking.faults(its_circuit) if fault.name == name]
    case = cases.Case(fault, "rest", "500 Ω", 40.0)
    row = cases.play(its_circuit, its_drive, case, cases.scale_of(zero1))
    assert (row["who"], row["with"]["unsafe"]) == (who, ())
    assert row["without"]["unsafe"]


def test_with_nmes2s_sense_its_samples_would_be_wrong(its_circuit, its_drive):
    sound = breaking.Fault("R_pp", "as it is", factor=1.0000001)
    case = cases.Case(sound, cases.ALWAYS, "500 Ω", 10.0)
    row = cases.play(its_circuit, its_drive, case, cases.Scale(50.0, cases.NMES2.mv_per_ma))
    assert (row["who"], row["reason"]) == ("firmware's sample", "over_current")


def test_nothing_else_differs(circuit, its_circuit):
    other = {e.name for e in its_circuit.elements if e != circuit[e.name]}
    assert other == {"R_set", "R_1a", "R_1b", "R_2a", "R_2b", "R_sna", "R_snb", "R_g2", "X_fly"}


def test_its_state_at_rest_is_kept(its_circuit):
    """Else: python -m evenpulse.analog rest --board zero1."""
    assert at_rest.volts(its_circuit) == pytest.approx(its_circuit.rest, abs=0.02)


@pytest.mark.parametrize(
    "old, new, told",
    [
        ("ref,value,why", "ref,value", "from_nmes2.csv:1: not the columns"),
        ("R_set,261,", "R_set,", "from_nmes2.csv:2: 2 columns"),
        ("R_set,261,", "R_sat,261,", "R_sat is no part of that board"),
    ],
)
def test_a_wrong_row_is_told(folder, its_folder, tmp_path, old, new, told):
    shutil.copytree(folder, tmp_path / "nmes2" / derived.FOLDER)
    copy = tmp_path / "zero1" / derived.FOLDER
    shutil.copytree(its_folder, copy)
    file = copy / "from_nmes2.csv"
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(BadUsage) as no:
        derived.soldered(copy, 1)
    assert told in str(no.value)
