"""20 sessions of random hands, power off and on among them, replayed: the same edges and the same
journal, byte for byte. `make test` does two of them.

Run by `make test-web`; its name keeps it out of `make test`.
"""

import random

import pytest
from hands import random_hands
from sample_scenarios import PRESCRIPTION

from evenpulse.prescription import file as prescription
from evenpulse.web.machine import Machine


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
