"""The real firmware in the loop with the circuit: its samples and its interlock from SPICE, its
edges to SPICE.
"""
