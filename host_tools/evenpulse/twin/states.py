"""The session's states as the device mirrors them into SCRATCH0: a number for each name of the
session's own list.
"""

from stimcore.states import STATES

READY, ARMED, RUNNING, PAUSED, ENDED, FAULT, SERVICE = map(
    STATES.index, ("READY", "ARMED", "RUNNING", "PAUSED", "ENDED", "FAULT", "SERVICE")
)

# No state of the session: there is no power
OFF = "OFF"


def name(state: int) -> str:
    """How a state is called; "unknown N" for a number that is none."""
    return STATES[state] if state < len(STATES) else f"unknown {state}"
