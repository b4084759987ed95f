"""Ways to spoil the sample prescription in one place, and what the refusal must mention. Data
only.
"""

from sample_prescription import GOOD_TOML

# Situation, text to find, text instead, what the message must mention
SYNTAX = [
    ("no value", "counter = 1", "counter =", ["not valid TOML", "line 2"]),
    ("an open quote", 'patient = "P-017"', 'patient = "P-017', ["not valid TOML", "line 3"]),
    ("a key twice", "counter = 1", "counter = 1\ncounter = 2", ["not valid TOML", "line 3"]),
    ("a table twice", "[caps]", "[checks]\n[caps]", ["not valid TOML", "line 11"]),
    ("a decimal comma", "ch1_ma = 30.0", "ch1_ma = 30,0", ["not valid TOML", "line 12"]),
    (
        "a day that is not",
        "issued = 2026-11-22",
        "issued = 2026-02-30",
        ["not valid TOML", "line 4"],
    ),
]
MISSING = [
    (key, f"{key} =", f"# {key} =", [f"{prefix}{key} is missing"])
    for prefix, key in [
        ("", "id"),
        ("", "counter"),
        ("", "patient"),
        ("", "issued"),
        ("", "expires"),
        ("", "device"),
        ("caps.", "ch1_ma"),
        ("caps.", "ch2_ma"),
        ("caps.", "session_min"),
        ("caps.", "sessions_per_day"),
        ("caps.", "rest_min"),
        ("program[1].", "name"),
        ("program[1].", "channels"),
    ]
]
SHAPE = [
    (
        "a misspelt key",
        "phase_us = 100",
        "phas_us = 100",
        ["unknown key program[1].phas_us", "did you mean phase_us?"],
    ),
    ("a misspelt cap", "ch1_ma", "ch1ma", ["unknown key caps.ch1ma", "did you mean ch1_ma?"]),
    ("a misspelt table", "[caps]", "[cap]", ["unknown key cap", "did you mean caps?"]),
    (
        "a strange key",
        "counter = 1",
        "counter = 1\nzzz = 1",
        ["unknown key zzz", "known here: id, counter"],
    ),
    (
        "a misspelt check",
        "sensation_tested",
        "sensation_test",
        ["checks.sensation_test", "did you mean sensation_tested?"],
    ),
    ("a number for a text", 'id = "rx-0001"', "id = 7", ["id = 7", "1 to 32 printable ASCII"]),
    (
        "a text for a number",
        "phase_us = 100",
        'phase_us = "100"',
        ['program[1].phase_us = "100"', "a number"],
    ),
    ("a truth for a number", "counter = 1", "counter = true", ["counter = true", "a number"]),
    (
        "a text for a day",
        "issued = 2026-11-22",
        'issued = "soon"',
        ['issued = "soon"', "a day like"],
    ),
    (
        "a day with a time",
        "issued = 2026-11-22",
        "issued = 2026-11-22T08:00:00Z",
        ["issued = 2026-11-22T08:00", "time of day"],
    ),
    (
        "a number for a day",
        "expires = 2027-02-22",
        "expires = 20270222",
        ["expires = 20270222", "a day like"],
    ),
    ("a number for a table", "[caps]", "caps = 1\n[cap]", ["unknown key"]),
    ("NaN", "rate_pps = 80.0", "rate_pps = nan", ["program[1].rate_pps = NaN", "a finite number"]),
    ("infinity", "ch1_ma = 30.0", "ch1_ma = -inf", ["caps.ch1_ma = -Infinity", "a finite number"]),
    ("a huge exponent", "ch1_ma = 30.0", "ch1_ma = 1e999999", ["caps.ch1_ma", "at most 15 digits"]),
    (
        "a tiny exponent",
        "ch1_ma = 30.0",
        "ch1_ma = 1e-999999",
        ["caps.ch1_ma", "at most 15 digits"],
    ),
    (
        "thirty digits",
        "ch1_ma = 30.0",
        "ch1_ma = 30." + "1" * 30,
        ["caps.ch1_ma", "at most 15 digits"],
    ),
    ("a huge integer", "counter = 1", "counter = " + "9" * 40, ["counter = 9999", "sensible size"]),
    (
        "an integer beyond Python's patience",
        "counter = 1",
        "counter = " + "9" * 5000,
        ["a number of 5000 digits", "at most 60"],
    ),
    (
        "half a microsecond",
        "phase_us = 100",
        "phase_us = 100.5",
        ["program[1].phase_us = 100.5", "multiple of 1/1"],
    ),
    (
        "an unknown preset",
        "pain-conventional",
        "pain-convent",
        ['program[1].preset = "pain-convent', "pain-conventional"],
    ),
    ("no program", GOOD_TOML[GOOD_TOML.index("[[program]]") :], "", ["at least one [[program]]"]),
    (
        "a misspelt program",
        "[[program]]",
        "[[programme]]",
        ["unknown key programme", "did you mean program?"],
    ),
    (
        "a check not made",
        "sensation_tested = true",
        "sensation_tested = false",
        ["checks.sensation_tested = false", "make the check"],
    ),
    (
        "a check left open",
        "sensation_tested = true",
        "",
        ["checks.sensation_tested", "make the check"],
    ),
    (
        "over before it began",
        "expires = 2027-02-22",
        "expires = 2026-11-21",
        ["expires = 2026-11-21", "on or after issued"],
    ),
    (
        "a third channel",
        "channels = [1, 2]",
        "channels = [1, 3]",
        ["program[1].channels = [1, 3]", "board nmes2"],
    ),
    ("a channel twice", "channels = [1, 2]", "channels = [1, 1]", ["program[1].channels = [1, 1]"]),
    (
        "a longer program than the cap",
        "minutes = 20",
        "minutes = 31",
        ["program[1].minutes", "caps.session_min"],
    ),
    (
        "on without off",
        "ramp_up_s = 2.0",
        "on_s = 10.0",
        ["program[1].on_s", "on_s and off_s together"],
    ),
    (
        "an offset beyond the period",
        "offset_us = 0",
        "offset_us = 12500",
        ["program[1].offset_us = 12500", "12500 us"],
    ),
    (
        "two patterns",
        "minutes = 20",
        "minutes = 20\nburst = { pulses = 7, inner_pps = 80.0, per_s = 2.0 }\n"
        "sweep = { rate_pps = [80.0, 2.0], phase_us = [100, 200], period_s = 12.0 }",
        ["program[1].burst", "not both"],
    ),
]
# The numbers are those of the project's table of limits (hard ceilings, output limits), worked out
# by hand: charge <= 20 + 28 t uC; average = 2 t f I < 10 mA; rms = I sqrt(2 t f) <= 2 mA/cm2;
# r.m.s. <= 50 mA; 500 ohm * rms^2 < 0.25 W/cm2.
LIMITS = [
    (
        "amplitude",
        "ch1_ma = 30.0",
        "ch1_ma = 100.001",
        ["caps.ch1_ma = 100.001", "0.0 to 100.0", "compiled ceiling"],
    ),
    (
        "amplitude of channel 2",
        "ch2_ma = 30.0",
        "ch2_ma = -0.001",
        ["caps.ch2_ma = -0.001", "0.0 to 100.0"],
    ),
    (
        "phase too short",
        "phase_us = 100",
        "phase_us = 19",
        ["program[1].phase_us = 19", "20 to 500"],
    ),
    (
        "phase too long",
        "phase_us = 100",
        "phase_us = 501",
        ["program[1].phase_us = 501", "20 to 500"],
    ),
    ("gap below the dead time", "gap_us = 50", "gap_us = 4", ["program[1].gap_us = 4", "5 to 500"]),
    (
        "rate too low",
        "rate_pps = 80.0",
        "rate_pps = 0.999",
        ["program[1].rate_pps = 0.999", "1.0 to 150.0"],
    ),
    (
        "rate too high",
        "rate_pps = 80.0",
        "rate_pps = 150.001",
        ["program[1].rate_pps = 150.001", "1.0 to 150.0"],
    ),
    ("program too long", "minutes = 20", "minutes = 61", ["program[1].minutes = 61", "60"]),
    (
        "session cap too long",
        "session_min = 30",
        "session_min = 61",
        ["caps.session_min = 61", "60"],
    ),
    ("rest too short", "rest_min = 30", "rest_min = 29", ["caps.rest_min = 29", "30"]),
    (
        "electrode too large",
        "electrode_cm2 = 25.0",
        "electrode_cm2 = 400.01",
        ["electrode_cm2 = 400.01", "400"],
    ),
    ("counter zero", "counter = 1", "counter = 0", ["counter = 0", "1 to 1000000000"]),
    (
        "burst too dense",
        "rate_pps = 80.0",
        "burst = { pulses = 7, inner_pps = 151.0, per_s = 2.0 }",
        ["burst.inner_pps = 151.0", "1.0 to 150.0"],
    ),
    (
        "burst that does not fit",
        "rate_pps = 80.0",
        "burst = { pulses = 50, inner_pps = 100.0, per_s = 2.5 }",
        ["program[1].burst.pulses = 50"],
    ),
    (
        "sweep too fast",
        "rate_pps = 80.0",
        "sweep = { rate_pps = [151.0, 2.0], phase_us = [100, 200], period_s = 12.0 }",
        ["sweep.rate_pps = 151.0", "1.0 to 150.0"],
    ),
    # 99 mA * 400 us = 39.6 uC > 20 + 28 * 0.4 = 31.2 uC (and Shannon k = 1.5 on 25 cm2 allows 28.1
    # uC)
    (
        "charge a phase",
        "ch1_ma = 30.0\nch2_ma = 30.0",
        "ch1_ma = 99.0\nch2_ma = 30.0",
        ["caps.ch1_ma", "nC a phase", "39600 nC"],
    ),
    # On 400 cm2 Shannon allows 112 uC, so FDA's 31.2 uC decides: 79 mA * 400 us = 31.6 uC
    (
        "charge by the FDA draft",
        "electrode_cm2 = 25.0",
        "electrode_cm2 = 400.0",
        ["31200 nC a phase", "31600 nC"],
    ),
    # On 1 cm2: 30 mA * sqrt(2 * 150e-6 * 80) = 4.647 mA r.m.s. > 2 mA; 4.5 uC is below Shannon's
    # 5.6
    (
        "density on a small electrode",
        "electrode_cm2 = 25.0",
        "electrode_cm2 = 1.0",
        ["caps.ch1_ma", "2000 uA r.m.s. on 100 mm2", "here 4647 uA"],
    ),
    # 67 mA * 2 * 500e-6 * 150 = 10.05 mA; the charge, 33.5 uC, is below the draft's 34 uC
    (
        "average current",
        "electrode_cm2 = 25.0",
        "electrode_cm2 = 400.0",
        ["caps.ch1_ma", "below 10000 uA on average", "here 10050 uA"],
    ),
    (
        "too many sessions",
        "sessions_per_day = 3",
        "sessions_per_day = 25",
        ["caps.sessions_per_day = 25", "24"],
    ),
]
CHARGE_EDITS = {
    "charge a phase": [("phase_us = 100", "phase_us = 400")],
    "charge by the FDA draft": [
        ("phase_us = 100", "phase_us = 400"),
        ("ch1_ma = 30.0", "ch1_ma = 79.0"),
    ],
    "density on a small electrode": [("phase_us = 100", "phase_us = 150")],
    "average current": [
        ("phase_us = 100", "phase_us = 500"),
        ("rate_pps = 80.0", "rate_pps = 150.0"),
        ("ch1_ma = 30.0", "ch1_ma = 67.0"),
    ],
}
