"""`evenpulse outputs --measure` with the board's circuit beside the twin: a pulse into each of the
reviewers' loads in ngspice; without ngspice one error that says what to do.

The twin is played in tests/twin/test_outputs_measured.py: here its flows are those of a 100 µs
pulse as it gives them.
"""

import json
import re

import pytest

from evenpulse.base import boards
from evenpulse.output_table import compute, in_circuit, measured
from evenpulse.output_table.results import Measured

ASKED_MA, PHASE_US, GAP_US = 19.0, 100.0, 50.0


class Played:
    """The twin's part, with the values that are computed."""

    def __init__(self, rx, board_name):
        self._rx, self._board = rx, boards.load(board_name)

    def program(self, number, _events):
        program = self._rx["programs"][number]
        return [self._at(program, ohm, n) for ohm in compute.LOADS_OHM for n in (1, 2)], []

    def _at(self, program, ohm, channel):
        wanted = compute.at_load(program, 30_000, 2_500, self._board, ohm)
        ma, b_us = wanted.values["peak_ma"], PHASE_US + GAP_US
        trace = [[0.0, PHASE_US, ma], [b_us, b_us + PHASE_US, -ma]]
        return Measured(
            channel, ohm, wanted.values, 9, 0, wanted.trip, bool(wanted.trip), 30.0, trace, ASKED_MA
        )


@pytest.fixture
def on_a_twin(monkeypatch):
    monkeypatch.setattr(measured, "Bench", Played)


def test_each_load_has_its_pulse_in_the_circuit(run, good_toml, on_a_twin, tmp_path):
    page = tmp_path / "page.html"
    outcome = run("outputs", good_toml, "--measure", "--json", "-o", page)
    assert outcome.code == 0, outcome.err
    [mode] = json.loads(outcome.out)["modes"]
    seen = {load["ohm"]: load["in_circuit"] for load in mode["loads"]}
    assert [*seen] == [500, 2_000, 10_000]
    # The source gives what is asked for within 5 %, until its voltage ends: 100 to 120 V.
    for ohm in (500, 2_000):
        assert seen[ohm]["end_ma"] == pytest.approx(ASKED_MA, rel=0.05)
        assert seen[ohm]["phase_uc"] == pytest.approx(ASKED_MA * PHASE_US / 1_000, rel=0.07)
    assert 100 < seen[10_000]["end_ma"] * 10 < 120
    for one in seen.values():
        assert abs(one["net_nc"]) < 20 and 0.2 < one["risen_us"] < 5
        assert one["trace"][0][0] < 0 < PHASE_US < one["trace"][-1][0]
    text = page.read_text()
    assert "circuit in ngspice, with the same edges" in text
    drawn = re.findall(r"<polyline[^>]*stroke-dasharray=\"2 1\"", text)
    assert len(drawn) == 3


@pytest.mark.parametrize(
    "script, told",
    [
        (None, "ngspice is not there"),
        ("#!/bin/sh\necho '** ngspice-31 : Circuit'\n", "is not a version from 39 to 44"),
    ],
)
def test_without_an_ngspice_that_it_ran_on_is_one_error(
    run, good_toml, on_a_twin, monkeypatch, tmp_path, script, told
):
    program = tmp_path / "ngspice"
    if script:
        program.write_text(script)
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if script else str(tmp_path))
    outcome = run("outputs", good_toml, "--measure")
    assert (outcome.code, outcome.out) == (1, "")
    assert told in outcome.err and "apt-get install ngspice" in outcome.err
    assert "--no-circuit" in outcome.err and "Traceback" not in outcome.err
    without = run("outputs", good_toml, "--measure", "--no-circuit", "--json")
    assert without.code == 0 and '"in_circuit": null' in without.out


def test_a_board_without_a_circuit_is_measured_on_the_twin_alone():
    assert in_circuit.of(boards.load("bench")) is None


def test_a_board_whose_circuit_is_anothers_with_other_values_has_one():
    """A duty of 40 % is 20 mA at zero1's 50, not nmes2's 100."""
    trace = [(0.0, 200.0, 20.0), (300.0, 500.0, -20.0)]
    seen = Measured(1, 500, {}, 1, 0, trace=trace, asked_ma=20.0)
    pulse = in_circuit.of(boards.load("zero1")).pulse(seen)
    assert pulse.end_ma == pytest.approx(20, rel=0.03)
