"""Tests of the pure core, each under CPython and under MicroPython: tests/gate/plugin.py has the
rules.
"""

# Hooks
from gate.plugin import pytest_collect_file, pytest_pycollect_makeitem  # noqa: F401
