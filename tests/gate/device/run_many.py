"""Runs cases of one test file, each in a copy of a process that has only imported it: run_many.py
MODULE HEAP_BYTES END.

A line "FUNCTION INDEX COUNT PROOF" in; out comes what the case prints, PROOF if it has passed, and
a line "END exit code". What a case leaves behind ends with its copy.
"""

import sys

import one_case
import processes

module, heap_bytes, end = sys.argv[1:]
tests = one_case.load(module, int(heap_bytes))
while order := sys.stdin.readline():
    name, index, count, proof = order.split()
    copy = processes.fork()
    if not copy:
        if not one_case.passes(tests, name, int(index), int(count)):
            sys.exit(1)
        print(proof)
        sys.exit()
    print("\n%s %d" % (end, processes.wait(copy)))
