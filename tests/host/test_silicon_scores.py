"""What `make silicon-time` says of scores, against figures worked out by hand, and what it holds
them against.
"""

import pytest

from evenpulse.silicon import beside

_TEN = [f"bench_{k}" for k in range(10)]


def _off(*percent):
    return dict(zip(_TEN, percent, strict=True))


def test_how_far_off_is_of_the_figure_from_silicon():
    scores = {"a": 110.0, "b": 45.0, "not published": 1.0}
    off = beside.off_percent(scores, {"a": 100.0, "b": 50.0, "not measured": 7.0})
    assert off == {"a": pytest.approx(10), "b": pytest.approx(-10)}


@pytest.mark.parametrize(
    ("off", "near"),
    [
        (_off(*[5] * 10), True),
        (_off(*[-5] * 6, *[15] * 4), True),
        # The middle one, one of them, their number
        (_off(*[5.1] * 10), False),
        (_off(*[0] * 9, -15.1), False),
        (dict(list(_off(*[0] * 10).items())[:9]), False),
    ],
)
def test_near_is_the_median_and_each_of_at_least_ten(off, near):
    assert beside.verdict(off).near is near


def test_who_is_too_far_off_is_named():
    assert beside.verdict(_off(*[0] * 8, 16, -20)).outside == _TEN[8:]
    assert "bench_8, bench_9" in str(beside.verdict(_off(*[0] * 8, 16, -20)))


def test_every_published_figure_says_where_from_when_and_at_what_clock():
    for one in [*beside.PUBLISHED["scores"], *beside.PUBLISHED["gains"]]:
        assert one["source"].startswith("https://github.com/micropython/micropython/pull/")
        assert one["clock_mhz"] == 125 and one["what"] and len(one["name"]) == 10
    for one in beside.PUBLISHED["scores"]:
        assert len(one["by_benchmark"]) >= beside.COUNT
        assert one["firmware"] in ("vm_in_ram", "vm_in_flash")


def test_a_spread_is_least_middle_and_most():
    assert beside.spread([3.0, -2.04, 10.0]) == ["-2.0 %", "+3.0 %", "+10.0 %"]
