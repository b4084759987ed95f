"""500 builds from their tolerances, as they are kept: what the README promises of them; and one of
them asked again.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from evenpulse.analog import monte_carlo

KEPT = Path(__file__).with_name("kept_builds.jsonl")
# Per cent: the worst of 500, 5 to 40 °C
BEFORE_MOST, CALIBRATED_MOST = 10, 3


@pytest.fixture(scope="module")
def tolerances(soldered):
    return {name: monte_carlo.percent(part) for name, part in soldered.items()}


@pytest.fixture(scope="module")
def builds(circuit, tolerances):
    """Of this circuit and these tolerances. Else: make monte-carlo N=500, and
    python -m evenpulse.analog keep-builds.
    """
    return monte_carlo.kept(KEPT, monte_carlo.of(circuit, tolerances))


def test_what_is_kept_is_of_this_circuit(circuit, tolerances, builds):
    first = monte_carlo.A_SEED
    assert list(builds) == list(range(first, first + monte_carlo.PROMISED))
    changed = circuit.with_(replace(circuit["R_set"], value="131"))
    assert monte_carlo.kept(KEPT, monte_carlo.of(changed, tolerances)) == {}


def test_every_build_is_as_accurate_as_is_promised(builds):
    told = monte_carlo.summary(list(builds.values()))
    assert (told["builds"], told["stopped"]) == (500, 0)
    assert told["error_percent"]["worst"] <= BEFORE_MOST
    assert told["calibrated_percent"]["worst"] <= CALIBRATED_MOST


def test_one_of_them_asked_again_says_the_same(circuit, tolerances, builds):
    """Which one changes with whatever the answer rests on."""
    number = monte_carlo.A_SEED + int(monte_carlo.of(circuit, tolerances), 16) % len(builds)
    again = monte_carlo.build(circuit, tolerances, number)
    assert again.a_ma == pytest.approx(builds[number].a_ma, rel=2e-3)
    assert again.apart_ma == pytest.approx(builds[number].apart_ma, abs=0.05)


def test_a_part_that_is_12_percent_off_breaks_the_promise(circuit):
    wrong = circuit.with_(replace(circuit["R_set"], value=f"{circuit['R_set'].number * 0.88}"))
    one = monte_carlo.build(wrong, {}, monte_carlo.A_SEED)
    assert monte_carlo.summary([one])["error_percent"]["worst"] > BEFORE_MOST
