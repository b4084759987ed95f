"""The firmware's PIO block, set up by its own drivers. Without MicroPython's sources: fail,
never skip.
"""

import pytest
from firmware_block import Firmware
from toolchain import ToolchainError


@pytest.fixture(scope="session")
def firmware():
    try:
        return Firmware()
    except ToolchainError as error:
        advice = str(error)
    pytest.fail(advice, pytrace=False)
