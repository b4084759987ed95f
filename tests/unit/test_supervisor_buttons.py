"""Buttons in the supervisor's rounds: an offer is taken or refused, what is stuck, held on or
chatters; what a hold shows.
"""

import pytest
from supervised import TWO, Recorder, Rig
from whole_device import text

from app.outputs import Outputs
from app.supervisor import ROUND_MS, Supervisor
from stimcore import journal, panel, screens


def test_a_prescription_that_waits_is_shown_and_taken_with_select():
    rig = Rig()
    rig.offer(text(*TWO, id="rx-9"))
    rig.run(300)
    assert rig.shown == ["New prescription", "rx-9", "Hold SELECT: yes"]
    pages = []
    rig.run(1_000)
    for _ in range(7):
        rig.run(3_000)
        pages.append(" ".join(rig.shown[:-1]))
    assert pages == [
        "for P-017",
        "Sets the date 2026-11-22",
        "Pads 1 up to 30 mA",
        "Pads 2 up to 30 mA",
        "Program 1 of 2 First",
        "Program 2 of 2 Second",
        "New prescription rx-9",
    ]
    assert rig.shown[-1].startswith("DOWN: no")
    rig.press("SELECT", 1_200)
    assert rig.device.session.program["name"] == "First" and "prescription" in rig.events()
    rig.run(1_000)
    assert rig.shown[0] == "First"


def test_select_held_for_too_short_or_from_before_takes_nothing():
    rig = Rig()
    rig.offer(text(*TWO))
    rig.press("SELECT", 900)
    assert rig.device.prescriptions.told()["state"] == "pending"
    rig = Rig()
    rig.hal.levels.pressed = 1 << panel.BUTTONS.index("SELECT")
    rig.run(500)
    rig.offer(text(*TWO))
    rig.run(3_000)
    assert rig.device.prescriptions.told()["state"] == "pending"


@pytest.mark.parametrize("button", ["DOWN", "STOP"])
def test_down_and_stop_refuse(button):
    rig = Rig()
    rig.offer(text(*TWO))
    rig.press(button, 100)
    assert (
        rig.device.prescriptions.told()["state"] == "refused"
        and rig.device.session.program["name"] == "Pain relief"
    )


def test_while_a_prescription_waits_the_buttons_start_nothing():
    rig = Rig()
    rig.offer(text(*TWO))
    rig.press("START", 1_500)
    assert rig.device.session.state == "READY" and "arm" not in rig.calls
    rig.press("DOWN", 100)
    rig.press("START", 1_500)
    assert rig.device.session.armed


def test_a_stuck_button_is_journaled_once_shown_and_ignored():
    rig = Rig()
    rig.press("UP", 11_000)
    assert rig.events().count("button_stuck") == 1
    rig.hal.levels.pressed = 1 << panel.BUTTONS.index("SELECT")
    rig.run(12_000)
    assert rig.device.session.stuck == "SELECT" and "SELECT is stuck" in [
        row[3].strip() for row in rig.rows
    ]
    rig.hal.levels.pressed |= 1 << panel.BUTTONS.index("START")
    rig.run(1_200)
    # The others work
    assert rig.device.session.armed
    rig.hal.levels.pressed = 0
    rig.run(100)
    assert rig.device.session.stuck == ""


def test_start_down_since_power_on_never_arms():
    rig = Rig()
    rig.hal.levels.pressed = 1
    rig.supervisor = Supervisor(
        rig.hal,
        rig.device,
        Outputs(rig.hal, rig.device.board),
        rig.supervisor._server,
        Recorder(rig.calls, "feed"),
    )
    rig.run(15_000)
    assert (
        rig.device.session.state == "READY"
        and "arm" not in rig.calls
        and rig.device.session.stuck == "START"
    )


def test_start_pressed_to_pause_and_held_on_does_not_resume():
    rig = Rig()
    rig.device.session.program["ramp_down_ms"] = 0
    rig.running()
    rig.press("START", 3_000)
    assert rig.device.session.state == "PAUSED"


def test_select_held_enters_the_boot_loader_a_second_later_and_start_arms_nothing_meanwhile():
    rig = Rig()
    rig.hal.bootloader = lambda: rig.calls.append("bootloader")
    rig.device.update.offer(
        {"board": rig.device.board["NAME"], "version": "0.1.1", "sha256": "ab" * 32}
    )
    rig.run(100)
    assert "New software?" in " ".join(rig.shown)
    rig.press("SELECT", 1_050)
    rig.press("START", 500)
    assert (
        "bootloader" not in rig.calls
        and rig.device.session.state == "READY"
        and "arm" not in rig.calls
    )
    rig.run(700)
    assert "bootloader" in rig.calls and "update" in rig.events()


def test_without_a_hand_on_select_the_boot_loader_is_never_entered():
    rig = Rig()
    rig.hal.bootloader = lambda: rig.calls.append("bootloader")
    rig.device.update.offer(
        {"board": rig.device.board["NAME"], "version": "0.1.1", "sha256": "ab" * 32}
    )
    for _ in range(62):
        rig.run(1_000)
        assert "bootloader" not in rig.calls
        del rig.calls[:]
    assert rig.device.update.told()["why"] == "nobody accepted it"
    rig.running()


def test_a_contact_that_chatters_all_day_does_not_wash_the_journal_out():
    rig = Rig()
    for _ in range(14):
        for _ in range(8):
            rig.press("UP", 20)
        rig.run(1_200)
        # What the drivers were asked does not fit the heap
        del rig.calls[:]
    told = [record.payload for record in journal.read_ring(rig.flash.read, rig.flash.size)]
    told = [record for record in told if record["e"] == "button_stuck"]
    assert len(told) == 10


def bars(rig, name, ms):
    """How far the bar has come in each round while a button is down."""
    rig.hal.levels.pressed = 1 << panel.BUTTONS.index(name)
    steps = []
    for _ in range(ms // ROUND_MS):
        rig.run(ROUND_MS)
        steps.append(rig.rows[-1][3].count(screens.BAR_DONE))
    rig.hal.levels.pressed = 0
    rig.run(100)
    return steps


def test_found_a_hold_shows_that_it_is_being_held():
    """Nothing told a short press from a hold that has begun."""
    rig = Rig()
    rig.run(100)
    steps = bars(rig, "START", 900)
    assert (
        steps[:18] == [0] * 18 and steps == sorted(steps) and set(steps[22:]) == set(range(3, 15))
    )
    assert screens.BAR_DONE not in rig.rows[-1][3]
    assert set(bars(rig, "UP", 900)) == {0}, "UP held means nothing"
    rig = Rig()
    rig.offer(text(*TWO))
    assert (
        max(bars(rig, "SELECT", 900)) == 14
        and rig.device.prescriptions.told()["state"] == "pending"
    )
    assert set(bars(rig, "START", 900)) == {0}, "nothing is started while something waits"


def test_found_the_buzzer_refuses_at_1_khz_and_beeps_at_2700_hz():
    rig = Rig()
    tones = []
    rig.hal.indicators.beep = lambda on, hertz: tones.append(hertz) if on else None
    rig.run(100)
    rig.press("SELECT", 100)
    assert tones == [2_700]
    rig.hal.levels.loop_open = True
    rig.press("START", 1_200)
    assert tones[1:] == [2_700, 1_000] and rig.device.session.state == "READY"
