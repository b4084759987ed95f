"""One campaign for the tests of a worker: its sessions are brought to RUNNING once."""

import pytest

from evenpulse.faults.campaign import Campaign


@pytest.fixture(scope="session")
def campaign():
    return Campaign(jobs=2, say=lambda _text: None)
