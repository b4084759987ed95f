"""20 sessions of random hands, power off and on among them, and one of 10 000 pulses, replayed: the
same edges and the same journal, byte for byte. `make test` does two of them.

Run by `make test-web`; its name keeps it out of `make test`.
"""

import random

import pytest
from hands import START_MS, UP_MS, Watched, random_hands, replayed, same
from sample_scenarios import PRESCRIPTION

from evenpulse.prescription import file as prescription
from evenpulse.web.machine import Machine


PULSES = 10_000


@pytest.fixture(scope="module")
def rx_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("rx") / "prescription.toml"
    path.write_text(PRESCRIPTION)
    return path


@pytest.fixture(scope="module")
def machine(rx_file):
    made = Machine("nmes2", prescription.read(rx_file, "nmes2"))
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(20))
def test_random_hands_replay_to_the_same_edges_and_journal(machine, rx_file, tmp_path, seed):
    machine.begin(None)
    random_hands(machine, rx_file, tmp_path / "replay", random.Random(seed))


def test_every_edge_of_ten_thousand_pulses(machine, rx_file, tmp_path):
    """What the frames told against `twin run` of the same acts, clock for clock."""
    machine.begin(None)
    one = Watched(machine)
    one.press("START", START_MS)
    one.run(300)
    for _ in range(3):
        one.press("UP", UP_MS)
        one.run(400)
    while sum(channel["count"] for channel in one.now["pulses"]) < PULSES:
        assert one.now["state"] == "RUNNING"
        one.run(1_000, 33.3)
    seen = same(one, replayed(machine, rx_file, tmp_path / "replay"))
    assert sum(role in ("CH1_A", "CH2_A") and level for _, role, level in seen) >= PULSES
