"""Reasons, their codes on the wire, the latch, and which fault is told when several are there."""

import pytest

from stimcore import interlock
from stimcore.inputs import Inputs

# Codes that journals and scratch registers of devices in use hold: a new reason gets the next
# number, these never change.
WIRE = {
    "none": 0,
    "stop_pressed": 1,
    "interlock_open": 2,
    "deadman": 3,
    "usb_power": 4,
    "supply": 5,
    "engine_dry": 6,
    "watchdog": 7,
    "exception": 8,
    "restart": 9,
    "journal_full": 10,
    "lead_off": 11,
    "short": 12,
    "over_current": 13,
    "unbalanced": 14,
    "width": 15,
    "no_measurement": 16,
    "registers": 17,
    "temperature": 18,
    "self_test": 19,
}


@pytest.mark.parametrize("reason", sorted(WIRE))
def test_the_code_of_a_reason_never_changes(reason):
    assert interlock.CODES[reason] == WIRE[reason]
    assert interlock.REASONS[WIRE[reason]][0] == reason


def test_each_reason_has_one_code_that_fits_a_byte():
    assert len(interlock.CODES) == len(interlock.REASONS) <= 256
    assert sorted(interlock.CODES.values()) == list(range(len(interlock.REASONS)))


# What the engineer must find in the advice: the signal, fact or command to look at next.
NAMED = [
    ("stop_pressed", "BTN_STOP"),
    ("interlock_open", "INTERLOCK_N"),
    ("supply", "SUPPLY_MIN_MV"),
    ("short", "SHORT_N"),
    ("lead_off", "5 mA"),
    ("exception", "journal"),
    ("temperature", "DIE_C"),
    ("self_test", "evenpulse selftest"),
    ("over_current", "current source"),
]


@pytest.mark.parametrize("row", NAMED)
def test_advice_names_what_to_look_at(row):
    reason, part = row
    assert part in interlock.advice(reason)


def test_no_reason_has_no_advice():
    assert interlock.advice("none") == ""


def test_every_reason_has_advice():
    assert all(engineer for _, engineer in interlock.REASONS[1:])


def test_the_latch_keeps_the_first_reason_until_it_is_cleared():
    latch = interlock.Latch()
    assert latch.reason == "none"
    assert latch.trip("width") is True and latch.reason == "width"
    assert latch.trip("supply") is False and latch.reason == "width"
    assert latch.trip("width") is False and latch.reason == "width"
    latch.clear()
    assert latch.reason == "none"
    assert latch.trip("supply") is True and latch.reason == "supply"


@pytest.mark.parametrize("reason", sorted(WIRE))
def test_whatever_came_first_is_kept(reason):
    latch = interlock.Latch()
    latch.trip(reason)
    assert latch.trip("width") is (reason == "none")
    assert latch.reason == ("width" if reason == "none" else reason)


@pytest.mark.parametrize("before", ["none", "supply"])
def test_an_unknown_reason_is_a_programming_error_and_changes_nothing(before):
    latch = interlock.Latch()
    latch.trip(before)
    with pytest.raises(KeyError):
        latch.trip("no such reason")
    assert latch.reason == before


# (state, reason, word): the state in the low byte, the code in the next
WORDS = [
    (0, "none", 0x0000),
    (3, "none", 0x0003),
    (6, "usb_power", 0x0406),
    (7, "self_test", 0x1307),
    (255, "stop_pressed", 0x01FF),
]


@pytest.mark.parametrize("row", WORDS)
def test_the_scratch_word_holds_state_and_reason_apart(row):
    state, reason, word = row
    assert interlock.scratch_word(state, reason) == word


def inputs(**changes):
    seen = Inputs()
    for name, value in changes.items():
        setattr(seen, name, value)
    return seen


def test_healthy_inputs_are_no_fault():
    assert interlock.first_fault(inputs()) is None


@pytest.mark.parametrize(
    "change",
    [
        {"usb_isolated": True},
        {"usb_power": True, "usb_isolated": True},
        {"pressed": "UP", "held": "START"},
        {"train_started": False},
    ],
)
def test_what_is_no_fault(change):
    assert interlock.first_fault(inputs(**change)) is None


# The most telling one first: each of these hides all that follow it.
RANKS = [
    ("stop_pressed", {"stop_down": True}),
    ("width", {"output_fault": "width"}),
    ("interlock_open", {"loop_open": True}),
    ("usb_power", {"usb_power": True}),
    ("supply", {"supply_ok": False}),
    ("temperature", {"temperature_ok": False}),
]


@pytest.mark.parametrize("rank", range(len(RANKS)))
def test_each_fault_alone_and_before_all_that_rank_below(rank):
    reason, change = RANKS[rank]
    assert interlock.first_fault(inputs(**change)) == reason
    everything_below = {}
    for _, other in RANKS[rank:]:
        everything_below.update(other)
    assert interlock.first_fault(inputs(**everything_below)) == reason
