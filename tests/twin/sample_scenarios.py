"""A prescription and scenarios for tests: 2 channels at 50 pps, started by hand."""

PRESCRIPTION = """\
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
name = "Pain relief"
preset = "pain-conventional"
channels = [1, 2]
offset_us = 0
phase_us = 137
gap_us = 61
rate_pps = 50.0
minutes = 20
ramp_up_s = 0.0
ramp_down_s = 1.0
"""

HEAD = """\
board = "nmes2"
prescription = "pain.toml"
until_ms = {until_ms}
[load]
ch1_ohm = 500
"""

START = """\
[[event]]
at_ms = 100
do = "hold"
button = "START"
for_ms = 1500
"""


def event(at_ms, do, **parameters):
    lines = [
        f"{name} = {value!r}".replace("'", '"')
        for name, value in {"at_ms": at_ms, "do": do, **parameters}.items()
    ]
    return "[[event]]\n" + "\n".join(lines) + "\n"


def scenario(folder, until_ms, *events, name="scenario.toml"):
    """Write a scenario that starts a session and then does `events`; its path."""
    path = folder / name
    path.write_text(HEAD.format(until_ms=until_ms) + START + "".join(events))
    return path
