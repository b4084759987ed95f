"""Who may do what in which state: one table, and what is not in it is denied.

patient: whoever holds the device, with its buttons. host: whoever is at the other end of the cable,
nothing proved. clinician: a message over the link that an installed clinic key has signed. service:
SELECT was held at power-on.
"""

_ALWAYS = ("BOOT", "READY", "ARMED", "RUNNING", "PAUSED", "ENDED", "FAULT")
_AT_REST = ("READY", "ENDED")

# Action: {role: states}
MAY = {
    "info": {"host": _ALWAYS},
    "status": {"host": _ALWAYS},
    "log": {"host": _ALWAYS},
    # What the checks at power-on found; runs nothing
    "self_test": {"host": _ALWAYS},
    # Offers a prescription; takes nothing
    "configure": {"clinician": _AT_REST},
    # Within the tolerance of parts, never past a ceiling
    "calibrate": {"host": _AT_REST},
    # These three: only on a board that says it has no output stage
    "run": {"host": ("READY", "ENDED", "FAULT")},
    "keep_alive": {"host": _ALWAYS},
    "stop": {"host": _ALWAYS},
    # Offers other firmware; takes nothing
    "update": {"host": _AT_REST},
    # A prescription or an update that was offered, with a button held
    "accept": {"patient": _AT_REST},
    "keys": {"service": ("SERVICE",)},
}


def states(role, action):
    """States in which the role may do this: none where the table has no entry."""
    return MAY.get(action, {}).get(role, ())


def may(role, action, state):
    """True when the table says so."""
    return state in states(role, action)
