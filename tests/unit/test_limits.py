"""Limits: the published worked example, each ceiling from both sides, and integers that need
more than 30 bits.
"""

import pytest

from stimcore import limits
from stimcore.errors import Refused

CM2_25 = 2_500

# The fact sheet's ceilings in device units; beyond it: dead time of the bridge, 30-bit counts, and
# what a pad can be.
CEILINGS = {
    "amplitude_ua": (0, 100_000),
    "phase_us": (20, 500),
    "gap_us": (5, 500),
    "rate_mpps": (1_000, 150_000),
    "session_s": (1, 60 * 60),
    "sessions_per_day": (1, 24),
    "rest_s": (30 * 60, 24 * 60 * 60),
    "electrode_mm2": (100, 40_000),
    "ramp_ms": (0, 60_000),
    "on_off_ms": (100, 600_000),
    "burst_pulses": (2, 50),
    "burst_per_s_mpps": (125, 20_000),
    "sweep_ms": (1_000, 60_000),
}


def test_every_range_is_known_here():
    assert sorted(limits.RANGES) == sorted(CEILINGS)


@pytest.mark.parametrize("name", sorted(CEILINGS))
def test_ranges_are_the_fact_sheets(name):
    assert limits.RANGES[name][:2] == CEILINGS[name]
    assert "compiled ceiling of this product" in limits.RANGES[name][2]


def test_the_other_limits_are_the_fact_sheets():
    assert (
        limits.STEP_UA_MAX == 1_000
        and limits.RMS_UA_MAX == 50_000
        and limits.AVERAGE_UA_BELOW == 10_000
    )
    # 2 mA on each cm2
    assert limits.DENSITY_UA_PER_MM2_MAX * 100 == 2_000
    # 0.25 W on each cm2
    assert limits.POWER_UW_PER_MM2_BELOW * 100 == 250_000 and limits.LOAD_OHM == 500
    assert limits.DIE_C == (0, 70)


def test_shannon_constant_is_the_root_of_ten_cubed_in_its_units():
    # k = 1.5: Q = sqrt(A * 10^1.5) uC on A cm2, so Q^2 = A * 10^1.5 * 10^6 / 10^2 nC2 on A mm2;
    # 10^5.5 squared is 10^11
    k = limits.SHANNON_NC2_PER_MM2
    assert k * k <= 10**11 < (k + 1) * (k + 1)


# Phase in us, draft limit in nC: 20 uC and 28 uC for each ms
@pytest.mark.parametrize("row", [(20, 20_560), (21, 20_588), (100, 22_800), (500, 34_000)])
def test_draft_limit_on_a_large_electrode(row):
    phase_us, most_nc = row
    assert limits.charge_limit_nc(phase_us, 40_000) == most_nc


# Electrode in mm2, Shannon's limit in nC: sqrt(A cm2 * 31.6227) = 5.623, 22.494, 23.713 uC
@pytest.mark.parametrize("row", [(100, 5_623), (1_600, 22_493), (1_778, 23_711)])
def test_shannon_limit_on_a_small_electrode(row):
    mm2, most_nc = row
    assert limits.charge_limit_nc(500, mm2) == most_nc


# uA, us, mpps, then nC, uA r.m.s., uA on average: each rounded down
VALUES = [
    ((1_999, 1, 1_000), (1, 2, 0)),
    ((999, 1, 1_000), (0, 1, 0)),
    ((50_000, 200, 100_000), (10_000, 10_000, 2_000)),
    ((12_345, 321, 77_305), (3_962, 2_750, 612)),
    ((0, 500, 150_000), (0, 0, 0)),
    ((500, 1_000, 500_000), (500, 500, 500)),
    # 1.999 999 998 and 3.999 999 998 on average
    ((999_999_999, 1, 1), (999_999, 44_721, 1)),
    ((1, 1, 1_999_999_999), (0, 1, 3)),
]


@pytest.mark.parametrize("row", VALUES)
def test_charge_rms_and_average_round_down(row):
    (ua, phase_us, rate_mpps), expected = row
    assert (
        limits.charge_nc(ua, phase_us),
        limits.rms_ua(ua, phase_us, rate_mpps),
        limits.average_ua(ua, phase_us, rate_mpps),
    ) == expected


def test_worked_example_of_the_fact_sheet():
    # 100 mA, 400 us, 120 pps into 500 ohm: 31 mA r.m.s., 9.6 mA average absolute, 40 uC a phase,
    # limit 31.2 uC.
    assert limits.rms_ua(100_000, 400, 120_000) == 30_983
    assert limits.average_ua(100_000, 400, 120_000) == 9_600
    assert limits.charge_nc(100_000, 400) == 40_000
    assert limits.charge_limit_nc(400, 1_000_000) == 31_200


def test_shannon_value_of_the_fact_sheet():
    # 28 uC on 25 cm2 at k = 1.5; sqrt(25 * 10^1.5) = 28.117
    assert limits.charge_limit_nc(500, CM2_25) == 28_117


@pytest.mark.parametrize(
    "n",
    [
        0,
        1,
        2,
        3,
        4,
        15,
        16,
        17,
        2**30 - 1,
        2**30,
        10**18,
        10**18 - 1,
        (10**9 + 7) ** 2,
        (10**9 + 7) ** 2 - 1,
    ],
)
def test_whole_root_is_the_floor_of_the_root(n):
    root = limits.whole_root(n)
    assert isinstance(root, int) and root * root <= n < (root + 1) * (root + 1)


def refusal(*arguments):
    try:
        limits.check_output("caps.ch1_ma", *arguments)
    except Refused as no:
        return no.source
    return None


# Each row: the source that must refuse, the last accepted and the first refused (uA, us, mpps,
# mm2), computed by hand.
EDGES = [
    # Charge on 25 cm2, 300 us: the draft allows 28 400 nC, Shannon 28 117 nC: 93.723 mA
    ("charge_nc", (93_723, 300, 1_000, CM2_25), (93_724, 300, 1_000, CM2_25)),
    # Charge on a large electrode, 500 us: the draft allows 34 000 nC: 68 mA
    ("charge_nc", (68_000, 500, 1_000, 40_000), (68_001, 500, 1_000, 40_000)),
    # Density on 1 cm2: 2 mA r.m.s. = I * sqrt(2 * 100 us * 100 pps): I = 14.142 mA
    ("density", (14_142, 100, 100_000, 100), (14_143, 100, 100_000, 100)),
    # Average: I * 2 * 500 us * 150 pps < 10 mA: I < 66.667 mA
    ("average_ua", (66_666, 500, 150_000, 40_000), (66_667, 500, 150_000, 40_000)),
    # Limits that these numbers meet to the last digit; "up to" counts as inside, "below" does not.
    # 22.8 uC in 100 us
    ("charge_nc", (228_000, 100, 1_000, 2_500), (228_001, 100, 1_000, 2_500)),
    # 10 mA * sqrt(0.04) = 2 mA on 1 cm2
    ("density", (10_000, 200, 100_000, 100), (10_001, 200, 100_000, 100)),
    # 100 mA * 0.1 = 10 mA
    ("average_ua", (99_999, 250, 200_000, 40_000), (100_000, 250, 200_000, 40_000)),
    # 9.999 999 998 and 10 mA
    ("average_ua", (1_000, 1, 4_999_999_999, 40_000), (1_000, 1, 5_000_000_000, 40_000)),
    # 1 A * sqrt(0.0025) = 50 mA; 20 uC of 20.56
    ("rms_ua", (1_000_000, 20, 62_500, 40_000), (1_000_001, 20, 62_500, 40_000)),
]


@pytest.mark.parametrize("row", EDGES)
def test_each_ceiling_from_both_sides(row):
    name, accepted, refused = row
    assert refusal(*accepted) is None
    assert refusal(*refused) == limits.SOURCES[name]


def test_power_density_refuses_on_its_own_arithmetic():
    # 0.25 W/cm2 into 500 ohm on 1 cm2: 22.36 mA r.m.s.; density (2 mA/cm2) always stops earlier, so
    # power is a second wall.
    assert refusal(100_000, 500, 150_000, 100) is not None
    rms_ua_at_power_limit = limits.whole_root(2_500 * 100 * 1_000_000 // limits.LOAD_OHM)
    assert rms_ua_at_power_limit == 22_360


def test_power_density_is_a_wall_of_its_own_where_the_others_are_away():
    # 0.25 W on each of 10 cm2 into 500 ohm: 70.71 mA r.m.s. = 10 A * sqrt(2 * 1 us * 25 pps)
    kept = limits.DENSITY_UA_PER_MM2_MAX, limits.RMS_UA_MAX
    limits.DENSITY_UA_PER_MM2_MAX, limits.RMS_UA_MAX = 1_000, 1_000_000
    try:
        assert refusal(9_999_999, 1, 25_000, 1_000) is None
        assert refusal(10_000_001, 1, 25_000, 1_000) == limits.SOURCES["power"]
        with pytest.raises(Refused) as caught:
            limits.check_output("caps.ch1_ma", 10_000_000, 1, 25_000, 1_000)
    finally:
        limits.DENSITY_UA_PER_MM2_MAX, limits.RMS_UA_MAX = kept
    assert caught.value.limit == "below 2500 uW/mm2 into 500 ohm, here 70710 uA r.m.s. on 1000 mm2"


# uA, us, mpps, mm2, then the limit as it is told, all by hand
TOLD = [
    (
        (100_005, 300, 77_305, 2_500),
        "100.005 mA with 300 us at 77.305 pps",
        "28117 nC a phase, here 30001 nC",
    ),
    (
        (99_999, 300, 152_999, 2_500),
        "99.999 mA with 300 us at 152.999 pps",
        "28117 nC a phase, here 29999 nC",
    ),
    (
        (1_000_001, 20, 62_500, 40_000),
        "1000.001 mA with 20 us at 62.500 pps",
        "50000 uA r.m.s., here 50000 uA",
    ),
    (
        (10_001, 200, 100_000, 100),
        "10.001 mA with 200 us at 100.000 pps",
        "2000 uA r.m.s. on 100 mm2, here 2000 uA",
    ),
    (
        (12_000, 200, 100_000, 100),
        "12.000 mA with 200 us at 100.000 pps",
        "2000 uA r.m.s. on 100 mm2, here 2400 uA",
    ),
    (
        (100_100, 250, 200_000, 40_000),
        "100.100 mA with 250 us at 200.000 pps",
        "below 10000 uA on average, here 10010 uA",
    ),
]


@pytest.mark.parametrize("row", TOLD)
def test_value_and_limit_are_told_in_numbers(row):
    arguments, value, limit = row
    with pytest.raises(Refused) as caught:
        limits.check_output("caps.ch1_ma", *arguments)
    assert (caught.value.field, caught.value.value, caught.value.limit) == (
        "caps.ch1_ma",
        value,
        limit,
    )


# What the source of a limit must name
@pytest.mark.parametrize(
    "row",
    [
        ("charge_nc", "FDA 2010"),
        ("charge_nc", "Shannon"),
        ("rms_ua", "IEC 60601-2-10"),
        ("density", "2 mA/cm2"),
        ("average_ua", "FDA 2010"),
        ("power", "1999"),
    ],
)
def test_sources_name_the_text(row):
    name, part = row
    assert part in limits.SOURCES[name]


def test_a_refusal_names_field_value_limit_source_and_advice():
    with pytest.raises(Refused) as caught:
        limits.check_output("caps.ch2_ma", 100_000, 400, 80_000, CM2_25)
    text = str(caught.value)
    for part in ("caps.ch2_ma", "100.000 mA", "28117 nC", "Shannon", "lower the cap"):
        assert part in text


def test_only_whole_numbers_are_numbers():
    assert limits.is_whole(5) and limits.is_whole(10**12)
    for value in (True, 5.0, float("nan"), "5", None, [5]):
        assert not limits.is_whole(value)


def test_a_day_holds_240_minutes():
    assert limits.DAY_TOTAL_S_MAX == 240 * 60
