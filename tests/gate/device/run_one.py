"""Runs one case in a process of its own: run_one.py MODULE FUNCTION INDEX COUNT HEAP_BYTES PROOF.

Prints PROOF as its last line only when the case has passed.
"""

import sys

import one_case

module, name, index, count, heap_bytes, proof = sys.argv[1:]
tests = one_case.load(module, int(heap_bytes))
if not one_case.passes(tests, name, int(index), int(count)):
    sys.exit(1)
print(proof)
