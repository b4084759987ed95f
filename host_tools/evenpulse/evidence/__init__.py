"""Kept evidence: results that take too long for every test run, each bound to the sources that
it speaks of.
"""
