"""Runs every case of every test of some test files in one MicroPython: run_all.py PROOF MODULE…

For many short runs (mutants): one process, the first failure ends it. Prints PROOF as its last line
only when every test has returned.
"""

import sys

import pytest

proof, *modules = sys.argv[1:]
for module in modules:
    tests = __import__(module)
    for name in dir(tests):
        if name.startswith("test_"):
            function = getattr(tests, name)
            for case in pytest.cases(function):
                function(**case)
print(proof)
