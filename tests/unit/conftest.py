"""Tests of the pure core. Each runs under CPython and under MicroPython: see tests/gate/plugin.py for the rules."""

from gate.plugin import pytest_collect_file, pytest_pycollect_makeitem  # noqa: F401  (pytest finds hooks by their name)
