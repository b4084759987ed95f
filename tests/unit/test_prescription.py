"""Prescription: from the file's numbers to device form, every refusal, and acceptance on a
device.
"""

import json

import pytest
from preset_facts import FACTS, first_pulse
from refusals import PROGRAM_REFUSALS, TOP_REFUSALS
from samples import board, document, program

from stimcore import canonical, prescription
from stimcore.errors import Refused
from stimcore.presets import PRESETS
from stimcore.dates import days, iso
from stimcore.program import electrode_mm2

BOARD = board()


def checked(doc, on=BOARD):
    rx = prescription.from_toml_dict(doc)
    prescription.check(rx, on)
    return rx


def refusal(doc, on=BOARD):
    with pytest.raises(Refused) as caught:
        checked(doc, on)
    return str(caught.value)


def test_the_sample_is_legal_and_all_integers():
    rx = checked(document())
    first = rx["programs"][0]
    assert (
        rx["electrode_mm2"] == 2_500
        and rx["caps"]["ch1_ua"] == 30_000
        and rx["caps"]["session_s"] == 1_800
    )
    assert (first["rate_mpps"], first["session_s"], first["ramp_up_ms"], first["ramp_down_ms"]) == (
        80_000,
        1_200,
        2_000,
        1_000,
    )


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_is_legal_by_itself(name):
    rx = checked(document({"name": name, "preset": name, "channels": [1, 2]}))
    assert rx["programs"][0]["phase_us"] >= 20


def test_every_preset_says_where_its_numbers_come_from_and_how_sure_they_are():
    assert sorted(PRESETS) == sorted(FACTS)
    for preset in PRESETS.values():
        begins = {"primary": "text read: ", "secondary": "quoted by others: "}[preset["sure"]]
        assert preset["source"].startswith(begins) and preset["use"]


# On, off, ramp up and down in ms, from the fact sheet; ramps of retrain, and those of what says
# none, are this product's choice.
TIMES = {"strength": (10_000, 50_000, 2_000, 1_000), "retrain": (1_000, 1_000, 200, 200)}


def device_form(part):
    """A burst or a sweep of the fact sheet in the units of the device."""
    if part is None:
        return None
    if "pulses" in part:
        return {
            "pulses": part["pulses"],
            "inner_mpps": part["inner_pps"] * 1_000,
            "per_s_mpps": part["per_s"] * 1_000,
        }
    return {
        "rate_mpps": [rate * 1_000 for rate in part["rate_pps"]],
        "phase_us": part["phase_us"],
        "period_ms": part["period_s"] * 1_000,
    }


@pytest.mark.parametrize("name", sorted(FACTS))
def test_presets_have_the_numbers_of_the_fact_sheet(name):
    least, most = FACTS[name]["minutes"]
    got = checked(document({"name": name, "preset": name, "channels": [1]}))["programs"][0]
    assert (got["rate_mpps"], got["phase_us"]) == first_pulse(name)
    assert least * 60 <= got["session_s"] <= most * 60
    for part in ("burst", "sweep"):
        assert got.get(part) == device_form(FACTS[name]["program"].get(part))
    assert tuple(
        got.get(key, 0) for key in ("on_ms", "off_ms", "ramp_up_ms", "ramp_down_ms")
    ) == TIMES.get(name, (0, 0, 2_000, 1_000))


@pytest.mark.parametrize("row", PROGRAM_REFUSALS)
def test_a_bad_program_is_refused_in_the_words_of_the_file(row):
    change, part = row
    assert part in refusal(document(program(**change)))


@pytest.mark.parametrize("row", TOP_REFUSALS)
def test_a_bad_prescription_is_refused_in_the_words_of_the_file(row):
    change, part = row
    assert part in refusal(document(**change))


def test_nine_programs_are_too_many():
    assert "1 to 8 programs" in refusal(document(*[program() for _ in range(9)]))


def test_a_board_tightens_and_never_widens():
    assert "board sample" in refusal(document(), board(MAX_UA=20_000))
    assert "dead time of board sample" in refusal(
        document(program(gap_us=9)), board(DEAD_TIME_US=10)
    )
    assert "caps.ch1_ma = 101.0" in refusal(
        document(
            caps={
                "ch1_ma": 101,
                "ch2_ma": 30,
                "session_min": 30,
                "sessions_per_day": 3,
                "rest_min": 30,
            }
        ),
        board(MAX_UA=200_000),
    )
    checked(document(program(gap_us=10)), board(DEAD_TIME_US=10))


def test_an_undeclared_electrode_is_the_boards_smallest():
    rx = checked(document(electrode_cm2=None))
    assert electrode_mm2(rx, BOARD) == 1_600
    small = board(SMALLEST_ELECTRODE_MM2=100)
    assert "uA r.m.s. on 100 mm2" in refusal(
        document(electrode_cm2=None), small
    ) or "nC a phase" in refusal(document(electrode_cm2=None), small)


def test_a_trigger_needs_a_board_that_has_an_input_for_it():
    """HZ11: it would wait for ever."""
    pins = {role: pin for role, pin in board()["PINS"].items() if role != "TRIG_IN"}
    waits = document(program(trigger=True))
    checked(waits)
    assert "trigger" in refusal(waits, board(PINS=pins))
    checked(document(program()), board(PINS=pins))


def test_one_current_source_refuses_a_collision_with_both_numbers():
    single = board(SINGLE_CURRENT_SOURCE=True)
    text = refusal(document(program(offset_us=100)), single)
    assert (
        "250 to 12250 us" in text
        and "channel 1 busy 0..250 us" in text
        and "channel 2 100..350 us" in text
    )
    checked(document(program(offset_us=250)), single)
    checked(document(program(offset_us=12_250)), single)
    assert "offset_us = 12251" in refusal(document(program(offset_us=12_251)), single)


def test_device_form_from_a_hostile_host_is_refused():
    good = prescription.from_toml_dict(document())
    for key, value in (
        ("v", 2),
        ("caps", None),
        ("programs", "x"),
        ("programs", [5]),
        ("counter", 10**12 + 1),
        ("electrode_mm2", -5),
    ):
        bad = dict(good)
        bad[key] = value
        with pytest.raises(Refused):
            prescription.check(bad, BOARD)
    for what in (None, 5, [], "text"):
        with pytest.raises(Refused):
            prescription.check(what, BOARD)


@pytest.mark.parametrize(
    "row",
    [("1970-01-01", 0), ("2000-03-01", 11_017), ("2026-11-22", 20_779), ("2024-02-29", 19_782)],
)
def test_days_since_1970(row):
    # From `date -d ... +%s` / 86400
    assert days(row[0]) == row[1]


def test_a_counter_far_ahead_is_refused_so_that_others_can_follow():
    for last, counter, taken in (
        (0, 20_261_122, True),
        (0, 100_000_000, True),
        (0, 100_000_001, False),
        (0, 10**12, False),
        (10**9, 10**9 + 1, True),
        (5, 100_000_005, True),
        (5, 100_000_006, False),
    ):
        rx = checked(document(counter=counter))
        if taken:
            prescription.check_accept(rx, "abc", 20_780, last)
        else:
            with pytest.raises(Refused) as no:
                prescription.check_accept(rx, "abc", 20_780, last)
            assert no.value.field == "counter" and no.value.limit == "%d to %d" % (
                last + 1,
                last + 100_000_000,
            )


@pytest.mark.parametrize(
    "day",
    [
        "1970-01-01",
        "1972-02-29",
        "1999-12-31",
        "2000-03-01",
        "2026-11-22",
        "2027-01-01",
        "2096-02-29",
        "2099-12-31",
    ],
)
def test_a_day_and_its_number_are_one_thing(day):
    assert iso(days(day)) == day


def test_acceptance_wants_this_device_a_live_date_and_a_newer_counter():
    rx = checked(document(device="abc", counter=5))
    today = 20_779
    prescription.check_accept(rx, "abc", today, 4)
    for arguments, part in (
        (("xyz", today, 4), "serial of this device"),
        (("abc", 20_873 + 1, 4), "expires"),
        (("abc", today, 5), "counter = 5"),
    ):
        with pytest.raises(Refused) as caught:
            prescription.check_accept(rx, *arguments)
        assert part in str(caught.value)
    last = checked(document(expires="2026-11-22"))
    # The last day counts
    prescription.check_accept(last, "any", today, 0)
    with pytest.raises(Refused):
        prescription.check_accept(last, "any", today + 1, 0)


# (what the prescription says, part of the refusal)
SHOWN_REFUSALS = [
    ({"language": "it"}, "language = it: limit one of en, de, fr, es"),
    ({"language": "EN"}, "one of en, de, fr, es"),
    ({"language": 5}, "one of en, de, fr, es"),
    (
        {"labels": {"ch1": "Left lower leg"}},
        "labels.ch1 = 'Left lower leg': limit 1 to 10 letters of the screen",
    ),
    ({"labels": {"ch1": ""}}, "labels.ch1"),
    ({"labels": {"ch2": " calf"}}, "labels.ch2"),
    ({"labels": {"ch2": "\u0141ydka"}}, "labels.ch2"),
    ({"labels": {"ch2": "e\u0301paule"}}, "labels.ch2"),
    ({"labels": {"ch2": "a\nb"}}, "labels.ch2"),
    ({"labels": {"ch2": 7}}, "labels.ch2 = 7"),
    ({"labels": {"ch3": "Arm"}}, "labels.ch3 = unknown key"),
    ({"labels": "Left calf"}, "a table"),
]


@pytest.mark.parametrize("row", SHOWN_REFUSALS)
def test_found_what_the_screen_cannot_show_is_refused_in_the_words_of_the_file(row):
    changes, part = row
    assert part in refusal(document(**changes))


def test_found_language_and_names_of_the_channels_come_through():
    written = document(
        program(name="Kr\xe4ftigung"),
        language="fr",
        labels={"ch1": "Mollet g.", "ch2": "\xc9paule"},
    )
    rx = prescription.from_toml_dict(written)
    prescription.check(rx, board())
    assert (rx["language"], rx["labels"], rx["programs"][0]["name"]) == (
        "fr",
        {"ch1": "Mollet g.", "ch2": "\xc9paule"},
        "Kr\xe4ftigung",
    )
    assert json.loads(canonical.text(rx)) == rx and len(canonical.text(rx)) == len(
        canonical.text(rx).encode()
    )
