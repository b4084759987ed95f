# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The exact run loop with its CPU on silicon's time (silicon.py says what that is): the source of
`_exact` once more, compiled with SILICON.
"""

cdef extern from *:
    """
    #define SILICON 1
    """

include "_exact.pyx"
