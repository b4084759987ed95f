"""Chooses the run loop: the C one where it is built, the Python one otherwise or when
EVENPULSE_PYTHON_LOOP=1 asks for it.
"""

import os

from rp2040py.rp2040 import RP2040

from evenpulse.emulator import exact
from evenpulse.emulator.emulated import Loop


def make_loop(rp2040: RP2040, python: bool | None = None) -> Loop:
    """A run loop for a chip. `python`: True or False forces one of the two, None chooses."""
    if python is None:
        python = os.environ.get("EVENPULSE_PYTHON_LOOP") == "1"
    if not python:
        try:
            # Late: it is compiled, and need not be there.
            from evenpulse.emulator._exact import ExactLoop
        except ImportError:
            return exact.ExactLoop(rp2040)
        compiled: Loop = ExactLoop(rp2040)
        return compiled
    return exact.ExactLoop(rp2040)
