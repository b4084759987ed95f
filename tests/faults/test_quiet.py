"""Sessions with nothing wrong: none may trip. A sample of them here, the whole kept; and what
would be a trip is seen as one.
"""

import json
from pathlib import Path

import pytest

from evenpulse.base.errors import BadUsage
from evenpulse.faults import quiet, situations
from preset_facts import FACTS, first_pulse
from stimcore import prescription

KEPT = Path(__file__).parent / "kept" / "quiet.json"


@pytest.fixture(scope="module")
def flash():
    document = situations.document() | {
        "program": [quiet.program(preset) for preset in quiet.PRESETS]
    }
    return situations.prescribed_flash(document)


def test_every_preset_is_there_at_its_fastest_and_for_good():
    """The fact sheet's highest rate and longest phase, and no pause in which nothing could trip."""
    assert set(quiet.PRESETS) == set(FACTS)
    for name, facts in FACTS.items():
        made = prescription.from_toml_dict(
            situations.document() | {"program": [quiet.program(name)]}
        )["programs"][0]
        sheet = facts["program"]
        assert made["rate_mpps"] == first_pulse(name)[0]
        assert made["phase_us"] == max(
            sheet.get("sweep", {"phase_us": [sheet.get("phase_us")]})["phase_us"]
        )
        assert (
            "on_ms" not in made and "sweep" not in made and ("burst" in made) == ("burst" in sheet)
        )


@pytest.mark.parametrize("preset", ["pain-modulated", "strength"])
def test_nothing_trips(flash, preset):
    told = quiet.run(flash, preset, 3, 8)
    rate = {"pain-modulated": 125, "strength": 50}[preset]
    assert (
        told["trips"] == []
        and told["simulated_s"] == 8
        and told["loads"] > 1
        and told["presses"] > 5
    )
    assert all(abs(pulses - 8 * rate) <= 1 for pulses in told["pulses"])


def test_a_lead_that_falls_off_is_a_trip(flash, monkeypatch):
    loads = iter([{"series_ohm": 500.0}] * 12)
    monkeypatch.setattr(quiet, "_load", lambda chance: next(loads, {"open": True}))
    monkeypatch.setattr(quiet, "_BUTTONS", ("UP",))
    told = quiet.run(flash, "pain-conventional", 1, 30)
    assert any(trip.startswith("HV_EN fell") for trip in told["trips"]) and told["simulated_s"] < 30


def test_the_kept_run_is_whole():
    kept = json.loads(KEPT.read_text())
    assert kept["trips"] == 0 and {one["preset"] for one in kept["sessions"]} == set(quiet.PRESETS)
    assert all(
        one["simulated_s"] >= 120
        and one["trips"] == []
        and one["presses"] > 60
        and one["loads"] > 30
        for one in kept["sessions"]
    )


@pytest.mark.parametrize(
    "arguments, says", [(["--only", "nonsense"], "pain-burst"), (["--seconds", "0"], "0 to 1100")]
)
def test_bad_options(arguments, says):
    with pytest.raises(BadUsage, match=says):
        quiet.main(arguments)
