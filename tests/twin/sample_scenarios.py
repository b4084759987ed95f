"""A prescription and scenarios for tests: 2 channels at 50 pps, started by hand."""

from sample_prescription import GOOD_TOML

PRESCRIPTION = GOOD_TOML
for _from, _to in (
    ("phase_us = 100", "phase_us = 137"),
    ("gap_us = 50", "gap_us = 61"),
    ("rate_pps = 80.0", "rate_pps = 50.0"),
    ("ramp_up_s = 2.0", "ramp_up_s = 0.0"),
):
    PRESCRIPTION = PRESCRIPTION.replace(_from, _to)

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
