"""Everything important reaches two of three: light, sound, text. The table of
firmware/README.md, row by row.
"""

import pytest
from samples import document, program

from stimcore import panel, prescription, screens
from stimcore.inputs import Inputs
from stimcore.session import Session

GREEN, YELLOW, RED, DARK = (
    (True, False, False),
    (False, True, False),
    (False, False, True),
    (False, False, False),
)


class Rig:
    """A session with one day's worth of one short session, stepped by hand."""

    def __init__(self):
        self.session, self.inputs, self.now_ms = Session(), Inputs(), 0
        self.session.dose.prescribe(1, 1_800)
        rx = prescription.from_toml_dict(
            document(program(minutes=0.25, ramp_up_s=0, ramp_down_s=0))
        )
        self.session.load(rx["programs"], (30_000, 30_000))
        self.run(50)

    def run(self, ms):
        for _ in range(ms // 10):
            self.now_ms += 10
            self.session.step(self.now_ms, self.inputs)
            self.inputs.pressed = self.inputs.held = ""
        return self

    def press(self, name):
        self.inputs.pressed = name
        return self.run(10)

    def hold(self, name):
        self.inputs.held = name
        return self.run(10)

    def trip(self):
        self.inputs.usb_power = True
        return self.run(10)

    def refused(self):
        self.inputs.supply_ok = False
        return self.hold("START")

    def stuck(self):
        # As the supervisor does: test_supervisor_buttons.py
        self.session.stuck, self.session.sound = "UP", "warning"
        return self

    def running(self):
        return self.hold("START").run(150)


# What happens, lights after it, sound, text; "" where that says nothing of it
SIGNALS = [
    ("START may be held", lambda: Rig(), GREEN, "", "Hold START to begin"),
    ("a session begins", lambda: Rig().running(), YELLOW, "start", "UP/DOWN"),
    ("a pause", lambda: Rig().running().press("START"), DARK, "pause", "Paused"),
    ("the end", lambda: Rig().running().run(15_000), DARK, "end", "Done. Pain now?"),
    ("a fault", lambda: Rig().running().trip(), RED, "fault", "STOPPED"),
    (
        "a locked button",
        lambda: Rig().running().run(4_100).press("UP"),
        None,
        "locked",
        screens.LOCK + "Press DOWN",
    ),
    ("START refused by a fault", lambda: Rig().refused(), None, "refused", "The battery is low."),
    (
        "START refused by the day",
        lambda: Rig().running().run(15_000).press("START").press("START").hold("START"),
        DARK,
        "refused",
        "24 h 0 min",
    ),
    (
        "the cause of a fault is still there",
        lambda: stop_held(),
        RED,
        "refused",
        "STOP is still open.",
    ),
    ("a button that does not come up", lambda: Rig().stuck(), None, "warning", "UP is stuck"),
]


# Not the session's: tests/twin/test_zero1.py hears them
OF_THE_DEVICE = {"ready", "offered", "taken"}


def stop_held():
    rig = Rig().running()
    rig.inputs.loop_open = True
    return rig.run(10).hold("START")


@pytest.mark.parametrize("row", SIGNALS)
def test_light_sound_text(row):
    _, happen, lights, sound, text = row
    assert (lights is not None) + bool(sound) + bool(text) >= 2
    session = happen().session
    assert lights is None or panel.lights(session) == lights
    assert not sound or session.sound == sound and sound in panel.BEEPS
    assert text in " ".join(
        [" ".join(shown.split()) for _, _, _, shown in screens.screen(session, False)]
    )


def test_every_sound_is_in_the_table():
    assert {row[3] for row in SIGNALS} == set(panel.BEEPS) - {"press"} - OF_THE_DEVICE | {""}


def test_sounds_are_told_apart_by_their_pattern():
    assert len({panel.BEEPS[name] for name in panel.BEEPS}) == len(panel.BEEPS)
