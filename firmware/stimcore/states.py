"""The states of a session by name; their places are their numbers, in the scratch register and the
journal.
"""

STATES = ("BOOT", "READY", "ARMED", "RUNNING", "PAUSED", "ENDED", "FAULT", "SERVICE")
# A session is going on: whoever is treated is connected
GOING_ON = ("ARMED", "RUNNING", "PAUSED")
