"""A prescription for pages, and one twin behind a page for whoever only looks at it."""

import pytest
from sample_scenarios import PRESCRIPTION

from evenpulse.prescription import file as prescription
from evenpulse.web.machine import Machine


@pytest.fixture(scope="session")
def rx_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("rx") / "prescription.toml"
    path.write_text(PRESCRIPTION)
    return path


@pytest.fixture(scope="module")
def one(rx_file):
    """A machine; `fresh` makes its device new."""
    made = Machine("nmes2", prescription.read(rx_file, "nmes2"))
    yield made
    made.close()


@pytest.fixture
def machine(one):
    one.begin(None)
    one.frames.next()
    return one
