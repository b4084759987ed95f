"""Limits: the published worked example, each ceiling from both sides, and integers that need more than 30 bits."""

import pytest

from stimcore import limits
from stimcore.errors import Refused

CM2_25 = 2_500


def test_worked_example_of_the_fact_sheet():
    # 100 mA, 400 us, 120 pps into 500 ohm: 31 mA r.m.s., 9.6 mA average absolute, 40 uC a phase, limit 31.2 uC.
    assert limits.rms_ua(100_000, 400, 120_000) == 30_983
    assert limits.average_ua(100_000, 400, 120_000) == 9_600
    assert limits.charge_nc(100_000, 400) == 40_000
    assert limits.charge_limit_nc(400, 1_000_000) == 31_200


def test_shannon_value_of_the_fact_sheet():
    # 28 uC on 25 cm2 at k = 1.5; sqrt(25 * 10^1.5) = 28.117
    assert limits.charge_limit_nc(500, CM2_25) == 28_117


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 15, 16, 17, 2**30 - 1, 2**30, 10**18, 10**18 - 1, (10**9 + 7) ** 2, (10**9 + 7) ** 2 - 1])
def test_whole_root_is_the_floor_of_the_root(n):
    root = limits.whole_root(n)
    assert root * root <= n < (root + 1) * (root + 1)


def refusal(*arguments):
    try:
        limits.check_output("caps.ch1_ma", *arguments)
    except Refused as no:
        return no.source
    return None


# Each row: the source that must refuse, the last accepted and the first refused (uA, us, mpps, mm2), computed by hand.
EDGES = [
    # charge on 25 cm2, 300 us: the draft allows 28 400 nC, Shannon 28 117 nC: 93.723 mA
    ("charge_nc", (93_723, 300, 1_000, CM2_25), (93_724, 300, 1_000, CM2_25)),
    # charge on a large electrode, 500 us: the draft allows 34 000 nC: 68 mA
    ("charge_nc", (68_000, 500, 1_000, 40_000), (68_001, 500, 1_000, 40_000)),
    # density on 1 cm2: 2 mA r.m.s. = I * sqrt(2 * 100 us * 100 pps): I = 14.142 mA
    ("density", (14_142, 100, 100_000, 100), (14_143, 100, 100_000, 100)),
    # average: I * 2 * 500 us * 150 pps < 10 mA: I < 66.667 mA
    ("average_ua", (66_666, 500, 150_000, 40_000), (66_667, 500, 150_000, 40_000)),
]


@pytest.mark.parametrize("row", EDGES)
def test_each_ceiling_from_both_sides(row):
    name, accepted, refused = row
    assert refusal(*accepted) is None
    assert refusal(*refused) == limits.SOURCES[name]


def test_power_density_refuses_on_its_own_arithmetic():
    # 0.25 W/cm2 into 500 ohm on 1 cm2: 22.36 mA r.m.s.; density (2 mA/cm2) always stops earlier, so power is a second wall.
    assert refusal(100_000, 500, 150_000, 100) is not None
    rms_ua_at_power_limit = limits.whole_root(2_500 * 100 * 1_000_000 // limits.LOAD_OHM)
    assert rms_ua_at_power_limit == 22_360


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
