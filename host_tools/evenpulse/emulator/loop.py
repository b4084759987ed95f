"""Chooses the run loop: the C one where it is built, the Python one otherwise or when
EVENPULSE_PYTHON_LOOP=1 asks for it. Its CPU keeps silicon's time, unless who makes it or
EVENPULSE_SILICON_TIME=0 asks for the emulator's.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rp2040py.rp2040 import RP2040

from evenpulse.base.errors import Problem
from evenpulse.emulator import exact
from evenpulse.emulator.emulated import Loop


# EVENPULSE_SILICON_TIME: (the CPU keeps silicon's time, flash takes its longest)
_VARIABLE = "EVENPULSE_SILICON_TIME"
_TIMES = {"": (True, False), "0": (False, False), "1": (True, False), "worst": (True, True)}


def _of_the_environment() -> tuple[bool, bool]:
    asked = os.environ.get(_VARIABLE, "")
    if asked not in _TIMES:
        raise Problem(
            f"{_VARIABLE} is no time that the emulated chip has: {asked!r}",
            seen="0: the emulator's own; 1: silicon's; worst: silicon's, with the slowest flash",
            do_next="set one of these, or none",
        )
    return _TIMES[asked]


@contextmanager
def on(time: str) -> Iterator[None]:
    """Every chip that gets its power within keeps one of _TIMES."""
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = time
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before


def on_silicon_time(asked: bool | None = None) -> bool:
    """Whether the CPU keeps silicon's time: where nobody says so, as the environment has it."""
    return _of_the_environment()[0] if asked is None else asked


def slowest_flash() -> bool:
    """Whether flash takes its longest, as the environment has it."""
    return _of_the_environment()[1]


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
