"""Limits only tighten, compiled -> board -> prescription -> patient: rows of both virtual
machines.
"""

import pytest
from samples import board, document, program
from tightening import NO_NUMBERS, NUMBERS, device_form, is_explained, refusal

from stimcore import prescription
from stimcore.errors import Refused
from stimcore.inputs import Inputs
from stimcore.session import Session
from stimcore.therapy import ARM_SETTLE_MS

FAR = [
    -1,
    -(2**30),
    -(2**31),
    -(2**63),
    -(2**64) - 1,
    2**30,
    2**31 - 1,
    2**31,
    2**32,
    2**63,
    2**64,
    10**30,
]


def test_the_form_with_every_number_is_legal():
    prescription.check(device_form(), board())


@pytest.mark.parametrize("row", NUMBERS)
def test_one_below_and_one_above_are_refused_by_name(row):
    where, name, low, high = row
    for value in [low - 1, high + 1] + [far for far in FAR if not low <= far <= high]:
        no = refusal(where, value)
        assert no and is_explained(no, name), (value, str(no))


@pytest.mark.parametrize("row", NUMBERS)
def test_what_is_no_whole_number_is_refused_by_name(row):
    where, name, _, _ = row
    for value in NO_NUMBERS:
        no = refusal(where, value)
        assert no and is_explained(no, name), (value, str(no))


@pytest.mark.parametrize("row", NUMBERS)
def test_both_ends_are_not_refused_for_their_range(row):
    where, name, low, high = row
    for value in (low, high):
        # Another rule may refuse: a burst too long for its period, a charge too high
        no = refusal(where, value)
        assert no is None or " to " not in no.limit, (value, str(no))


# In the file a whole number may be written 100.0; what is none is refused in the file's own unit.
FILE = [
    "phase_us",
    "gap_us",
    "rate_pps",
    "minutes",
    "offset_us",
    "ramp_up_s",
    "ramp_down_s",
    "on_s",
    "off_s",
]

WRONG_IN_A_FILE = (
    -1,
    -(2**31),
    2**31,
    2**64,
    True,
    float("nan"),
    float("inf"),
    "30",
    "80",
    [30],
    [80],
    {},
)


@pytest.mark.parametrize("name", FILE)
def test_the_file_is_refused_in_its_own_words(name):
    for value in WRONG_IN_A_FILE + (1.0001e-5,):
        with pytest.raises(Refused) as caught:
            prescription.check(
                prescription.from_toml_dict(document(program(**{name: value}))), board()
            )
        assert is_explained(caught.value, "program[1]." + name)


@pytest.mark.parametrize(
    "name", ["ch1_ma", "ch2_ma", "session_min", "sessions_per_day", "rest_min"]
)
def test_caps_in_the_file_are_refused_in_its_own_words(name):
    for value in WRONG_IN_A_FILE + (None, 1e-7):
        caps = document()["caps"]
        caps[name] = value
        with pytest.raises(Refused) as caught:
            prescription.check(prescription.from_toml_dict(document(caps=caps)), board())
        assert is_explained(caught.value, "caps." + name)


@pytest.mark.parametrize("most_ua", [100_001, 200_000, 2**31, 2**64])
def test_a_board_above_the_compiled_ceiling_widens_nothing(most_ua):
    no = refusal(("caps", "ch1_ua"), 100_001, board(MAX_UA=most_ua))
    assert (
        is_explained(no, "caps.ch1_ma")
        and no.limit == "0.0 to 100.0"
        and "compiled ceiling" in no.source
    )


@pytest.mark.parametrize("dead_time_us", [4, 1, 0, -5, -(2**31)])
def test_a_board_with_a_shorter_dead_time_allows_no_shorter_gap(dead_time_us):
    no = refusal(("programs", 0, "gap_us"), 4, board(DEAD_TIME_US=dead_time_us))
    assert is_explained(no, "program[1].gap_us")
    assert refusal(("programs", 0, "gap_us"), 5, board(DEAD_TIME_US=dead_time_us)) is None


@pytest.mark.parametrize("channel", [1, 2])
def test_a_cap_above_the_boards_is_refused_and_one_at_it_is_not(channel):
    tight = board(MAX_UA=30_000)
    where = ("caps", "ch%d_ua" % channel)
    assert refusal(where, 30_000, tight) is None
    no = refusal(where, 30_001, tight)
    assert (
        is_explained(no, "caps.ch%d_ma" % channel)
        and no.limit == "30000 uA"
        and no.source == "board sample"
    )


def test_a_program_longer_than_the_caps_session_is_refused_and_one_as_long_is_not():
    assert refusal(("caps", "session_s"), 1_200) is None
    assert is_explained(refusal(("caps", "session_s"), 1_199), "program[1].minutes")


@pytest.mark.parametrize("caps_ua", [(30_000, 20_000), (1_500, 999), (0, 1)])
def test_up_held_for_a_session_stops_at_the_caps(caps_ua):
    session, inputs = Session(), Inputs()
    session.load(device_form()["programs"], caps_ua)
    session.step(0, inputs)
    inputs.held = "START"
    session.step(10, inputs)
    inputs.held = ""
    now_ms = 20 + ARM_SETTLE_MS
    session.step(now_ms, inputs)
    assert session.state == "RUNNING"
    for _ in range(400):
        now_ms += 20
        inputs.pressed = "UP"
        session.step(now_ms, inputs)
        assert session.ua[0] <= caps_ua[0] and session.ua[1] <= caps_ua[1]
        assert session.set_ua[0] <= caps_ua[0] and session.set_ua[1] <= caps_ua[1]
    # And they are reached
    assert tuple(session.set_ua) == tuple(session.ua) == caps_ua
