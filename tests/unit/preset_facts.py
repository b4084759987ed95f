"""What each preset is, as the fact sheet writes it, for every test of presets: typed from there,
not from the firmware.

A new preset gets a row here, and is then checked, played to its end, and measured at the pins.
"""

# Name: the program as a prescription writes it; session in minutes, least and most; contractions in
# the longest one
FACTS = {
    "pain-conventional": {
        "program": {"rate_pps": 100, "phase_us": 100},
        "minutes": (30, 60),
        "contractions": 0,
    },
    "pain-lowrate": {
        "program": {"rate_pps": 4, "phase_us": 200},
        "minutes": (20, 45),
        "contractions": 0,
    },
    "pain-burst": {
        "program": {"burst": {"pulses": 7, "inner_pps": 100, "per_s": 2}, "phase_us": 150},
        "minutes": (20, 45),
        "contractions": 0,
    },
    "pain-modulated": {
        "program": {"sweep": {"rate_pps": [125, 2], "phase_us": [100, 200], "period_s": 12}},
        "minutes": (30, 30),
        "contractions": 0,
    },
    "strength": {
        "program": {"rate_pps": 50, "phase_us": 300},
        "minutes": (1, 20),
        "contractions": 20,
    },
    "bloodflow": {
        "program": {"rate_pps": 4, "phase_us": 200},
        "minutes": (15, 30),
        "contractions": 0,
    },
    "retrain": {
        "program": {"rate_pps": 20, "phase_us": 200},
        "minutes": (1, 45),
        "contractions": 45 * 30,
    },
}


def first_pulse(name):
    """(rate in mpps, phase in us) of the first pulse."""
    program = FACTS[name]["program"]
    rate_pps = (
        program.get("rate_pps")
        or program.get("burst", {}).get("inner_pps")
        or program["sweep"]["rate_pps"][0]
    )
    phase_us = program.get("phase_us") or program["sweep"]["phase_us"][0]
    return rate_pps * 1_000, phase_us
