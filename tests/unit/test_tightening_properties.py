"""Limits only tighten: hypothesis looks for a value, a board or a hand that gets past a limit."""

from hypothesis import given, settings
from hypothesis import strategies as st
from samples import board
from tightening import NUMBERS, device_form, is_explained, refusal

from stimcore import board_facts
from stimcore.errors import Refused
from stimcore.inputs import Inputs
from stimcore.session import Session
from stimcore.therapy import ARM_SETTLE_MS

_PLAIN = st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=5), st.integers())
_ANYTHING = st.one_of(
    _PLAIN,
    st.lists(_PLAIN, max_size=3),
    st.dictionaries(st.text(max_size=3), _PLAIN, max_size=2),
    st.integers(-(2**80), 2**80),
    st.sampled_from([2**30, 2**31, 2**32, 2**63, 2**64]),
)
# Boards that refuse nothing else of the form.
_BOARDS = st.builds(
    lambda most, dead: board(MAX_UA=most, DEAD_TIME_US=dead),
    st.integers(30_000, 2**40),
    st.integers(-(2**40), 50),
)


def _whole(value):
    # Neither bool nor float
    return type(value) is int


@settings(max_examples=400)
@given(st.sampled_from(NUMBERS), _ANYTHING, _BOARDS)
def test_no_value_passes_its_ceiling_on_a_board(row, value, on):
    where, name, low, high = row
    no = refusal(where, value, on)
    if not _whole(value) or not low <= value <= high:
        assert no is not None and is_explained(no, name)


@settings(max_examples=200)
@given(st.sampled_from(["ch1_ua", "ch2_ua"]), st.integers(0, 100_000), st.integers(30_000, 2**40))
def test_a_cap_is_within_compiled_and_board_or_refused(key, cap_ua, most_ua):
    no = refusal(("caps", key), cap_ua, board(MAX_UA=most_ua))
    assert cap_ua <= min(most_ua, 100_000) or is_explained(no, f"caps.{key[:3]}_ma")


@settings(max_examples=400)
@given(st.sampled_from([row[:3] for row in board_facts.NUMBERS]), _ANYTHING)
def test_no_board_fact_is_taken_that_is_no_number_in_range(row, value):
    name, low, high = row
    facts = board(
        FULL_SCALE_UA=1_000_000,
        SENSE_NV_PER_UA=30_000,
        MAX_UA=1_000,
        SUPPLY_MIN_MV=1,
        SUPPLY_MAX_MV=100_000,
    )
    facts[name] = value
    try:
        board_facts.check(facts)
    except Refused as no:
        assert is_explained(no, no.field if name in ("CHANNELS", "OLED_I2C") else name)
        # Which other pins would fit
        assert not _whole(value) or not low <= value <= high or name in ("CHANNELS", "OLED_I2C")
    else:
        assert _whole(value) and low <= value <= high


_HANDS = st.lists(
    st.tuples(
        st.sampled_from(["UP", "DOWN", "SELECT", "START", ""]),
        st.sampled_from(["", "", "", "START", "SELECT"]),
        st.integers(1, 3_000),
    ),
    max_size=80,
)


@settings(max_examples=100)
@given(st.tuples(st.integers(0, 100_000), st.integers(0, 100_000)), _HANDS)
def test_no_hand_brings_a_session_above_its_caps(caps_ua, hands):
    session, inputs = Session(), Inputs()
    session.load(device_form()["programs"], caps_ua)
    now_ms = 0
    for pressed, held, ms in (
        [("", "", 1), ("", "START", 10), ("", "", ARM_SETTLE_MS)] + [("UP", "", 20)] * 5 + hands
    ):
        now_ms += ms
        inputs.pressed, inputs.held = pressed, held
        session.step(now_ms, inputs)
        assert all(0 <= ua <= cap for ua, cap in zip(session.ua, caps_ua))
        assert all(0 <= ua <= cap for ua, cap in zip(session.set_ua, caps_ua))
