"""What `evenpulse outputs` computes, against hand calculations.

Expected values are worked out here from the usual formulas, in floats: I_rms = I sqrt(2 t f),
average = 2 t f I, Q = I t, energy = 2 I² R t, and a source that stops at its compliance voltage.
"""

import math

import pytest

from evenpulse.output_table import compute, limit_table

NMES2 = {
    "MAX_UA": 100_000,
    "FULL_SCALE_UA": 100_000,
    "COMPLIANCE_MV": 100_000,
    "SENSE_NV_PER_UA": 30_000,
    "SHORT_OHM": 50,
    "SHORT_FROM_UA": 4_000,
    "NAME": "by hand",
}
WORKED = {"phase_us": 400, "gap_us": 50, "rate_mpps": 120_000}


def values(ma, program, ohm, cm2=25.0):
    return compute.at_load(program, round(1_000 * ma), round(100 * cm2), NMES2, ohm).values


def test_the_worked_example():
    """100 mA, 400 µs, 120 pps into 500 Ω on 25 cm²: 31 mA r.m.s., 9.6 mA average, 40 µC, 4 mJ,
    1.24 mA/cm², 0.019 W/cm².
    """
    got = values(100, WORKED, 500)
    for name, wanted, off in [
        ("rms_ma", 31, 0.1),
        ("average_ma", 9.6, 0.001),
        ("phase_uc", 40, 1e-9),
        ("energy_mj", 4, 1e-9),
        ("density_ma_cm2", 1.24, 0.005),
        ("power_w_cm2", 0.019, 0.0005),
        ("peak_v", 50, 1e-9),
    ]:
        assert got[name] == pytest.approx(wanted, abs=off), name
    limits = limit_table.table(WORKED, 4_000, NMES2)
    charge = next(one for one in limits if one.value == "phase_uc" and "20 + 28" in one.name)
    assert charge.most == pytest.approx(31.2) and not charge.keeps(got["phase_uc"])
    assert all(
        one.keeps(got[one.value])
        for one in limits
        if one.value in ("rms_ma", "average_ma", "energy_mj", "density_ma_cm2", "power_w_cm2")
    )


@pytest.mark.parametrize(
    ("ma", "phase_us", "pps", "ohm", "cm2"),
    [
        (30, 100, 80, 500, 25),
        (30, 100, 80, 2_000, 25),
        (25, 300, 50, 10_000, 16),
        (100, 200, 100, 2_000, 60),
        (0.5, 20, 1, 500, 1),
        (99.99, 500, 150, 10_000, 400),
    ],
)
def test_by_hand(ma, phase_us, pps, ohm, cm2):
    got = values(ma, {"phase_us": phase_us, "gap_us": 50, "rate_mpps": 1_000 * pps}, ohm, cm2)
    step_ma = 100 / 4096
    amps = min(ma // step_ma * step_ma, 100_000 / ohm) / 1_000
    seconds = phase_us * 1e-6
    hertz = 1e6 / round(1e6 / pps)
    rms = amps * math.sqrt(2 * seconds * hertz)
    wanted = {
        "peak_ma": amps * 1e3,
        "peak_v": amps * ohm,
        "open_v": 100,
        "phase_us": phase_us,
        "gap_us": 50,
        "rate_pps": hertz,
        "phase_uc": amps * seconds * 1e6,
        "net_nc": 0,
        "net_ua": 0,
        "rms_ma": rms * 1e3,
        "average_ma": amps * 2 * seconds * hertz * 1e3,
        "density_ma_cm2": rms * 1e3 / cm2,
        "power_w_cm2": rms**2 * ohm / cm2,
        "energy_mj": 2 * amps**2 * ohm * seconds * 1e3,
    }
    assert got == pytest.approx(wanted, rel=1e-9)


def test_compliance_caps_the_current():
    """100 mA x 2 kΩ would be 200 V: 100 V give 50 mA; into 10 kΩ 10 mA."""
    program = {"phase_us": 100, "gap_us": 50, "rate_mpps": 50_000}
    assert [values(100, program, ohm)["peak_ma"] for ohm in (500, 2_000, 10_000)] == pytest.approx(
        [100, 50, 10]
    )
    assert [values(100, program, ohm)["peak_v"] for ohm in (500, 2_000, 10_000)] == pytest.approx(
        [50, 100, 100]
    )


@pytest.mark.parametrize(
    ("cap_ma", "ohm", "wanted"),
    [
        # 50 of 100 mA is half, not below half
        (30, 500, None), (100, 500, None), (100, 2_000, None),
        # 10 mA is below half from 21 mA up
        (30, 10_000, ("lead_off", 21.0)),
        (20, 10_000, None), (20.5, 10_000, ("lead_off", 20.5)), (30, 1_000_000, ("lead_off", 5.0)),
        (4, 1_000_000, None),
        # 4 mA are set as 3.98: the comparator acts from 4 mA up
        (30, 49, ("short", 5.0)),
        (30, 50, None),
    ],
)  # fmt: skip
def test_what_the_device_ends_by_itself(cap_ma, ohm, wanted):
    got = compute.trip(round(1_000 * cap_ma), ohm, NMES2)
    assert (got and (got.reason, got.asked_ma)) == wanted


def test_bursts_and_sweeps_count_their_busiest_second():
    burst = {
        "phase_us": 150,
        "gap_us": 50,
        "rate_mpps": 100_000,
        "burst": {"pulses": 7, "inner_mpps": 100_000, "per_s_mpps": 2_000},
    }
    got = values(50, burst, 500)
    # 7 pulses twice a second
    assert got["rms_ma"] == pytest.approx(50 * math.sqrt(2 * 150e-6 * 14))
    assert got["rate_pps"] == pytest.approx(100)
    slow = {**burst, "burst": {"pulses": 7, "inner_mpps": 100_000, "per_s_mpps": 250}}
    # A burst every 4 s: one in the busiest second
    assert values(50, slow, 500)["average_ma"] == pytest.approx(50 * 2 * 150e-6 * 7)
    sweep = {
        "phase_us": 100,
        "gap_us": 50,
        "rate_mpps": 125_000,
        "sweep": {"rate_mpps": [125_000, 2_000], "phase_us": [100, 200], "period_ms": 12_000},
    }
    got = values(50, sweep, 500)
    # T f falls all the way from 100 µs at 125 pps: (100 + 100 x)(125 - 123 x) has its maximum at x
    # = 0.008
    most = max((100 + 100 * x / 1_000) * (125 - 123 * x / 1_000) for x in range(1_001)) * 1e-6
    assert got["rms_ma"] == pytest.approx(50 * math.sqrt(2 * most), rel=2e-3)
    assert (got["phase_us"], got["rate_pps"], got["phase_uc"]) == (
        200,
        125,
        pytest.approx(10, rel=1e-3),
    )


def test_the_train_is_the_prescribed_one():
    burst = {
        "phase_us": 150,
        "gap_us": 50,
        "rate_mpps": 100_000,
        "burst": {"pulses": 3, "inner_mpps": 100_000, "per_s_mpps": 4_000},
    }
    assert [(one.phase_us, one.step_us) for one in compute.timings(burst, 4)] == [
        (150, 10_000),
        (150, 10_000),
        (150, 230_000),
        (150, 10_000),
    ]
