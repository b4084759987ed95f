"""`evenpulse outputs --measure`: a short prescription on the emulated chip, into each load, to
its cap and to its trip.
"""

import json
import sys

import pytest
from sample_prescription import GOOD_TOML

from evenpulse import cli


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    rx = folder / "short.toml"
    text = (
        GOOD_TOML.replace("minutes = 20", "minutes = 0.5")
        .replace("ramp_up_s = 2.0", "ramp_up_s = 0.0")
        .replace("ch2_ma = 30.0", "ch2_ma = 8.0")
    )
    rx.write_text(
        text.replace("ch1_ma = 30.0", "ch1_ma = 22.0")
        .replace("offset_us = 0", "offset_us = 1500")
        .replace('device = "*"', 'device = "E0000000"')
    )
    before, sys.argv = (
        sys.argv,
        ["evenpulse", "outputs", str(rx), "--measure", "--json", "-o", str(folder / "page.html")],
    )
    out, sys.stdout = sys.stdout, (folder / "out.json").open("w")
    try:
        cli.main()
        code = 0
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        sys.stdout.close()
        sys.argv, sys.stdout = before, out
    assert code == 0
    return json.loads((folder / "out.json").read_text()), (folder / "page.html").read_text()


def measured(told, channel, ohm):
    return next(
        one
        for mode in told[0]["modes"]
        for load in mode["loads"]
        if load["ohm"] == ohm
        for one in load["measured"]
        if one["channel"] == channel
    )


@pytest.mark.parametrize(
    ("channel", "ohm", "ma"),
    [(1, 500, 22), (1, 2_000, 22), (1, 10_000, 10), (2, 500, 8), (2, 10_000, 8)],
)
def test_current_and_charge_are_those_of_the_cap_or_of_the_compliance(told, channel, ohm, ma):
    one = measured(told, channel, ohm)
    assert one["worst_clocks"] == 0 and one["pulses"] > 30
    got = one["values"]
    # Rounded down to a step of the amplitude
    assert got["peak_ma"] == pytest.approx(ma, abs=100 / 4096 + 1e-9)
    assert got["phase_uc"] == pytest.approx(ma * 0.1, rel=5e-3)
    assert got["average_ma"] == pytest.approx(ma * 2 * 100e-6 * 80, rel=5e-3)
    assert got["net_nc"] == pytest.approx(0, abs=1e-6)
    assert (got["phase_us"], got["gap_us"], got["rate_pps"]) == pytest.approx((100, 50, 80))


def test_ten_kiloohm_ends_the_channel_that_asks_for_more_than_twice_what_flows(told):
    one, two = measured(told, 1, 10_000)["trip"], measured(told, 2, 10_000)["trip"]
    assert one["reason"] == "lead_off" and one["own"] and 20 < one["asked_ma"] <= 21.1
    # Within the first phase and a bit: the pulse is cut, no other comes
    assert 0 < one["off_us"] < 100
    assert not two["own"]
    assert measured(told, 1, 2_000)["trip"] is None


def test_trips_of_the_device_are_measured(told):
    reasons = {one["name"]: (one["reason"], one["off_us"]) for one in told[0]["events"]}
    assert {name: reason for name, (reason, _) in reasons.items()} == {
        "lead off": "lead_off",
        "short": "short",
        "amplitude stuck": "over_current",
        "over-current comparator": "interlock_open",
        "STOP": "stop_pressed",
        "USB": "usb_power",
    }
    assert reasons["STOP"][1] <= 8 * 0.008 and reasons["over-current comparator"][1] <= 8 * 0.008
    assert reasons["lead off"][1] < 100 and reasons["USB"][1] < 100_000


def test_the_page_says_that_both_agree(told):
    assert (
        "Measured and computed agree within 1 clock" in told[1]
        and "▲" not in told[1].split("<body>")[1]
    )


def test_the_circuit_is_driven_by_what_the_firmware_gave(told):
    """Asked for at the pulse that is shown; at 10 kΩ the voltage ends."""
    for mode, asked_ma in zip(told[0]["modes"], (22, 8)):
        seen = {load["ohm"]: load["in_circuit"] for load in mode["loads"]}
        assert seen[500]["end_ma"] == pytest.approx(asked_ma, rel=0.05)
        assert seen[10_000]["end_ma"] < 12
        assert all(one["trace"][-1][0] > 250 for one in seen.values())
    assert told[1].count("Dotted: the board") == 2


PATTERNS = """\
[[program]]
name = "Burst"
channels = [2]
phase_us = 150
gap_us = 50
burst = { pulses = 3, inner_pps = 100.0, per_s = 4.0 }
minutes = 5
[[program]]
name = "Sweep"
channels = [1]
gap_us = 50
sweep = { rate_pps = [120.0, 40.0], phase_us = [100, 200], period_s = 2.0 }
minutes = 5
[[program]]
name = "On and off"
channels = [1, 2]
phase_us = 200
gap_us = 20
rate_pps = 60.0
on_s = 1.0
off_s = 0.6
ramp_up_s = 0.2
ramp_down_s = 0.2
ramp = "phase"
trigger = true
minutes = 5
"""


def test_every_pattern_measures_as_computed(tmp_path):
    from evenpulse.output_table import table
    from evenpulse.prescription import file as prescription

    rx = tmp_path / "patterns.toml"
    head = (
        GOOD_TOML.split("[[program]]")[0]
        .replace("ch1_ma = 30.0", "ch1_ma = 5.0")
        .replace("ch2_ma = 30.0", "ch2_ma = 5.0")
    )
    rx.write_text(head + PATTERNS)
    made = table.build(prescription.read(rx, "nmes2"), "nmes2", True, lambda _done, _total: None)
    assert made.differences() == []
    seen = [
        {name: mode.seen(name, 500) for name in ("phase_us", "rate_pps", "average_ma")}
        for mode in made.modes
    ]
    # 5 mA is set as 4.980; bursts: 3 pulses four times a second; the sweep has most current over
    # time at a quarter, 125 µs at 100 pps
    assert seen[0] == pytest.approx(
        {"phase_us": 150, "rate_pps": 100, "average_ma": 4.980 * 2 * 150e-6 * 12}, rel=1e-3
    )
    assert seen[1] == pytest.approx(
        {"phase_us": 200, "rate_pps": 120, "average_ma": 4.980 * 2 * 125e-6 * 100}, rel=1e-2
    )
    assert seen[2] == pytest.approx(
        {"phase_us": 200, "rate_pps": 60, "average_ma": 4.980 * 2 * 200e-6 * 60}, rel=1e-3
    )
