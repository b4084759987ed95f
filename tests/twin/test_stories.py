"""Patients, by their buttons alone: first use, STOP, a lead that falls off, a day that is full;
journal and screen told after each.
"""

import pytest
import rig
from patients import lit, power_on, press, shows, shows_in_therapy, told

from evenpulse.twin.twin import Twin

# The screen follows time once a second
DRAWN_MS = 1_500


@pytest.fixture(scope="module")
def document():
    """A prescription of one short program on both channels, one session a day."""
    written = {
        **rig.document(rig.program(name="Pain relief", minutes=1)),
        "labels": {"ch1": "Left calf", "ch2": "Right calf"},
    }
    written["caps"]["sessions_per_day"] = 1
    return written


@pytest.fixture(scope="module")
def flash(document):
    return rig.accepted_flash(document)


@pytest.fixture(scope="module")
def flash_of_half_a_minute(document):
    """Of the same: its sessions go on two or three times, and to their end."""
    [program] = document["program"]
    return rig.accepted_flash({**document, "program": [{**program, "minutes": 0.5}]})


def test_first_use(flash):
    """Pain 6 before; START held; up to 4 mA; the controls lock; DOWN; the minute ends; pain 2
    after, skin fine.
    """
    twin = power_on(flash)
    assert lit(twin) == ["READY"] and shows(twin, "ready")
    press(twin, "UP", *["UP"] * 7)
    assert shows(twin, "pain_6")
    press(twin, "START")
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)
    assert lit(twin) == ["OUTPUT"]
    press(twin, *["UP"] * 4)
    twin.run_ms(DRAWN_MS)
    assert shows_in_therapy(twin, "running_4")
    twin.run_ms(4_000)
    press(twin, "UP")
    assert shows(twin, "locked_4")
    press(twin, "DOWN")
    twin.run_ms(100)
    assert shows_in_therapy(twin, "running_3")
    assert twin.run_until_state(rig.ENDED, 60_000)
    twin.run_ms(300)
    assert rig.levels(twin) == [0] * 5 and shows(twin, "done")
    press(twin, "UP", "UP", "UP", "START")
    twin.run_ms(100)
    assert shows(twin, "skin")
    press(twin, "UP", "START")
    # The day is full
    assert twin.state == rig.READY and lit(twin) == []
    records = told(twin)
    assert [60 - r["left_s"] for r in records if r["e"] == "progress"] == [10, 20, 40]
    records = [r for r in records if r["e"] != "progress"]
    assert [r["e"] for r in records][-5:] == ["start", "amplitude", "amplitude", "end", "rating"]
    start, end, rating = records[-5], records[-2], records[-1]
    assert start["pain"] == 6 and start["program"] == "Pain relief" and start["left_s"] == 60
    assert (
        end["used_s"] == 60
        and end["left_s"] == 0
        and end["peak_ua"] == [4_000, 4_000]
        and end["stage"] == "on"
    )
    # 60 s at 50 pps; the second timer, whose clock is asked every fourth round, may call up to 40
    # ms before the first.
    assert all(2_998 <= pulses <= 3_001 for pulses in end["pulses"]), end
    assert [(rating[key]) for key in ("before", "after", "skin")] == [6, 2, True]


def test_a_fault_and_what_follows(flash_of_half_a_minute):
    """STOP; held START leaves the fault; the session goes on from 0 with what is left; then the
    comparator trips, and it goes on again.
    """
    twin = power_on(flash_of_half_a_minute)
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)
    press(twin, *["UP"] * 3)
    twin.run_ms(10_000)
    press(twin, "STOP", for_ms=300)
    assert (
        twin.state == rig.FAULT
        and rig.levels(twin) == [0] * 5
        and lit(twin) == ["FAULT"]
        and shows(twin, "stopped")
    )
    press(twin, "UP", "DOWN", "SELECT", "START")
    assert twin.state == rig.FAULT
    press(twin, "START", for_ms=1_100)
    assert twin.state == rig.READY and lit(twin) == ["READY"]
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)
    twin.run_ms(300)
    assert [duty for _, gpio, duty in twin.world.duties if gpio == rig.gpio(twin, "CH1_AMP")][
        -1
    ] == 0
    press(twin, "UP")
    twin.run_ms(5_000)
    twin.overcurrent()
    twin.run_ms(100)
    assert twin.state == rig.FAULT and rig.levels(twin) == [0] * 5
    press(twin, "START", for_ms=1_100)
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.ENDED, 40_000)
    twin.run_ms(50)
    records = [r for r in told(twin) if r["e"] in ("start", "fault", "rearm", "end")]
    assert [r["e"] for r in records] == [
        "start",
        "fault",
        "rearm",
        "start",
        "fault",
        "rearm",
        "start",
        "end",
    ]
    assert [r["reason"] for r in records if r["e"] == "fault"] == ["stop_pressed", "interlock_open"]
    starts = [r["left_s"] for r in records if r["e"] == "start"]
    used = [r["used_s"] for r in records if r["e"] in ("fault", "end")]
    assert (
        starts[0] == 30 and starts[1] == records[1]["left_s"] and starts[2] == records[4]["left_s"]
    )
    # Each part counts rounded up: together one session, and no more
    assert 30 <= sum(used) <= 32


def test_a_lead_that_falls_off_and_comes_back(flash_of_half_a_minute):
    """At 6 mA a pad lets go: the next pulse does not come. Re-armed with the lead still off it
    stops again, at the first mA that shows it; with the lead on, the session goes on from 0 to
    its end."""
    twin = power_on(flash_of_half_a_minute)
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)
    press(twin, *["UP"] * 6)
    twin.run_ms(DRAWN_MS)
    assert shows_in_therapy(twin, "running_6")
    twin.world.change_electrode(0, open=True)
    off = twin.now
    assert twin.run_until_state(rig.FAULT, 100)
    twin.run_ms(100)
    begun = [
        clock
        for clock, pin, level in twin.edges
        if pin == rig.gpio(twin, "CH1_A") and level and clock > off
    ]
    # At most the pulse that finds the fault
    assert len(begun) <= 1
    assert rig.levels(twin) == [0] * 5 and lit(twin) == ["FAULT"] and shows(twin, "lead_off")
    press(twin, "START", for_ms=1_100)
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)
    for _ in range(6):
        if twin.state == rig.RUNNING:
            press(twin, "UP")
    assert twin.state == rig.FAULT and rig.levels(twin) == [0] * 5
    twin.world.change_electrode(0, open=False)
    press(twin, "START", for_ms=1_100)
    assert twin.state == rig.READY
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)
    twin.run_ms(300)
    assert [duty for _, gpio, duty in twin.world.duties if gpio == rig.gpio(twin, "CH1_AMP")][
        -1
    ] == 0
    press(twin, *["UP"] * 6)
    assert twin.run_until_state(rig.ENDED, 60_000)
    twin.run_ms(50)
    records = [r for r in told(twin) if r["e"] in ("start", "fault", "rearm", "end")]
    assert [r["e"] for r in records] == [
        "start",
        "fault",
        "rearm",
        "start",
        "fault",
        "rearm",
        "start",
        "end",
    ]
    assert [(r["reason"], r["ua"][0]) for r in records if r["e"] == "fault"][0] == (
        "lead_off",
        6_000,
    )
    again = [r for r in records if r["e"] == "fault"][1]
    assert again["reason"] == "lead_off" and again["ua"][0] <= 5_000
    assert [r["reason"] for r in records if r["e"] == "rearm"] == ["lead_off", "lead_off"]
    assert 30 <= sum(r["used_s"] for r in records if r["e"] in ("fault", "end")) <= 32
    assert records[-1]["peak_ua"] == [6_000, 6_000]


def test_a_day_that_is_full_stays_full_through_a_loss_of_power(document, flash):
    """The one session of the day is over. START does nothing, before and after the power was
    off; tomorrow it does.
    """
    twin = power_on(flash)
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)
    press(twin, "UP")
    twin.run_ms(5_500)
    # This one unlocks
    press(twin, "DOWN")
    press(twin, "SELECT", for_ms=1_100)
    assert twin.state == rig.RUNNING and shows(twin, "asks_end")
    press(twin, "SELECT", for_ms=1_100)
    assert twin.state == rig.ENDED
    press(twin, "START", "START")
    assert twin.state == rig.READY and lit(twin) == []
    press(twin, "START", for_ms=1_100)
    assert twin.state == rig.READY and shows(twin, "full")
    twin.power_off()
    twin = power_on(twin.flash)
    assert lit(twin) == [] and shows(twin, "full")
    press(twin, "START", for_ms=1_100)
    assert twin.state == rig.READY and rig.levels(twin) == [0] * 5
    times = [r["t"] for r in told(twin)]
    assert times == sorted(times) and [r["e"] for r in told(twin)].count("start") == 1
    twin.power_off()
    # A host that says it is tomorrow
    twin = power_on(rig.accepted_flash(document, twin.flash, rig.NOW_S + 86_400 + 120))
    press(twin, "START", for_ms=1_100)
    assert twin.state == rig.READY
    rig.pass_hours(twin, 24)
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)


def test_a_session_that_the_power_cut_may_go_on_only_as_far_as_is_certain(flash):
    """One minute. Cut after 3 s it may have run 10; cut again near its end the day is full."""
    twin = power_on(flash)
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)
    twin.run_ms(3_000)
    twin.power_off()
    twin = power_on(twin.flash)
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)
    assert told(twin)[-1]["left_s"] == 48
    twin.run_ms(45_000)
    twin.power_off()
    twin = power_on(twin.flash)
    assert twin.state == rig.READY and lit(twin) == []
    press(twin, "START", for_ms=1_100)
    assert twin.state == rig.READY


def test_start_that_is_down_at_power_on_never_arms_and_is_reported(flash):
    twin = Twin(flash=flash)
    twin.power_on(usb=False)
    twin.world.set_button("START", True)
    assert twin.run_until_state(rig.READY, 3_000)
    twin.run_ms(12_000)
    assert twin.state == rig.READY and rig.levels(twin) == [0] * 5 and shows(twin, "stuck")
    assert [r["button"] for r in told(twin) if r["e"] == "button_stuck"] == ["START"]
    twin.world.set_button("START", False)
    twin.run_ms(200)
    press(twin, "START", for_ms=1_100)
    assert twin.run_until_state(rig.RUNNING, 1_000)
