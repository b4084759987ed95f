"""One case of one test function on MicroPython, with as much heap as it has on the device: in
one piece, as after a start.
"""

import gc
import sys

import pytest

# Smaller gaps between what was imported are taken in the smallest pieces that there are
_ROOM_AT_LEAST = 64

_taken = [None] * 2_000


def load(name, heap_bytes):
    """The test file, imported; then all memory is taken but `heap_bytes` in one piece."""
    tests = __import__(name)
    gc.collect()
    room = bytearray(heap_bytes)
    size, number = gc.mem_free(), 0
    while size > _ROOM_AT_LEAST and number < len(_taken) - 1:
        try:
            _taken[number] = bytearray(size)
            number += 1
        except MemoryError:
            size //= 2
    _taken[-1] = _smallest_pieces()
    del room
    return tests


def _smallest_pieces():
    """All that is left, as a chain of tuples of a block each. A gap that stayed would have whoever
    wants more than that look through all of what is taken, each time.
    """
    chain = None
    try:
        while True:
            chain = (chain, None)
    except MemoryError:
        return chain


def passes(tests, name, index, count):
    """Whether it returned; what it raised is printed. SystemExit goes through: an exit in the
    middle proves nothing.
    """
    gc.collect()
    try:
        function = getattr(tests, name)
        found = pytest.cases(function)
        if len(found) != count:
            raise AssertionError(
                "%s has %d cases here, %d under CPython" % (name, len(found), count)
            )
        function(**found[index])
    except Exception as error:
        sys.print_exception(error)
        return False
    return True
