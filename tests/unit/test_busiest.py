"""What the limits are judged at: the longest phase that a program can make, and the most pulses
of any one second, counted by hand.
"""

import pytest
from samples import board, document, program

from stimcore import prescription
from stimcore.errors import Refused
from stimcore.busy import busiest_mpps


def device_form(**changes):
    return prescription.from_toml_dict(document(program(**changes)))["programs"][0]


# Pulses of a second that begins with one. Bursts of 7 at 100 pps: at 0 and 667 ms there are two of
# them, both whole; at 0, 400 and 800 three. Bursts of 50 at 100 pps, 0.6 a second: one, and none of
# the next, which begins at 1.667 s; 1.5 a second: 50 and the first 34 of the next.
SECONDS = [
    ({"rate_pps": 3}, 4),
    ({"rate_pps": 1}, 1),
    ({"rate_pps": 100}, 100),
    ({"rate_pps": 80.5}, 81),
    ({"burst": {"pulses": 7, "inner_pps": 100, "per_s": 1.5}}, 14),
    ({"burst": {"pulses": 7, "inner_pps": 100, "per_s": 2.5}}, 21),
    ({"burst": {"pulses": 50, "inner_pps": 100, "per_s": 0.6}}, 50),
    ({"burst": {"pulses": 50, "inner_pps": 100, "per_s": 1.5}}, 84),
    ({"sweep": {"rate_pps": [2, 125], "phase_us": [100, 200], "period_s": 12}}, 125),
]


@pytest.mark.parametrize("row", SECONDS)
def test_the_most_pulses_of_any_one_second(row):
    changes, pulses = row
    if "rate_pps" not in changes:
        changes = dict(changes, rate_pps=None, phase_us=None if "sweep" in changes else 100)
    assert busiest_mpps(device_form(**changes)) == 1_000 * pulses


@pytest.mark.parametrize("phases_us", [[100, 500], [500, 100]])
def test_a_sweep_is_judged_at_its_longest_phase(phases_us):
    """On 2 cm2 a phase of 100 us may carry 30 mA, one of 500 us may not."""
    own = board(SMALLEST_ELECTRODE_MM2=100)
    short = document(program(phase_us=100, rate_pps=2), electrode_cm2=2)
    prescription.check(prescription.from_toml_dict(short), own)
    sweep = {"rate_pps": [2, 2], "phase_us": phases_us, "period_s": 12}
    with pytest.raises(Refused) as no:
        prescription.check(
            prescription.from_toml_dict(
                document(program(sweep=sweep, rate_pps=None, phase_us=None), electrode_cm2=2)
            ),
            own,
        )
    assert no.value.field == "caps.ch1_ma"
