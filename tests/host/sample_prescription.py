"""A prescription that every limit allows, for tests to spoil in one place, and a moment at which
it is in force.
"""

import datetime
from pathlib import Path

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)

HEAD = """\
id = "rx-0001"
counter = 1
patient = "P-017"
issued = 2026-11-22
expires = 2027-02-22
device = "*"
electrode_cm2 = 25.0
[checks]
contraindications_excluded = true
sensation_tested = true
[caps]
ch1_ma = 30.0
ch2_ma = 30.0
session_min = 30
sessions_per_day = 3
rest_min = 30
[[program]]
"""
GOOD_TOML = (
    HEAD
    + """\
name = "Pain relief"
preset = "pain-conventional"
channels = [1, 2]
offset_us = 0
phase_us = 100
gap_us = 50
rate_pps = 80.0
minutes = 20
ramp_up_s = 2.0
ramp_down_s = 1.0
"""
)


def answered(file: Path) -> None:
    """What a person does with a file of `prescribe new`, once the checks are made."""
    file.write_text(file.read_text().replace("= false", "= true"))
