"""Runs one case of one test function on MicroPython: run_one.py MODULE FUNCTION INDEX COUNT HEAP_BYTES PROOF.

Prints PROOF as its last line only when the function has returned: an exit in the middle proves nothing.
"""

import gc
import sys

import pytest

module, name, index, count, heap_bytes, proof = sys.argv[1:]
try:
    function = getattr(__import__(module), name)
    found = pytest.cases(function)
    if len(found) != int(count):
        raise AssertionError("%s has %d cases here, %s under CPython" % (name, len(found), count))
    gc.collect()
    ballast = bytearray(gc.mem_free() - int(heap_bytes))  # the test gets as much heap as it has on the device
    function(**found[int(index)])
except Exception as error:
    sys.print_exception(error)
    sys.exit(1)
print(proof)
