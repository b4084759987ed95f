"""Every preset on the emulated chip, against an independent calculation from the fact sheet's
numbers; channel 2 offset by 1 ms.
"""

import pytest
import rig
from evenpulse.twin.waveform import pulses
from preset_facts import FACTS
from prescribed import CLOCKS_PER_US, program_pulses

# Long enough for the far end of the sweep and past it
LONG_MS = {"pain-modulated": 6_500}
OFFSET_US = 1_000
_MA = 3


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(
        *[
            {"name": name, "preset": name, "channels": [1, 2], "offset_us": OFFSET_US}
            for name in FACTS
        ]
    )


@pytest.mark.parametrize("name", FACTS)
def test_a_preset_leaves_the_pins_as_the_fact_sheet_has_it(flash, name):
    twin = rig.running(flash, select=list(FACTS).index(name))
    twin.run_ms(LONG_MS.get(name, 1_200))
    origin = None
    for number in (1, 2):
        got = pulses(twin.edges, rig.gpio(twin, f"CH{number}_A"), rig.gpio(twin, f"CH{number}_B"))
        origin = got[0].a_start if number == 1 else origin
        wanted = program_pulses({**FACTS[name]["program"], "gap_us": 50}, len(got))
        assert len(got) >= 4
        offset = OFFSET_US * CLOCKS_PER_US * (number - 1)
        for measured, pulse in zip(got, wanted, strict=True):
            start = origin + offset + pulse.start_us * CLOCKS_PER_US
            phase, gap = pulse.phase_us * CLOCKS_PER_US, pulse.gap_us * CLOCKS_PER_US
            assert tuple(vars(measured).values()) == (
                start,
                start + phase,
                start + phase + gap,
                start + 2 * phase + gap,
            )


@pytest.mark.parametrize(
    "row",
    [
        ("strength", [(100, 0.0), (1_100, 0.5), (2_500, 1.0)]),
        ("retrain", [(100, 0.5), (500, 1.0), (900, 0.5), (1_500, 0.0)]),
    ],
    ids=lambda row: row[0],
)
def test_on_and_off_shape_the_amplitude(flash, row):
    """Strength ramps up in 2 s; retrain is on for 1 s with ramps of 0.2 s, then off. Times from
    the first pulse, 3 mA asked for.
    """
    name, points = row
    twin = rig.running(flash, select=list(FACTS).index(name))
    # Within the first second: four presses a second count
    for _ in range(_MA):
        twin.press("UP", 60)
        twin.run_ms(260)
    first = pulses(twin.edges, rig.gpio(twin, "CH1_A"), rig.gpio(twin, "CH1_B"))[0].a_start
    cycle_ms = 60_000 if name == "strength" else 2_000
    pin = rig.gpio(twin, "CH1_AMP")
    if name == "strength":
        points = [point for point in points if point[0] > 1_000]
    base_ms = 0 if name == "strength" else cycle_ms
    for ms, share in points:
        at = first + (base_ms + ms) * 125_000
        twin.run_to(at)
        duty = [duty for clock, gpio, duty in twin.world.duties if gpio == pin and clock <= at][-1]
        assert abs(duty * 100 - _MA * share) < _MA * 0.12, (ms, duty)
