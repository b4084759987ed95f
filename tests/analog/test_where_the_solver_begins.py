"""The state before a run's first step: the solver once took a device in the middle of its start for
it, and four of 500 builds read 6 mA of 10, or none. It is told where to look, and not believed when
it has not found it.
"""

from dataclasses import replace

import pytest

from evenpulse.analog import at_rest, deck, monte_carlo, netlist, spice
from evenpulse.analog.deck import LOADS, Drive, World
from evenpulse.base.errors import BadUsage

# Of the first seed's 500; the solver began at 2.8 V of 5, or 129 V of 116.
READ_WRONG_ONCE = (9, 390, 426, 473)
UP = Drive({"ph": [(0.0, 1)]}, 0.4, 1e-6)
DOWN = Drive({"ph": [(0.0, 0)]}, 0.4, 1e-6)
WORLD = World(LOADS["500 Ω"])


@pytest.fixture(scope="module")
def tolerances(soldered):
    return {name: monte_carlo.percent(part) for name, part in soldered.items()}


@pytest.mark.parametrize("number", READ_WRONG_ONCE)
def test_a_build_that_once_read_wrong_reads_right_at_both_temperatures(circuit, tolerances, number):
    one = monte_carlo.build(circuit, tolerances, monte_carlo.A_SEED + number)
    assert one.a_ma == pytest.approx(monte_carlo.LEVELS_MA, rel=0.1)
    assert one.calibrated_at_ma == pytest.approx(one.a_ma, rel=0.01)


def test_a_build_whose_state_is_hard_to_find_is_asked_again(circuit, tolerances):
    """ngspice 39 finds none for build 276 at 25 °C, unless its errors are to be smaller."""
    one = monte_carlo.build(circuit, tolerances, monte_carlo.A_SEED + 276)
    assert one.calibrated_at_ma == pytest.approx(one.a_ma, rel=0.01)


def test_without_being_told_it_is_right_or_has_no_answer(circuit, tolerances):
    """ngspice 39 finds no state of build 473; another version may."""
    number = monte_carlo.A_SEED + READ_WRONG_ONCE[-1]
    told = monte_carlo.build(circuit, tolerances, number)
    untold = monte_carlo.build(replace(circuit, rest={}), tolerances, number)
    assert untold is None or untold.a_ma == pytest.approx(told.a_ma, rel=0.01)


def test_a_start_that_ended_in_the_middle_is_no_answer(tmp_path):
    """What ngspice says then; it exits with 0 and has written its raw file."""
    program = tmp_path / "ngspice"
    program.write_text("#!/bin/sh\necho 'Note: Transient op finished successfully'\n: > out.raw\n")
    program.chmod(0o755)
    with pytest.raises(spice.Stopped, match="no state to begin from"):
        spice.run("* any\n.end\n", str(program))


def test_what_is_kept_is_the_sound_circuit_at_rest(circuit):
    """Else: python -m evenpulse.analog rest."""
    assert at_rest.volts(circuit) == pytest.approx(circuit.rest, abs=0.02)


def test_it_is_told_only_where_the_high_voltage_is_up(circuit):
    assert ".nodeset v(x_dc.x)=5 " in deck.text(circuit, UP, WORLD)
    assert ".nodeset" not in deck.text(circuit, DOWN, WORLD)
    assert ".nodeset" not in deck.text(replace(circuit, rest={}), UP, WORLD)


@pytest.mark.parametrize(
    "rows, told",
    [
        ("node;volts\n", "rest.csv:1: not the columns"),
        ("", "rest.csv:1: not the columns"),
        ("node,volts\nhv,115.9\n.include x,1\n", "rest.csv:3: .include x,1 is no row"),
        ("node,volts\nhv,much\n", "rest.csv:2: hv,much is no row"),
        ("node,volts\nhv\n", "rest.csv:2: hv is no row"),
    ],
)
def test_rows_that_cannot_be_read_are_told(folder, tmp_path, rows, told):
    for sheet in (*netlist.SHEETS, netlist.MODELS):
        (tmp_path / sheet).write_bytes((folder / sheet).read_bytes())
    assert netlist.read(tmp_path).rest == {}
    (tmp_path / netlist.REST).write_text(rows)
    with pytest.raises(BadUsage) as no:
        netlist.read(tmp_path)
    assert told in str(no.value)
