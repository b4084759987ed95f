"""A board's output stage as a circuit: read, checked, drawn, driven in SPICE by the firmware's own
edges, and broken part by part. It knows nothing of the firmware or the twin but their files.
"""
