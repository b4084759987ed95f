"""A board's facts: what is taken, and what is refused before anything is built on it."""

import pytest
from samples import board
from wrong_boards import OUT, SOUND, WRONG, bare, one_channel, pins

from stimcore import board_facts
from stimcore.errors import Refused

# The fact sheet's ceilings (100 mA; phases and gaps to 500 us; steps of 1 mA), the smallest and
# largest pad, and what fits 30 bits.
RANGES = {
    "CHANNELS": (1, 2),
    "MAX_UA": (1_000, 100_000),
    "FULL_SCALE_UA": (1_000, 1_000_000),
    "DEAD_TIME_US": (1, 500),
    "FLASH_BYTES": (0x200000, 0x1000000),
    "COMPLIANCE_MV": (1, 1_000_000),
    "SHORT_OHM": (1, 1_000),
    "SHORT_FROM_UA": (1, 100_000),
    "SHORT_HOLD_MS": (15, 1_000),
    "SUPPLY_DIVIDER": (1, 100),
    "OLED_I2C": (0, 1),
    "OLED_ADDRESS": (0x08, 0x77),
    "SMALLEST_ELECTRODE_MM2": (100, 40_000),
    "SENSE_NV_PER_UA": (1, 1_000_000),
    "SUPPLY_MIN_MV": (1, 100_000),
    "SUPPLY_MAX_MV": (1, 100_000),
}
# Their other end needs other pins: wrong_boards.py has those
WITH_THESE_PINS = {"CHANNELS": (2,), "OLED_I2C": (0,)}
SWITCHES = ("SINGLE_CURRENT_SOURCE", "USB_ISOLATED", "OUTPUT_STAGE")
NO_NUMBERS = [
    True,
    False,
    1.0,
    5_000.0,
    float("nan"),
    float("inf"),
    -float("inf"),
    None,
    "5",
    "",
    [],
    [5],
    {},
    -1,
    -(2**31),
    2**31,
    2**64,
]


def whole(**changes):
    facts = board(FULL_SCALE_UA=100_000, SENSE_NV_PER_UA=30_000)
    facts.update(changes)
    return facts


def refusal(facts):
    with pytest.raises(Refused) as caught:
        board_facts.check(facts)
    return caught.value


def test_the_sample_board_is_taken():
    board_facts.check(whole())


def test_every_fact_has_its_row():
    assert sorted(row[0] for row in board_facts.NUMBERS) == sorted(RANGES)
    assert sorted(board_facts.SWITCHES) == sorted(SWITCHES)


@pytest.mark.parametrize("name", sorted(RANGES))
def test_both_ends_are_taken_and_one_beyond_is_refused(name):
    low, high = RANGES[name]
    with_ends = {
        "MAX_UA": {"FULL_SCALE_UA": 1_000_000},
        "FULL_SCALE_UA": {"MAX_UA": 1_000},
        "SUPPLY_MIN_MV": {"SUPPLY_MAX_MV": 100_000},
        "SUPPLY_MAX_MV": {"SUPPLY_MIN_MV": 1},
    }.get(name, {})
    for value in WITH_THESE_PINS.get(name, (low, high)):
        board_facts.check(whole(**dict(with_ends, **{name: value})))
    for value in (low - 1, high + 1):
        no = refusal(whole(**dict(with_ends, **{name: value})))
        assert (no.field, no.value, no.limit) == (name, value, "%d to %d" % (low, high))
        assert no.source and no.advice == "correct board.py"


@pytest.mark.parametrize("name", sorted(RANGES))
def test_what_is_no_number_in_range_is_refused_by_name(name):
    for value in NO_NUMBERS:
        no = refusal(whole(**{name: value}))
        assert (
            no.field == name
            and no.value is value
            and no.source
            and no.limit == "%d to %d" % RANGES[name]
        )


@pytest.mark.parametrize("row", SOUND)
def test_a_sound_board_is_taken(row):
    board_facts.check(row[1])


@pytest.mark.parametrize("row", WRONG)
def test_what_is_wrong_is_refused_by_its_field_with_limit_and_advice(row):
    _, facts, field, words = row
    no = refusal(facts)
    text = " ".join([str(part) for part in (no.value, no.limit, no.source, no.advice)])
    assert no.field == field
    assert [word for word in words if word not in text] == []
    assert no.limit and no.source and no.advice


def test_what_the_guard_switches_has_five_places_whatever_the_channels():
    assert board_facts.guarded(2) == ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN")
    assert board_facts.guarded(1) == ("CH1_A", "CH1_B", "GUARD_SPARE_1", "GUARD_SPARE_2", "HV_EN")


def test_facts_of_what_a_board_does_not_have_are_not_asked_for():
    for name in ("COMPLIANCE_MV", "SENSE_NV_PER_UA", "SUPPLY_MIN_MV", "OLED_I2C"):
        facts = dict(bare())
        facts[name] = "nobody reads it"
        board_facts.check(facts)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_is_true_or_false_and_nothing_like_it(name):
    for value in (True, False):
        board_facts.check(whole(**{name: value}))
    for value in (0, 1, "no", None, []):
        no = refusal(whole(**{name: value}))
        assert (no.field, no.limit, no.source) == (
            name,
            "True or False",
            "board format",
        ) and no.value is value


@pytest.mark.parametrize("name", sorted(RANGES) + list(SWITCHES))
def test_nothing_may_be_missing(name):
    facts = whole()
    del facts[name]
    no = refusal(facts)
    assert (no.field, no.value) == (name, "missing")


# (higher one, lower one): equal is taken, one below is refused; the numbers are 40 mA and 5 V
@pytest.mark.parametrize(
    "row", [("FULL_SCALE_UA", "MAX_UA", 40_000), ("SUPPLY_MAX_MV", "SUPPLY_MIN_MV", 5_000)]
)
def test_facts_that_belong_together(row):
    high, low, value = row
    board_facts.check(whole(**{high: value, low: value}))
    board_facts.check(whole(**{high: value, low: value - 1}))
    no = refusal(whole(**{high: value - 1, low: value}))
    assert (no.field, no.value, no.limit) == (
        high,
        value - 1,
        "at least %s = %d" % (low, value),
    ) and no.source


def test_a_source_says_where_a_ceiling_comes_from():
    assert "compiled ceiling" in refusal(whole(MAX_UA=100_001)).source
    assert "output bridge" in refusal(whole(DEAD_TIME_US=501)).source


@pytest.mark.parametrize(
    "row",
    [
        # An area's least length: two sectors to write one while the other is whole, eight for the
        # journal; one sector less is refused
        ("PRESCRIPTION", 0x2000),
        ("KEYS", 0x2000),
        ("COUNTER", 0x2000),
        ("CALIBRATION", 0x2000),
        ("JOURNAL", 0x8000),
    ],
)
def test_an_area_has_its_least_length(row):
    name, least_bytes = row
    board_facts.check(whole(**{name + "_BYTES": least_bytes}))
    no = refusal(whole(**{name + "_BYTES": least_bytes - 0x1000}))
    assert (no.field, no.value, no.limit) == (
        name + "_BYTES",
        least_bytes - 0x1000,
        "%#x or more, whole sectors of 4096" % least_bytes,
    )


# What is wrong -> the whole text of a limit or source: words that a person reads stand in it once,
# with their numbers.


@pytest.mark.parametrize(
    "row",
    [
        (board(PINS=pins(CH3_A=(9,) + OUT)), "roles of a board with 2 channels"),
        (one_channel(CH2_AMP=(6, "pwm", 1, 0, "down")), "roles of a board with 1 channel"),
        (
            board(PINS=pins(CH2_A=(9,) + OUT)),
            (
                "the guard switches CH1_A CH1_B CH2_A CH2_B HV_EN with one instruction: "
                "consecutive GPIOs"
            ),
        ),
    ],
)
def test_the_source_of_a_refusal_in_full(row):
    facts, source = row
    assert refusal(facts).source == source


@pytest.mark.parametrize(
    "row",
    [
        # A pull: what holds the output stage off, nothing but what the converter needs, or the
        # chip's own pull
        (board(PINS=pins(CH1_A=(10, "out", 1, 0, "up"))), "PINS.CH1_A pull", "down"),
        (board(PINS=pins(CH1_SENSE=(26, "adc", 1, 0, "up"))), "PINS.CH1_SENSE pull", "none"),
        (board(PINS=pins(BTN_UP=(21, "in", 0, 1, "down"))), "PINS.BTN_UP pull", "up or none"),
        (board(PINS=pins(SYNC_OUT=(15, "out", 1, 0, "up"))), "PINS.SYNC_OUT pull", "down or none"),
        # Legs from GPIO 10 on, each in the place that the guard reaches
        (board(PINS=pins(CH1_B=(9,) + OUT)), "PINS.CH1_B GPIO", "11"),
        (board(PINS=pins(CH2_A=(9,) + OUT)), "PINS.CH2_A GPIO", "12"),
        (board(PINS=pins(CH2_B=(9,) + OUT)), "PINS.CH2_B GPIO", "13"),
        # Two GPIOs have a slice: 6 and 7 are slice 3
        (
            board(PINS=pins(BUZZER=(7, "pwm", 1, 0, "down"), LED_FAULT=(8,) + OUT)),
            "PINS.CH2_AMP GPIO",
            "a PWM slice of its own, not slice 3",
        ),
    ],
)
def test_the_limit_of_a_refusal_in_full(row):
    facts, field, limit = row
    no = refusal(facts)
    assert (no.field, no.limit) == (field, limit)
