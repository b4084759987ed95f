"""The output table of a prescription on a board: computed, measured on the twin, beside the
limits.
"""
