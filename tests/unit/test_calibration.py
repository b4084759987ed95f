"""Calibration: what it does to a current, and what is no calibration. Expected currents by
rounding down exact fractions.
"""

import pytest
from samples import board

from stimcore import calibration
from stimcore.calibration import corrected_ua
from stimcore.errors import Refused

try:
    from micropython import heap_lock, heap_unlock
except ImportError:
    heap_lock = None

GOOD = {"channel": 1, "gain_permyriad": 25, "offset_ua": 40}

CURRENTS = [
    # Asked, gain, offset, comes to
    (10_000, 0, 0, 10_000),
    (10_000, 500, 0, 10_500),
    (10_000, -500, 0, 9_500),
    (10_000, 0, 40, 10_040),
    (10_000, 0, -40, 9_960),
    # 349.65, 316.35, 1.0001, 0.9999
    (10_000, 25, 40, 10_065),
    (333, 500, 0, 349),
    (333, -500, 0, 316),
    (1, 1, 0, 1),
    (1, -1, 0, 0),
    (1_000, 0, -1_000, 0),
    (999, 0, -1_000, 0),
    (1, 1_000, 1_000, 1_001),
    (100_000, 1_000, 1_000, 111_000),
    (100_000, -1_000, -1_000, 89_000),
]


@pytest.mark.parametrize("row", CURRENTS)
def test_gain_and_offset_are_added_and_rounded_down(row):
    ua, gain, offset_ua, expected = row
    assert corrected_ua(ua, gain, offset_ua) == expected


@pytest.mark.parametrize("gain", [-1_000, 0, 1_000])
@pytest.mark.parametrize("offset_ua", [-1_000, 0, 1, 1_000])
def test_nothing_asked_is_nothing_out(gain, offset_ua):
    assert corrected_ua(0, gain, offset_ua) == 0 and corrected_ua(-1, gain, offset_ua) == 0


@pytest.mark.parametrize("gain", [-1_000, -7, 0, 3, 1_000])
@pytest.mark.parametrize("offset_ua", [-1_000, 0, 1_000])
def test_asking_for_more_never_gives_less_and_never_below_nothing(gain, offset_ua):
    last = 0
    for ua in range(0, 100_001, 97):
        now = corrected_ua(ua, gain, offset_ua)
        assert now >= last
        last = now


@pytest.mark.parametrize(
    "row", [(100_000, 1_000, 1_000), (100_000, -1_000, -1_000), (10_000, 25, 40), (0, 1_000, 1_000)]
)
def test_correcting_allocates_nothing(row):
    ua, gain, offset_ua = row
    # CPython has no heap to lock
    if heap_lock is None:
        after = corrected_ua(ua, gain, offset_ua)
    else:
        heap_lock()
        try:
            after = corrected_ua(ua, gain, offset_ua)
        finally:
            heap_unlock()
    assert abs(ua * gain) < 2**30 and after < 2**30


ALLOWED = [
    {},
    {"channel": 2},
    {"gain_permyriad": 1_000},
    {"gain_permyriad": -1_000},
    {"offset_ua": 1_000},
    {"offset_ua": -1_000},
    {"gain_permyriad": 0, "offset_ua": 0},
]


@pytest.mark.parametrize("change", ALLOWED)
def test_values_up_to_the_limits_are_taken(change):
    calibration.check(dict(GOOD, **change), board())


REFUSED = [
    ("channel", 0),
    ("channel", 3),
    ("channel", True),
    ("channel", "1"),
    ("channel", None),
    ("channel", 1.0),
    ("gain_permyriad", 1_001),
    ("gain_permyriad", -1_001),
    ("gain_permyriad", 2**40),
    ("gain_permyriad", 0.5),
    ("gain_permyriad", "25"),
    ("gain_permyriad", [25]),
    ("gain_permyriad", False),
    ("offset_ua", 1_001),
    ("offset_ua", -1_001),
    ("offset_ua", None),
    ("offset_ua", float("nan")),
]


@pytest.mark.parametrize("row", REFUSED)
def test_what_is_outside_is_refused_with_field_value_limit_source_and_advice(row):
    field, value = row
    with pytest.raises(Refused) as refused:
        calibration.check(dict(GOOD, **{field: value}), board())
    no = refused.value
    assert no.field == field and no.value is value and no.source and no.advice
    assert (
        no.limit
        == {
            "channel": "1 to 2",
            "gain_permyriad": "-1000 to 1000 of 0.01 %",
            "offset_ua": "-1000 to 1000 uA",
        }[field]
    )


@pytest.mark.parametrize("field", ["channel", "gain_permyriad", "offset_ua"])
def test_nothing_may_be_missing(field):
    value = dict(GOOD)
    del value[field]
    with pytest.raises(Refused) as refused:
        calibration.check(value, board())
    assert (refused.value.field, refused.value.value) == (field, "missing")


@pytest.mark.parametrize("value", [None, 5, "text", [], [1, 2, 3]])
def test_what_is_no_table_is_refused(value):
    with pytest.raises(Refused):
        calibration.check(value, board())


def test_a_misspelt_key_is_refused():
    with pytest.raises(Refused) as refused:
        calibration.check(dict(GOOD, offset_uA=1), board())
    assert refused.value.field == "offset_uA"


def test_channels_are_the_boards():
    with pytest.raises(Refused) as refused:
        calibration.check(dict(GOOD, channel=2), board(CHANNELS=1))
    assert refused.value.limit == "1 to 1"


@pytest.mark.parametrize("rows", [((0, 0), (0, 0)), [[1_000, -1_000], [-1_000, 1_000]]])
def test_a_whole_table_is_taken(rows):
    calibration.check_table(rows, board())


@pytest.mark.parametrize(
    "rows",
    [
        None,
        5,
        "text",
        {},
        [],
        [[0, 0]],
        [[0, 0], [0]],
        [[0, 0], [0, 0], [0, 0]],
        [[0, 0], 5],
        [[0, 0], [0, 1_001]],
        [[-1_001, 0], [0, 0]],
        [[0, 0], [0, None]],
        ["ab", "cd"],
        [[0, 0, 0], [0, 0]],
    ],
)
def test_what_is_no_table_of_pairs_in_range_is_refused(rows):
    with pytest.raises(Refused):
        calibration.check_table(rows, board())


@pytest.mark.parametrize("pairs", [0, 1, 3, 4])
def test_a_table_has_a_pair_for_each_channel(pairs):
    with pytest.raises(Refused) as refused:
        calibration.check_table([[0, 0]] * pairs, board())
    no = refused.value
    assert (no.field, no.limit, no.source) == (
        "calibration",
        "2 pairs of gain and offset",
        "calibration format",
    )


def test_it_is_told_with_channel_and_units():
    assert calibration.told([[25, 40], [0, -3]]) == [
        GOOD,
        {"channel": 2, "gain_permyriad": 0, "offset_ua": -3},
    ]
