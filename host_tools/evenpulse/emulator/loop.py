"""Chooses the run loop: the C one where it is built, the Python one otherwise or when
EVENPULSE_PYTHON_LOOP=1 asks for it; its CPU on silicon's time when asked for, or when
EVENPULSE_SILICON_TIME asks for it.
"""

import os

from rp2040py.rp2040 import RP2040

from evenpulse.emulator import exact
from evenpulse.emulator.emulated import Loop


def on_silicon_time(asked: bool | None = None) -> bool:
    """Whether the CPU keeps silicon's time: where nobody says so, as the environment has it."""
    return bool(os.environ.get("EVENPULSE_SILICON_TIME")) if asked is None else asked


def make_loop(rp2040: RP2040, python: bool | None = None, silicon_time: bool | None = None) -> Loop:
    """A run loop for a chip. `python`: True or False forces one of the two, None chooses."""
    silicon_time = on_silicon_time(silicon_time)
    if python is None:
        python = os.environ.get("EVENPULSE_PYTHON_LOOP") == "1"
    if not python:
        try:
            if silicon_time:
                # Late: it is compiled, and need not be there.
                from evenpulse.emulator._silicon import ExactLoop
            else:
                # Late: the same.
                from evenpulse.emulator._exact import ExactLoop
        except ImportError:
            return exact.ExactLoop(rp2040, silicon_time)
        compiled: Loop = ExactLoop(rp2040)
        return compiled
    return exact.ExactLoop(rp2040, silicon_time)
