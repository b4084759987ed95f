"""The firmware's PIO block, set up by its own drivers. Without MicroPython's sources: fail,
never skip.
"""

import pytest
from armed_watch import Armed
from firmware_block import Firmware
from register_chip import Drivers
from toolchain import ToolchainError


@pytest.fixture(scope="session")
def firmware():
    try:
        return Firmware()
    except ToolchainError as error:
        advice = str(error)
    pytest.fail(advice, pytrace=False)


@pytest.fixture
def drivers():
    """The firmware's drivers on a table of registers."""
    return Drivers()


@pytest.fixture
def hal(drivers):
    """Built; what it took to build them is not among the writes."""
    built = drivers.build()
    drivers.chip.writes.clear()
    return built


@pytest.fixture
def armed():
    """The same, with both trains running and the watch at work."""
    return Armed()
