"""Panel: bounce, press, hold, chords, stuck buttons; what lights and buzzer say in each state."""

import pytest
from samples import document, program

from stimcore import panel, prescription
from stimcore.panel import RELEASE_MS, Button, Buzzer, Keys, lights
from stimcore.inputs import HOLD_MS, Inputs
from stimcore.session import Session

BITS = (1, 2, 4, 8, 16)
START, STOP, UP, DOWN, SELECT = BITS


def happenings(levels, hold_ms=1_000, step_ms=5):
    """What a button reports for a list of (level, ms)."""
    button, now_ms, out = Button(hold_ms), 0, []
    for down, ms in levels:
        for _ in range(ms // step_ms):
            now_ms += step_ms
            what = button.step(now_ms, down)
            if what:
                out.append(what)
    return out


def test_a_press_and_a_hold():
    assert happenings([(False, 100), (True, 200), (False, 100)]) == ["press"]
    assert happenings([(False, 100), (True, 1_500), (False, 100)]) == ["press", "hold"]
    # Once a hold
    assert happenings([(True, 5_000)]) == ["press", "hold"]


def test_bounce_is_one_press():
    bounce = [(True, 5), (False, 5)] * 6
    assert happenings([(False, 100)] + bounce + [(True, 200)] + bounce + [(False, 200)]) == [
        "press"
    ]


def test_contacts_that_open_for_less_than_a_release_are_one_press():
    slow = [(True, 15), (False, RELEASE_MS - 5)] * 5
    assert happenings([(False, 100)] + slow + [(True, 200)] + slow + [(False, 200)]) == ["press"]


def test_a_spike_is_nothing():
    """HZ1: 10 ms are a press, less is a disturbance."""
    assert (
        happenings([(False, 100), (True, 10), (False, 100)])
        == []
        == happenings([(False, 100), (True, 1), (False, 100)], step_ms=1)
    )
    assert happenings([(False, 100), (True, 15), (False, 100)]) == ["press"]


def test_a_slow_round_never_loses_a_release():
    """A button that is not stepped once it is no longer busy must come up again, however rarely
    it is looked at.
    """
    for step_ms in (5, 10, 13, 19, 25, 60):
        button, now_ms, out = Button(1_000), 0, []
        for down, ms in ((True, 300), (False, 300), (True, 300), (False, 300)):
            end = now_ms + ms
            while now_ms < end:
                now_ms += step_ms
                if down or button.busy:
                    out.append(button.step(now_ms, down))
        assert out.count("press") == 2 and not button.busy


class Hands:
    """Keys and hands on them; `seen` is what came of it: (event, button)."""

    def __init__(self, at_power_on=0):
        self.keys = Keys(BITS, at_power_on, HOLD_MS)
        self.inputs = Inputs()
        self.now_ms = 0
        self.seen = []

    def down(self, levels, ms, step_ms=10):
        for _ in range(ms // step_ms):
            self.now_ms += step_ms
            inputs = self.inputs
            inputs.pressed = inputs.held = ""
            if levels or self.keys.busy:
                found = self.keys.step(self.now_ms, levels, inputs)
                if found:
                    self.seen.append(("stuck", found))
            for event in ("pressed", "held"):
                if getattr(inputs, event):
                    self.seen.append((event, getattr(inputs, event)))
        return self


# The table of firmware/README.md: what hands do, and what comes of it.
HANDS = [
    ("a press", [(START, 200), (0, 200)], [("pressed", "START")]),
    ("a hold", [(START, 1_200), (0, 200)], [("pressed", "START"), ("held", "START")]),
    ("UP held counts once", [(UP, 3_000), (0, 200)], [("pressed", "UP"), ("held", "UP")]),
    (
        "bounce",
        [(UP, 10), (0, 10), (UP, 10), (0, 10), (UP, 200), (0, 10), (UP, 10), (0, 200)],
        [("pressed", "UP")],
    ),
    (
        "UP that chatters is believed six times, and again once it is quiet",
        [(UP, 20), (0, 30)] * 40 + [(0, 1_100), (UP, 100), (0, 100)],
        [("pressed", "UP")] * 6 + [("stuck", "UP"), ("pressed", "UP")],
    ),
    (
        "SELECT that chatters slower",
        [(SELECT, 50), (0, 70)] * 16,
        [("pressed", "SELECT")] * 6 + [("stuck", "SELECT")],
    ),
    ("DOWN that chatters still lowers", [(DOWN, 20), (0, 30)] * 20, [("pressed", "DOWN")] * 20),
    ("a hasty hand", [(UP, 80), (0, 90)] * 12, [("pressed", "UP")] * 12),
    (
        "two that stick are told once each",
        [(UP, 20), (UP | SELECT, 30_000)],
        [("pressed", "UP"), ("stuck", "UP"), ("stuck", "SELECT")],
    ),
    ("two in the same moment", [(UP | START, 300), (0, 200)], []),
    ("two in the same moment, held", [(START | SELECT, 3_000), (0, 200)], []),
    ("DOWN counts beside any other", [(UP | DOWN, 300), (0, 200)], [("pressed", "DOWN")]),
    (
        "a second one while the first is down",
        [(START, 500), (START | UP, 300), (0, 200)],
        [("pressed", "START")],
    ),
    (
        "no hold while another is down",
        [(START, 500), (START | UP, 800), (START, 500), (0, 200)],
        [("pressed", "START")],
    ),
    (
        "one after the other",
        [(UP, 100), (0, 100), (SELECT, 100), (0, 100)],
        [("pressed", "UP"), ("pressed", "SELECT")],
    ),
    ("STOP is no chord", [(STOP, 100), (STOP | DOWN, 100), (0, 100)], [("pressed", "DOWN")]),
    (
        "stuck",
        [(UP, 15_000), (0, 100), (UP, 100), (0, 100)],
        [("pressed", "UP"), ("held", "UP"), ("stuck", "UP"), ("pressed", "UP")],
    ),
    (
        "the others work beside a stuck one",
        [(SELECT, 11_000), (SELECT | START, 1_200), (SELECT, 100)],
        [
            ("pressed", "SELECT"),
            ("held", "SELECT"),
            ("stuck", "SELECT"),
            ("pressed", "START"),
            ("held", "START"),
        ],
    ),
    ("a stuck STOP is reported", [(STOP, 11_000), (0, 100)], [("stuck", "STOP")]),
    ("9 s are not stuck", [(DOWN, 9_500), (0, 100)], [("pressed", "DOWN"), ("held", "DOWN")]),
]


@pytest.mark.parametrize("row", HANDS)
def test_what_hands_do(row):
    _, moves, wanted = row
    hands = Hands()
    hands.down(0, 100)
    for levels, ms in moves:
        hands.down(levels, ms)
    assert hands.seen == wanted


def test_a_button_that_is_down_at_power_on_means_nothing_until_it_has_been_up():
    hands = Hands(at_power_on=START).down(START, 15_000)
    assert hands.seen == [("stuck", "START")] and hands.keys.stuck == "START"
    hands.down(0, 100).down(START, 1_200)
    assert hands.seen[1:] == [("pressed", "START"), ("held", "START")] and not hands.keys.stuck


def test_a_press_that_has_changed_the_state_is_no_hold_in_the_next():
    hands = Hands().down(0, 50).down(START, 300)
    hands.keys.spend()
    hands.down(START, 2_000).down(0, 100)
    assert hands.seen == [("pressed", "START")]
    hands.down(START, 1_200)
    assert hands.seen[1:] == [("pressed", "START"), ("held", "START")]


def test_start_that_is_still_held_when_the_session_runs_is_no_chord():
    hands = Hands().down(0, 50).down(START, 1_200)
    hands.keys.spend()
    hands.down(START | UP, 100).down(START, 100)
    assert hands.seen == [("pressed", "START"), ("held", "START"), ("pressed", "UP")]


@pytest.mark.parametrize("name", sorted(panel.BEEPS))
def test_the_buzzer_plays_a_pattern_to_its_end_and_then_rests(name):
    buzzer, on_ms, was = Buzzer(), 0, False
    assert buzzer.due_ms > 1 << 40
    buzzer.play(name, 1_000)
    for now_ms in range(1_000, 5_000, 10):
        if now_ms >= buzzer.due_ms:
            was = buzzer.step(now_ms)
        on_ms += 10 * was
    assert (
        not was
        and on_ms == sum(ms for i, ms in enumerate(panel.BEEPS[name]) if i % 2 == 0)
        and buzzer.due_ms > 1 << 40
    )


def session_in(state, reason=None, programs=2, **values):
    session = Session()
    documents = document(
        program(name="Pain relief"), program(name="A long name of 32 characters yes", channels=[1])
    )
    if programs:
        session.load(prescription.from_toml_dict(documents)["programs"], (30_000, 30_000))
    session._enter(state)
    session._watched = False
    if reason:
        session.trip(reason)
    for name, value in values.items():
        setattr(session, name, value)
    return session


def test_green_only_when_start_may_be_held():
    assert lights(session_in("READY")) == (True, False, False)
    assert lights(session_in("READY", wait_s=60)) == (False, False, False)


def test_yellow_whenever_output_can_flow():
    assert lights(session_in("ARMED")) == (False, True, False)
    assert lights(session_in("RUNNING")) == (False, True, False)
    assert lights(session_in("PAUSED")) == (False, False, False)
    assert lights(session_in("RUNNING", "usb_power")) == (False, False, True)


def test_found_refusals_sound_in_a_lower_tone_that_old_ears_keep():
    buzzer = Buzzer()
    for name in sorted(panel.BEEPS):
        buzzer.play(name, 0)
        assert buzzer.hz == (1_000 if name in ("refused", "locked") else 2_700), name


def test_how_long_a_button_is_held_is_told_of_one_that_is_down_alone_and_means_something():
    hands = Hands().down(0, 50).down(START, 500)
    assert (
        hands.keys.holding_ms("START", hands.now_ms) == 490
        and hands.keys.holding_ms("SELECT", hands.now_ms) == 0
    )
    hands.down(START | UP, 100)
    assert (
        hands.keys.holding_ms("START", hands.now_ms)
        == hands.keys.holding_ms("UP", hands.now_ms)
        == 0
    )
    hands.down(START, 100)
    assert hands.keys.holding_ms("START", hands.now_ms) > 600
    hands.keys.spend()
    assert hands.keys.holding_ms("START", hands.now_ms) == 0
    hands.down(START, 100)
    assert hands.keys.holding_ms("START", hands.now_ms) == 0
    assert Hands(at_power_on=START).down(START, 500).keys.holding_ms("START", 500) == 0
