"""A patient's random walk through session and panel, on both VMs: the rules of patient.py hold,
every state is reached, and left.
"""

import pytest
from patient import BITS, WRONG, Patient

ALL_STATES = {"READY", "ARMED", "RUNNING", "PAUSED", "ENDED", "FAULT"}


def numbers(seed):
    """The same numbers on every machine (Lehmer, in 31 bits by Schrage)."""
    while True:
        seed = 16_807 * (seed % 127_773) - 2_836 * (seed // 127_773)
        if seed <= 0:
            seed += 2_147_483_647
        yield seed


def walk(patient, chance, steps):
    for _ in range(steps):
        kind = next(chance) % 100
        button = ("START", "UP", "DOWN", "SELECT")[next(chance) // 7 % 4]
        if kind < 45:
            patient.press(button, 30 + next(chance) % 200)
        elif kind < 60:
            patient.press(button, 1_100)
        elif kind < 65:
            patient.levels = sum([bit for bit in BITS if next(chance) // 11 % 3 == 0])
            patient.live(next(chance) % 1_500)
            patient.levels = 0
        elif kind < 75:
            patient.live(next(chance) % 6_000)
        elif kind < 78:
            patient.press("STOP", 100)
        elif kind < 80:
            patient.spoil(sorted(WRONG)[next(chance) // 13 % 4])
            patient.live(50)
        else:
            patient.let_go()


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_random_walk_breaks_no_rule_and_always_finds_out(seed):
    patient, chance = Patient(), numbers(seed * 7_919)
    walk(patient, chance, 60)
    patient.way_out()


def test_the_walks_come_through_every_state():
    chance, seen = numbers(42), set()
    for _ in range(20):
        patient = Patient()
        patient.live(30)
        patient.press("START", 1_100)
        patient.live(200)
        walk(patient, chance, 6)
        patient.way_out()
        seen |= patient.seen
        if seen >= ALL_STATES:
            break
    assert seen >= ALL_STATES


BREACHES = {
    "current at rest": lambda session: session.ua.insert(0, 1),
    "more than the cap": lambda session: session.set_ua.insert(0, 99_999),
    "pulses at rest": lambda session: setattr(session, "pulsing", True),
    "armed by itself": lambda session: session._enter("ARMED"),
}


@pytest.mark.parametrize("name", sorted(BREACHES))
def test_a_broken_rule_is_seen(name):
    patient = Patient()
    patient.live(50)
    step = patient.session.step
    patient.session.step = lambda now_ms, inputs: (
        step(now_ms, inputs),
        BREACHES[name](patient.session),
    )
    with pytest.raises(AssertionError):
        patient.live(20)
