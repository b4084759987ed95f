"""Panel: bounce, press, hold; what screen and lights say in each state; it all fits 128 x 64."""

import pytest
from samples import document, program

from stimcore import interlock, prescription
from stimcore.panel import DEBOUNCE_MS, Button, lights, screen
from stimcore.session import STATES, Session


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
    assert happenings([(True, 5_000)]) == ["press", "hold"]  # once a hold


def test_bounce_is_one_press():
    bounce = [(True, 5), (False, 5)] * 6
    assert happenings([(False, 100)] + bounce + [(True, 200)] + bounce + [(False, 200)]) == ["press"]


def test_a_spike_is_nothing():
    assert happenings([(False, 100), (True, DEBOUNCE_MS - 5), (False, 100)]) == []


def test_a_slow_round_never_loses_a_release():
    """A button that is not stepped once it is no longer busy must come up again, however rarely it is looked at."""
    for step_ms in (5, 10, 13, 19, 25, 60):
        button, now_ms, out = Button(1_000), 0, []
        for down, ms in ((True, 300), (False, 300), (True, 300), (False, 300)):
            end = now_ms + ms
            while now_ms < end:
                now_ms += step_ms
                if down or button.busy:
                    out.append(button.step(now_ms, down))
        assert out.count("press") == 2 and not button.busy


def session_in(state, reason=None, programs=2):
    session = Session()
    documents = document(program(name="Pain relief"), program(name="A long name 5678", channels=[1]))
    if programs:
        session.load(prescription.from_toml_dict(documents)["programs"], (30_000, 30_000))
    session._enter(state)
    if reason:
        session.trip(reason)
    return session


def fits(rows):
    return all(x >= 0 and y >= 0 and x + 8 * scale * len(text) <= 128 and y + 8 * scale <= 64 for x, y, scale, text in rows)


@pytest.mark.parametrize("state", STATES[1:6])
def test_every_state_has_a_screen_that_fits(state):
    for programs in (0, 2):
        if programs or state == "READY":
            rows = screen(session_in(state, programs=programs), False)
            assert rows and fits(rows)


@pytest.mark.parametrize("reason", [row[0] for row in interlock.REASONS[1:]])
def test_every_fault_says_stopped_and_what_to_do(reason):
    rows = screen(session_in("RUNNING", reason), False)
    texts = [row[3] for row in rows]
    assert fits(rows) and "STOPPED" in texts and interlock.REASONS[interlock.CODES[reason]][1].split("|")[1] in texts


def test_the_running_screen_shows_each_channel_large():
    session = session_in("RUNNING")
    session.ua[:] = [12_500, 100_000]
    rows = screen(session, False)
    assert (24, 12, 2, " 12.5") in rows and (24, 32, 2, "100.0") in rows and fits(rows)


def test_ready_says_to_unplug_usb():
    assert "Unplug USB" in [row[3] for row in screen(session_in("READY"), True)]
    assert "Hold START" in [row[3] for row in screen(session_in("READY"), False)]


def test_yellow_whenever_output_can_flow():
    assert lights(session_in("READY")) == (True, False, False)
    assert lights(session_in("ARMED")) == (False, True, False)
    assert lights(session_in("RUNNING")) == (False, True, False)
    assert lights(session_in("RUNNING", "usb_power")) == (False, False, True)
