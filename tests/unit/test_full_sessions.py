"""Each preset from START to its end at the longest session the fact sheet gives it, in virtual
time, on both VMs.
"""

import pytest
from preset_facts import FACTS
from samples import document

from stimcore import prescription
from stimcore.inputs import Inputs
from stimcore.session import Session

# Ten times the device's, so that an hour takes seconds under MicroPython
ROUND_MS = 100
PRESETS = sorted(FACTS)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_whole_session(preset):
    minutes, contractions = FACTS[preset]["minutes"][1], FACTS[preset]["contractions"]
    caps = {"ch1_ma": 20, "ch2_ma": 15, "session_min": 60, "sessions_per_day": 3, "rest_min": 30}
    rx = prescription.from_toml_dict(
        document(
            {"name": preset, "preset": preset, "channels": [1, 2], "minutes": minutes}, caps=caps
        )
    )
    session, inputs = Session(), Inputs()
    session.load(rx["programs"], (20_000, 15_000))
    session.step(ROUND_MS, inputs)
    now_ms, running_ms, rises, was, progress = ROUND_MS, 0, 0, 0, []
    inputs.held = "START"
    while session.state != "ENDED":
        now_ms += ROUND_MS
        session.step(now_ms, inputs)
        inputs.held = inputs.pressed = ""
        running = session.state == "RUNNING"
        assert (
            session.pulsing == running
            and (running or session.ua == [0, 0])
            and now_ms < 61 * 60_000
        )
        assert (
            session.ua[0] <= session.set_ua[0] <= 20_000
            and session.ua[1] <= session.set_ua[1] <= 15_000
        )
        if running:
            running_ms += ROUND_MS
            if session.set_ua[0] < 10_000 and now_ms % 600 == 0:
                inputs.pressed = "UP"
            rises += session.ua[0] > 0 and not was
            was = session.ua[0]
        if session.event and session.event[0] == "progress":
            progress.append(session.event[1]["left_s"])
    assert running_ms == minutes * 60_000
    assert session.strength.peak_ua == [10_000, 10_000] and rises == max(1, contractions)
    name, fields = session.event
    assert (
        name == "end"
        and fields["left_s"] == 0
        and fields["used_s"] == minutes * 60
        and fields["program"] == preset
    )
    whole = list(range(600, minutes * 60, 300))
    assert [minutes * 60 - left_s for left_s in progress] == [10, 20, 40, 80, 160, 300] + whole
    assert session.rating.asking == "after"
