"""The bench: the contract's numbers and the alternatives, measured in system clocks on the
emulated chip.
"""
