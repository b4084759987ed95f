"""Accepting a prescription: a person's hand on SELECT, and nothing else, in any order of events."""

import pytest
from samples import document, program

from stimcore import prescription
from stimcore.acceptance import WAIT_MS, Acceptance, prescription_pages
from stimcore.inputs import Inputs
from stimcore.states import STATES
from stimcore.texts import Texts

SAID = Texts().said


def pages_of(rx, said):
    return prescription_pages(rx, said, [["Sets the date", "2026-11-22"]])


def rx(*programs, **changes):
    return prescription.from_toml_dict(document(*programs, **changes))


def inputs(**seen):
    made = Inputs()
    for name, value in seen.items():
        setattr(made, name, value)
    return made


def offered(at_ms=0):
    waiting = Acceptance(pages_of)
    waiting.offer(at_ms, rx(), SAID)
    return waiting


def test_nothing_waits_before_an_offer():
    assert (
        Acceptance(pages_of).step(0, "READY", inputs(pressed="SELECT", held="SELECT")) == ""
        and Acceptance(pages_of).left_ms(0) == 0
    )


def test_pressed_then_held_accepts_once():
    waiting = offered()
    assert waiting.step(10, "READY", inputs(pressed="SELECT")) == ""
    assert waiting.step(1_010, "READY", inputs(held="SELECT")) == "accepted"
    assert (
        waiting.waiting is None
        and waiting.step(1_020, "READY", inputs(pressed="SELECT", held="SELECT")) == ""
    )


def test_a_button_held_since_before_the_offer_says_nothing():
    assert offered().step(10, "READY", inputs(held="SELECT")) == ""


@pytest.mark.parametrize(
    "seen",
    [
        {"pressed": "SELECT"},
        {"held": "START"},
        {"pressed": "UP"},
        {"held": "UP"},
        {"usb_power": True},
        {},
    ],
)
def test_everything_else_goes_on_waiting(seen):
    waiting = offered()
    for ms in range(0, WAIT_MS, 1_000):
        assert waiting.step(ms, "READY", inputs(**seen)) == ""


def test_a_press_before_the_last_offer_does_not_count_for_it():
    waiting = offered()
    waiting.step(10, "READY", inputs(pressed="SELECT"))
    waiting.step(20, "READY", inputs(pressed="DOWN"))
    waiting.offer(30, rx(), SAID)
    assert waiting.step(1_020, "READY", inputs(held="SELECT")) == ""


@pytest.mark.parametrize(
    "seen", [{"pressed": "DOWN"}, {"stop_down": True}, {"stop_down": True, "held": "SELECT"}]
)
def test_down_and_stop_refuse(seen):
    waiting = offered()
    waiting.step(10, "READY", inputs(pressed="SELECT"))
    assert (
        waiting.step(1_010, "READY", inputs(**seen)) == "refused at the device"
        and waiting.waiting is None
    )


def test_it_waits_a_minute_to_the_millisecond():
    waiting = offered(500)
    waiting.step(600, "ENDED", inputs(pressed="SELECT"))
    assert (
        waiting.step(500 + WAIT_MS - 1, "ENDED", inputs()) == ""
        and waiting.left_ms(500 + WAIT_MS - 1) == 1
    )
    assert waiting.step(500 + WAIT_MS, "ENDED", inputs(held="SELECT")) == "nobody accepted it"


@pytest.mark.parametrize("state", STATES)
def test_only_at_rest(state):
    waiting = offered()
    waiting.step(0, "READY", inputs(pressed="SELECT"))
    answer = waiting.step(1_000, state, inputs(held="SELECT"))
    assert answer == ("accepted" if state in ("READY", "ENDED") else "no longer at rest")


def test_the_screen_names_patient_caps_and_each_program_in_turn():
    waiting = Acceptance(pages_of)
    waiting.offer(
        0,
        rx(
            program(name="One"),
            program(name="A name of more than a line"),
            id="rx-1",
            patient="P-1",
            labels={"ch2": "Left calf"},
            caps={
                "ch1_ma": 12.5,
                "ch2_ma": 30,
                "session_min": 30,
                "sessions_per_day": 3,
                "rest_min": 30,
            },
        ),
        SAID,
    )
    pages = [[row[3] for row in waiting.screen(3_000 * k)] for k in range(8)]
    assert [" ".join(page[:-1]) for page in pages] == [
        "New prescription rx-1",
        "for P-1",
        "Sets the date 2026-11-22",
        "Pads 1 up to 12.5 mA",
        "Left calf up to 30 mA",
        "Program 1 of 2 One",
        "Program 2 of 2 A name of more than a line",
        "New prescription rx-1",
    ]
    assert [page[-1] for page in pages[:2]] == ["Hold SELECT: yes", "DOWN: no    57 s"]
