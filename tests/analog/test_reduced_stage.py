"""The twin's output stage in closed form against the circuit in ngspice: random programs and loads
that it was not fitted on, as they are kept; some of them asked again each time.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from evenpulse.analog import programs
from evenpulse.base.errors import BadUsage
from evenpulse.likeness import __main__ as likeness
from evenpulse.likeness import reduced
from evenpulse.twin import stage

KEPT = Path(__file__).with_name(likeness.KEPT.name)
KEPT_FITTED = Path(__file__).with_name(likeness.KEPT_FITTED.name)
CODE = Path(stage.__file__).parent


@pytest.fixture(scope="module")
def all_programs():
    return programs.of(programs.HELD_OUT)


@pytest.fixture(scope="module")
def kept():
    return KEPT.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def in_spice(kept):
    return [reduced.from_json(line) for line in kept[1:]]


@pytest.fixture(scope="module")
def own(board, folder):
    return stage.read(board["NAME"], folder.parents[1])


def test_what_is_kept_is_of_this_circuit(kept, circuit, all_programs):
    """Else: make analog-world."""
    assert json.loads(kept[0])["of"] == reduced.of(circuit, all_programs)
    assert len(kept) - 1 == len(all_programs) >= 200


def test_no_program_is_one_that_it_was_fitted_on(all_programs):
    def pulses(program):
        return program.phase_us, program.gap_us, program.period_us, program.ma, program.load

    fitted = {pulses(program) for program in programs.of(programs.FITTED)}
    assert fitted.isdisjoint(map(pulses, all_programs))


# Within 3 %, not 2: a current of 143 mA, 200 µs after the comparator has cut it.
APART = {
    "program 3:149, phase 1, middle",
    # A skin that holds 100 V lifts the legs: the comparator at rest acts 5.9 % of its delay later
    # than in ngspice, not 5; and after the first pulse, where in ngspice it does not within three
    "program 3:20 trips",
    "program 4:6 trips alone",
}


def named(told):
    """What a line is of; a comparator may be late, act in the twin alone, or never."""
    return {line.partition(": ")[0] + _which(line) for line in told["apart"]}


def _which(line):
    return " never" if ": None µs" in line else " alone" if line.endswith("None") else ""


def test_the_twin_is_the_circuit_but_for_what_is_named(all_programs, in_spice, own):
    told = reduced.summary(all_programs, in_spice, own)
    assert named(told) == APART
    assert told["figures"][reduced.CURRENT]["worst"] < 3
    assert min(told["programs"].values()) >= 20
    assert all(seen["count"] >= 9 for seen in told["figures"].values())


def test_it_is_still_what_it_was_fitted_on(circuit, own):
    """Parts of the circuit have changed since; else: python -m evenpulse.likeness --fitted."""
    head, *lines = KEPT_FITTED.read_text(encoding="utf-8").splitlines()
    fitted = programs.of(programs.FITTED)
    assert json.loads(head)["of"] == reduced.of(circuit, fitted) and len(lines) == 400
    told = reduced.summary(fitted, [*map(reduced.from_json, lines)], own)
    assert told["apart"] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"bleeder_ohm": 0.0},
        {"offset_ua": 0.0},
        {"gain": 1.03},
        {"dead_nc": 0.0},
        {"low_b_mv": 0.0},
        {"series_nf": 0.0},
        {"rail_mv": 110_000.0},
        {"storage_nf": 0.0},
        {"gate_mv": 0.0},
        {"rest_mv": 0.0},
        {"over_ns": 300.0},
        {"short_ns": 8_000.0},
        {"short_tau_ns": 3_000.0},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_stage_that_leaves_something_out_is_not(all_programs, in_spice, own, changed):
    assert named(reduced.summary(all_programs, in_spice, replace(own, **changed))) - APART


def test_what_board_py_promises_is_not_the_circuit(all_programs, in_spice, board):
    """Why there are two: 1 mA that is asked for is 0.75 mA there."""
    promised = stage.Stage(board["COMPLIANCE_MV"])
    assert len(reduced.summary(all_programs, in_spice, promised)["apart"]) > 200


def test_ngspice_says_so_again(circuit, all_programs, in_spice):
    """Which of them changes with whatever the answer rests on; those with the smallest steps take
    too long.
    """
    texts = [path.read_bytes() for path in sorted(CODE.glob("*.py"))]
    texts.append(circuit.models.read_bytes())
    draw = int(hashlib.sha256(b"".join(texts)).hexdigest(), 16)
    for kind in (programs.SOUND, programs.SHORT, programs.OVER):
        chosen = [
            (program, kept_one)
            for program, kept_one in zip(all_programs, in_spice, strict=True)
            if program.kind == kind and programs.FINEST not in program.deck(circuit)
        ]
        program, kept_one = chosen[draw % len(chosen)]
        assert reduced.apart(program, reduced.in_spice(circuit, program), kept_one) == []


@pytest.mark.parametrize(
    "line, told",
    [
        ("gain = -1.0", "gain is no number from 0"),
        ("gain = nan", "gain is no number from 0"),
        ('gain = "x"', "gain is no number from 0"),
        ("gain = true", "gain is no number from 0"),
        ("", "gain is missing"),
        ("gain = 1.0\nwrong = 1", "wrong is no key"),
        ("gain = = 1", "cannot read"),
    ],
)
def test_a_reduced_stage_that_cannot_be_read_is_told(folder, tmp_path, line, told):
    text = (folder / stage.FILE.name).read_text(encoding="utf-8")
    file = tmp_path / "nmes2" / stage.FILE
    file.parent.mkdir(parents=True)
    file.write_text(text.replace("gain = 1.003", line), encoding="utf-8")
    with pytest.raises(BadUsage) as no:
        stage.read("nmes2", tmp_path)
    assert told in str(no.value) + str(no.value.seen)
