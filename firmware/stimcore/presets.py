"""Programs offered by name, in device form, each with where its numbers come from and how sure they
are.

A preset names a use and promises nothing: a clinician confirms every number. `source`: what the
literature gives, ranges included; `sure`: "primary" (the text was read), "secondary" (quoted by
others). The gap of 50 us is this product's choice.
"""

PRESETS = {
    "pain-conventional": {
        "use": "pain relief, sensory level: strong but comfortable, no twitch",
        "sure": "secondary",
        "source": "quoted by others: 100 pps, 100 us, continuous, 30 to 60 minutes",
        "values": {"phase_us": 100, "gap_us": 50, "rate_mpps": 100_000, "session_s": 1_800},
    },
    "pain-lowrate": {
        "use": "acupuncture-like pain relief, motor level: visible painless twitch",
        "sure": "secondary",
        "source": "quoted by others: 2 to 4 pps, 200 us, continuous, 20 to 45 minutes",
        "values": {"phase_us": 200, "gap_us": 50, "rate_mpps": 4_000, "session_s": 1_800},
    },
    "pain-burst": {
        "use": "pain relief in bursts; sources disagree on the phase duration",
        "sure": "secondary",
        "source": (
            "quoted by others: 100 pps inside, 2 bursts a second, 150 us, 20 to 45 minutes; "
            "7 pulses a burst is this product's choice"
        ),
        "values": {
            "phase_us": 150,
            "gap_us": 50,
            "session_s": 1_800,
            "burst": {"pulses": 7, "inner_mpps": 100_000, "per_s_mpps": 2_000},
        },
    },
    "pain-modulated": {
        "use": "pain relief against habituation: rate and phase duration sweep",
        "sure": "secondary",
        "source": "quoted by others: 125 to 2 pps and back in 12 s, 100 to 200 us, 30 minutes",
        "values": {
            "gap_us": 50,
            "session_s": 1_800,
            "sweep": {"rate_mpps": [125_000, 2_000], "phase_us": [100, 200], "period_ms": 12_000},
        },
    },
    "strength": {
        "use": "muscle strengthening, 10 to 20 contractions",
        "sure": "primary",
        "source": (
            "text read: 50 pps (30 to 75), 300 us (250 to 400), 10 s on, 50 s off, ramps 2 s "
            "and 1 s, 10 to 20 contractions, at most 20 minutes"
        ),
        "values": {
            "phase_us": 300,
            "gap_us": 50,
            "rate_mpps": 50_000,
            "session_s": 1_200,
            "ramp_up_ms": 2_000,
            "ramp_down_ms": 1_000,
            "on_ms": 10_000,
            "off_ms": 50_000,
        },
    },
    "bloodflow": {
        "use": "local circulation; above motor threshold, or it does nothing",
        "sure": "primary",
        "source": "text read: 4 pps, 200 us, above motor threshold, 15 to 30 minutes",
        "values": {"phase_us": 200, "gap_us": 50, "rate_mpps": 4_000, "session_s": 1_200},
    },
    "retrain": {
        "use": "sensory re-education, sensory level; evidence from stroke only",
        "sure": "primary",
        "source": (
            "text read: 20 pps, 200 us, 1 s on, 1 s off, at most 45 minutes; ramps of 0.2 s "
            "are this product's choice"
        ),
        "values": {
            "phase_us": 200,
            "gap_us": 50,
            "rate_mpps": 20_000,
            "session_s": 1_800,
            "on_ms": 1_000,
            "off_ms": 1_000,
            "ramp_up_ms": 200,
            "ramp_down_ms": 200,
        },
    },
}
