"""What the tests of tightening limits share: every number of a prescription in device form,
where it lies, and its ceiling.
"""

from samples import board, document, program

from stimcore import prescription
from stimcore.errors import Refused

# (where in device form, name in the file, lowest, highest): the fact sheet's ceilings, and what the
# product adds to them
NUMBERS = [
    (("counter",), "counter", 1, 1_000_000_000_000),
    (("electrode_mm2",), "electrode_cm2", 100, 40_000),
    (("caps", "ch1_ua"), "caps.ch1_ma", 0, 100_000),
    (("caps", "ch2_ua"), "caps.ch2_ma", 0, 100_000),
    (("caps", "session_s"), "caps.session_min", 1, 3_600),
    (("caps", "sessions_per_day"), "caps.sessions_per_day", 1, 24),
    (("caps", "rest_s"), "caps.rest_min", 1_800, 86_400),
    (("programs", 0, "phase_us"), "program[1].phase_us", 20, 500),
    (("programs", 0, "gap_us"), "program[1].gap_us", 5, 500),
    (("programs", 0, "rate_mpps"), "program[1].rate_pps", 1_000, 150_000),
    (("programs", 0, "session_s"), "program[1].minutes", 1, 3_600),
    (("programs", 0, "offset_us"), "program[1].offset_us", 0, 1_000_000),
    (("programs", 0, "ramp_up_ms"), "program[1].ramp_up_s", 0, 60_000),
    (("programs", 0, "ramp_down_ms"), "program[1].ramp_down_s", 0, 60_000),
    (("programs", 0, "on_ms"), "program[1].on_s", 100, 600_000),
    (("programs", 0, "off_ms"), "program[1].off_s", 100, 600_000),
    (("programs", 1, "burst", "pulses"), "program[2].burst.pulses", 2, 50),
    (("programs", 1, "burst", "inner_mpps"), "program[2].burst.inner_pps", 1_000, 150_000),
    (("programs", 1, "burst", "per_s_mpps"), "program[2].burst.per_s", 125, 20_000),
    (("programs", 2, "sweep", "rate_mpps", 0), "program[3].sweep.rate_pps", 1_000, 150_000),
    (("programs", 2, "sweep", "rate_mpps", 1), "program[3].sweep.rate_pps", 1_000, 150_000),
    (("programs", 2, "sweep", "phase_us", 0), "program[3].sweep.phase_us", 20, 500),
    (("programs", 2, "sweep", "phase_us", 1), "program[3].sweep.phase_us", 20, 500),
    (("programs", 2, "sweep", "period_ms"), "program[3].sweep.period_s", 1_000, 60_000),
]
# Two numbers in one field of the file, or none: these stand for the whole field.
NO_NUMBERS = [
    None,
    True,
    False,
    "",
    "80",
    "nan",
    [],
    [80],
    [80, 2, 5],
    {},
    {"rate": 80},
    float("nan"),
    float("inf"),
    -float("inf"),
    100.0,
    0.5,
    1e300,
]


def device_form():
    """A legal prescription with every number in it."""
    return prescription.from_toml_dict(
        document(
            program(on_s=10, off_s=10, offset_us=0),
            program(rate_pps=None, burst={"pulses": 7, "inner_pps": 100, "per_s": 2}),
            program(
                rate_pps=None,
                phase_us=None,
                sweep={"rate_pps": [80, 2], "phase_us": [100, 200], "period_s": 12},
            ),
        )
    )


def refusal(where, value, on=None):
    """The refusal of a prescription with this one number changed; None when it is taken. Any
    other exception is a failure.
    """
    rx = device_form()
    at = rx
    for key in where[:-1]:
        at = at[key]
    at[where[-1]] = value
    try:
        prescription.check(rx, on or board())
    except Refused as no:
        return no
    return None


def is_explained(no, name):
    """True for a refusal that names this field of the file, a value, a limit and where that
    comes from, and what to do.
    """
    text = str(no)
    return (
        no.field == name
        and no.limit
        and no.source
        and no.advice
        and text.startswith(name + " = ")
        and str(no.value) in text
        and no.limit in text
        and no.source in text
    )
