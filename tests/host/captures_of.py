"""Prescriptions of one program, as a clinician writes them, for tests of captures."""

import json

import capture_files
from sample_prescription import HEAD

OFFSET_US = 1_000
# Of the planted errors: two channels, 50 pps.
PAIN = {"phase_us": 137, "gap_us": 61, "rate_pps": 50, "offset_us": OFFSET_US}


def session(ms=1_900):
    """The waves of a session of PAIN, ended by STOP."""
    return capture_files.stopped(PAIN, ms)


def rx_file(folder):
    """The prescription of PAIN in a file."""
    path = folder / "rx.toml"
    path.write_text(toml(PAIN))
    return path


def toml(program):
    values = {"name": "Test", "channels": [1, 2], "minutes": 20, **program}
    return HEAD + "".join(f"{key} = {_written(value)}\n" for key, value in values.items())


def _written(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_written(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)
