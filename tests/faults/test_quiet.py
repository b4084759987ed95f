"""Sessions with nothing wrong: none may trip. A sample of them here, the whole kept; and what would be a trip is seen as one."""

import json
from pathlib import Path

import pytest

from evenpulse.errors import BadUsage
from evenpulse.faults import quiet, situations
from stimcore.presets import PRESETS

KEPT = Path(__file__).parent / "kept" / "quiet.json"


@pytest.fixture(scope="module")
def flash():
    document = situations.document() | {"program": [quiet.program(preset) for preset in quiet.FASTEST]}
    return situations.prescribed_flash(document)


def test_every_preset_is_there_at_its_fastest():
    assert set(quiet.FASTEST) == set(PRESETS)
    for preset, given in quiet.FASTEST.items():
        values = PRESETS[preset]["values"]
        sweep = values.get("sweep")
        if given:
            assert 1_000 * given["rate_pps"] == (sweep["rate_mpps"][0] if sweep else values["rate_mpps"])
            assert given["phase_us"] == (sweep["phase_us"][1] if sweep else values["phase_us"]) and given["gap_us"] == values["gap_us"]
            assert [1_000 * given.get(key, 0) for key in ("ramp_up_s", "ramp_down_s")] == [values.get("ramp_up_ms", 0), values.get("ramp_down_ms", 0)]
        else:
            assert "on_ms" not in values and not sweep


@pytest.mark.parametrize("preset", ["pain-modulated", "strength"])
def test_nothing_trips(flash, preset):
    told = quiet.run(flash, preset, 3, 8)
    rate = {"pain-modulated": 125, "strength": 50}[preset]
    assert told["trips"] == [] and told["simulated_s"] == 8 and told["loads"] > 1 and told["presses"] > 5
    assert all(abs(pulses - 8 * rate) <= 1 for pulses in told["pulses"])


def test_a_lead_that_falls_off_is_a_trip(flash, monkeypatch):
    loads = iter([{"series_ohm": 500.0}] * 12)
    monkeypatch.setattr(quiet, "_load", lambda chance: next(loads, {"open": True}))
    monkeypatch.setattr(quiet, "_BUTTONS", ("UP",))
    told = quiet.run(flash, "pain-conventional", 1, 30)
    assert any(trip.startswith("HV_EN fell") for trip in told["trips"]) and told["simulated_s"] < 30


def test_the_kept_run_is_whole():
    kept = json.loads(KEPT.read_text())
    assert kept["trips"] == 0 and {one["preset"] for one in kept["sessions"]} == set(PRESETS)
    assert all(one["simulated_s"] >= 120 and one["trips"] == [] and one["presses"] > 60 and one["loads"] > 30 for one in kept["sessions"])


@pytest.mark.parametrize("arguments, says", [(["--only", "nonsense"], "pain-burst"), (["--seconds", "0"], "0 to 1100")])
def test_bad_options(arguments, says):
    with pytest.raises(BadUsage, match=says):
        quiet.main(arguments)
