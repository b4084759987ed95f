"""The real firmware in the loop: broken parts whose samples and interlock it reads out of SPICE,
and whose edges SPICE gets. Some are played each time, all as they are kept.
"""

from pathlib import Path

import numpy as np
import pytest

from evenpulse.analog import breaking, spice
from evenpulse.analog.deck import LOADS, World, text
from evenpulse.looped import __main__ as looped
from evenpulse.looped import case, chosen, kept
from evenpulse.looped.session import Session

KEPT = Path(__file__).with_name(looped.KEPT.name)
# One for each way in which the firmware comes to know: of its reason, and how late that may be. A
# comparator at rest is reached slowly: with fine steps after 1.1 ms, with the campaign's up to 2.
PLAYED = {
    ("R_2a short", "phase A"): ("interlock_open", 2),
    ("M_sa short drain to source", "rest"): ("interlock_open", 2_000),
    ("M_la short drain to source", "rest"): ("lead_off", 17_800),
    ("R_set half", "always"): ("over_current", 450),
}
# Between a sample and the cut, in µs; a comparator's cut is the guard's, which needs no CPU.
LATE_US, SAME_US = 100, 2


@pytest.fixture(scope="module")
def session():
    return Session(case.FIRST.ma)


@pytest.fixture(scope="module")
def rows():
    return {kept.key(row): row for row in kept.read(KEPT)[1]}


@pytest.fixture(scope="module")
def waves(circuit, session):
    """Of the sound circuit."""
    return spice.run(text(circuit, session.drive(case.SHORT_S), World(LOADS[case.FIRST.load])))


def test_what_is_kept_is_of_this_circuit_and_this_firmware(circuit, session, rows):
    """Else: python -m evenpulse.looped, which is the first part of make analog-faults."""
    assert kept.read(KEPT)[0]["of"] == kept.of(circuit, session.drive(case.SHORT_S))
    asked = [(*one, way.ma, way.load) for way in case.WAYS for one in chosen.CHOSEN]
    assert list(rows) == asked and len(rows) == 40 * 4


def test_with_the_real_firmware_nobody_is_harmed(rows):
    assert {
        name: row["with"]["unsafe"] for name, row in rows.items() if row["with"]["unsafe"]
    } == {}


def test_the_skins_charge_does_not_come_back_through_a_shorted_diode(rows):
    """With one diode in leg B it did: 20 mA of 10, and the phases were an eighth apart."""
    for way in case.WAYS:
        row = rows["D_lb short", "rest", way.ma, way.load]
        assert (row["reason"], row["with"]["pulses_over"]) == ("", 0)


def test_what_is_told_is_each_fault_once_and_where_it_fares_otherwise(rows):
    told = kept.told([*rows.values()])
    first = [row for row in told if (row["ma"], row["load"]) == (case.FIRST.ma, case.FIRST.load)]
    assert [kept.key(row)[:2] for row in first] == list(chosen.CHOSEN)
    assert len(first) < len(told) < len(rows)


def test_the_model_and_the_firmware_say_the_same_of_each(rows):
    """The model is the slower: it takes 60 µs for what takes the firmware half of it."""
    for name, row in rows.items():
        assert bool(row["reason"]) == bool(row["modelled"]), name
        if row["reason"]:
            late_us = row["after_us"] - row["modelled_us"]
            assert -LATE_US < late_us < SAME_US or row["modelled"] == "firmware's mean", name


@pytest.mark.parametrize("name, moment", PLAYED, ids=lambda word: word.replace(" ", "-"))
def test_the_firmware_cuts_what_spice_shows_it(circuit, session, rows, name, moment):
    faults = {fault.name: fault for fault in breaking.faults(circuit)}
    row = case.play(session, circuit, faults[name], moment)
    reason, late_us = PLAYED[name, moment]
    as_kept = rows[name, moment, case.FIRST.ma, case.FIRST.load]
    assert row["reason"] == as_kept["reason"] == reason and row["after_us"] < late_us
    assert row["after_us"] == pytest.approx(as_kept["after_us"], abs=LATE_US)
    assert row["with"]["unsafe"] == ()


def test_a_sound_circuit_makes_it_cut_nothing(session, waves):
    answer = session.answer(waves, case.SHORT_S)
    assert (answer.at_s, answer.reason) == (None, "")
    assert answer.pins == dict(session.drive(case.SHORT_S).pins)


@pytest.mark.parametrize(
    "times, reason", [(1.3, "over_current"), (0.4, "lead_off"), (0.9, ""), (1.05, "")]
)
def test_its_samples_are_spices(session, waves, times, reason):
    sense = waves["v(pg)"] + (waves["v(adc)"] - waves["v(pg)"]) * times
    assert session.answer(waves | {"v(adc)": sense}, case.SHORT_S).reason == reason


@pytest.mark.parametrize("line, reason", [("v(il)", "interlock_open"), ("v(shn)", "short")])
def test_its_interlock_is_spices(session, waves, line, reason):
    """Low from the middle of a gap on for the 20 ms that the board holds a short; cut in 1 µs."""
    low = (waves["time"] > 0.65e-3) & (waves["time"] < 20.65e-3)
    answer = session.answer(waves | {line: np.where(low, waves["v(pg)"], waves[line])}, 40e-3)
    assert answer.reason == reason
    assert 0 <= answer.at_s - waves["time"][low][0] < 1e-6
