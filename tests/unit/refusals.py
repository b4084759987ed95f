"""Bad programs and prescriptions: what is changed in a legal one, and what is to be named."""

# (change of the program, what the message must name)
PROGRAM_REFUSALS = [
    ({"phase_us": 19}, "program[1].phase_us = 19: limit 20 to 500"),
    ({"phase_us": 501}, "program[1].phase_us = 501"),
    ({"phase_us": 100.5}, "program[1].phase_us = 100.5"),
    ({"phase_us": "100"}, "write a number"),
    ({"phase_us": True}, "write a number"),
    ({"phase_us": None}, "program[1].phase_us = missing"),
    ({"gap_us": 4}, "program[1].gap_us = 4"),
    ({"gap_us": 501}, "program[1].gap_us = 501"),
    ({"rate_pps": 150.5}, "program[1].rate_pps = 150.5: limit 1.0 to 150.0"),
    ({"rate_pps": 0.5}, "program[1].rate_pps = 0.5"),
    ({"rate_pps": -80}, "program[1].rate_pps = -80.0"),
    ({"rate_pps": 10**20}, "sensible size"),
    ({"minutes": 31}, "caps.session_min"),
    ({"minutes": 61}, "program[1].minutes = 61.0: limit 0.016666 to 60.0"),
    ({"channels": [3]}, "program[1].channels"),
    ({"channels": [2, 1]}, "each once, in order"),
    ({"channels": [1, 1]}, "each once, in order"),
    ({"channels": []}, "program[1].channels"),
    ({"channels": 1}, "program[1].channels"),
    ({"channels": [[1]]}, "program[1].channels"),
    ({"channels": [True]}, "program[1].channels"),
    ({"channels": [None, {}]}, "program[1].channels"),
    ({"preset": []}, "program[1].preset"),
    ({"channels": [1], "offset_us": 5}, "offset is between two channels"),
    ({"offset_us": 12_500}, "below the shortest period, 12500 us"),
    ({"offset_us": -1}, "program[1].offset_us = -1"),
    ({"name": ""}, "1 to 32 letters of the screen"),
    ({"name": "x" * 33}, "1 to 32 letters of the screen"),
    ({"preset": "nosuch"}, "one of bloodflow"),
    ({"phase": 100}, "unknown key"),
    ({"ramp": "width"}, "one of amplitude, phase"),
    ({"ramp": 5}, "one of amplitude, phase"),
    ({"trigger": "yes"}, "true or false"),
    ({"trigger": True, "offset_us": 100}, "0 with trigger"),
    (
        {
            "ramp": "phase",
            "rate_pps": None,
            "sweep": {"rate_pps": [80, 2], "phase_us": [100, 200], "period_s": 12},
        },
        "phase with sweep",
    ),
    ({"on_s": 10}, "on_s and off_s together"),
    ({"on_s": 2, "off_s": 2}, "ramp_up_s + ramp_down_s"),
    ({"burst": {"pulses": 7, "inner_pps": 100, "per_s": 2}}, "the same as burst.inner_pps"),
    (
        {"burst": {"pulses": 50, "inner_pps": 80, "per_s": 2}},
        "one burst ends, with its last period, before the next",
    ),
    ({"burst": {"pulses": 7, "inner_pps": 151, "per_s": 2}, "rate_pps": None}, "burst.inner_pps"),
    ({"burst": {"pulses": 7, "inner_pps": 80}}, "burst.per_s = missing"),
    ({"burst": 3}, "a table"),
    (
        {
            "sweep": {"rate_pps": [80, 2], "phase_us": [100, 200], "period_s": 12},
            "burst": {"pulses": 7, "inner_pps": 80, "per_s": 2},
        },
        "burst or sweep, not both",
    ),
    (
        {"sweep": {"rate_pps": [80, 200], "phase_us": [100, 200], "period_s": 12}},
        "sweep.rate_pps = 200.0",
    ),
    (
        {"sweep": {"rate_pps": [80], "phase_us": [100, 200], "period_s": 12}},
        "two values, from and to",
    ),
    (
        {"sweep": {"rate_pps": [90, 2], "phase_us": [100, 200], "period_s": 12}},
        "sweep.rate_pps decides",
    ),
]
TOP_REFUSALS = [
    ({"id": None}, "id = missing"),
    ({"counter": 0}, "counter = 0"),
    ({"counter": 1.5}, "counter = 1.5"),
    ({"patient": 5}, "patient"),
    ({"expires": "2026-02-30"}, "expires = 2026-02-30"),
    ({"expires": "2026-13-01"}, "expires = 2026-13-01"),
    ({"expires": "2026-00-10"}, "expires = 2026-00-10"),
    ({"expires": "2026-11-21"}, "on or after issued"),
    ({"issued": "22.11.2026"}, "issued = 22.11.2026"),
    ({"electrode_cm2": 0.5}, "electrode_cm2 = 0.5: limit 1.0 to 400.0"),
    ({"caps": None}, "caps = missing"),
    ({"caps": 5}, "a table"),
    ({"checks": None}, "checks"),
    ({"colour": "red"}, "colour = unknown key"),
    ({"checks": {"contraindications_excluded": True}}, "checks.sensation_tested"),
    (
        {"checks": {"contraindications_excluded": True, "sensation_tested": "yes"}},
        "checks.sensation_tested = yes",
    ),
    ({"checks": {"contraindications_excluded": True, "sensation_tested": False}}, "make the check"),
    ({"program": []}, "at least one"),
    ({"program": 7}, "at least one"),
    (
        {
            "caps": {
                "ch1_ma": 101,
                "ch2_ma": 30,
                "session_min": 30,
                "sessions_per_day": 3,
                "rest_min": 30,
            }
        },
        "caps.ch1_ma = 101.0",
    ),
    (
        {
            "caps": {
                "ch1_ma": 30,
                "ch2_ma": 30,
                "session_min": 61,
                "sessions_per_day": 3,
                "rest_min": 30,
            }
        },
        "caps.session_min = 61.0",
    ),
    (
        {
            "caps": {
                "ch1_ma": 30,
                "ch2_ma": 30,
                "session_min": 30,
                "sessions_per_day": 3,
                "rest_min": 29,
            }
        },
        "caps.rest_min = 29.0",
    ),
    (
        {"caps": {"ch1_ma": 30, "session_min": 30, "sessions_per_day": 3, "rest_min": 30}},
        "caps.ch2_ma = missing",
    ),
]
