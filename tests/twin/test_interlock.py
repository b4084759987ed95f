"""The interlock on the emulated chip: latency of the guard, a frozen CPU, the watchdog, and what
each fault leaves behind.
"""

import random

import pytest
import rig

pytestmark = pytest.mark.copied


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(rig.program(phase_us=400, gap_us=100, rate_pps=100))


def journal_events(twin):
    from stimcore import journal

    start, image = twin.board["JOURNAL_OFFSET"], twin.flash
    return [
        r.payload
        for r in journal.read_ring(
            lambda at, n: image[start + at : start + at + n], twin.board["JOURNAL_BYTES"]
        )
    ]


def into_pulse(twin, clocks):
    """Run to a clock inside the next pulse, counted from the start of its phase A."""
    twin.run_to(rig.next_rise(twin) + clocks)


@pytest.mark.parametrize(
    "clocks",
    [
        1_001,
        20_000,
        49_999,
        50_003,
        62_501,
        90_000,
        *random.Random(1).sample(range(1_000, 112_000), 6),
    ],
)
def test_interlock_low_anywhere_in_a_pulse_is_off_within_8_clocks(flash, clocks):
    twin = rig.running(flash, ups=3)
    into_pulse(twin, clocks)
    at = twin.now
    twin.world.pull_interlock("test", True)
    twin.run_clocks(12)
    assert rig.levels(twin) == [0] * 5 and rig.last_fall(twin) - at <= 8
    edges = len([e for e in twin.edges if e[1] in {rig.gpio(twin, r) for r in rig.GUARDED}])
    # Latched: the pulse program goes on trying, nothing comes out, and the firmware notices
    twin.run_ms(60)
    assert len([e for e in twin.edges if e[1] in {rig.gpio(twin, r) for r in rig.GUARDED}]) == edges
    assert twin.state == rig.FAULT


def test_a_frozen_cpu_is_off_within_100_ms_and_says_so_after_the_watchdog(flash):
    twin = rig.running(flash, ups=3)
    twin.run_ms(50)
    frozen_at = twin.now
    twin.freeze()
    twin.run_ms(100)
    assert rig.levels(twin) == [0] * 5 and rig.last_fall(twin) - frozen_at <= 100 * 125_000
    # The watchdog has reset the chip
    assert twin.run_until_state(rig.FAULT, 1_500)
    assert twin.chip.resets == 1 and rig.levels(twin) == [0] * 5
    twin.run_ms(50)
    events = journal_events(twin)
    assert events[-1]["e"] == "fault" and events[-1]["reason"] == "watchdog"
    assert (
        events[-2]["e"] == "boot"
        and events[-2]["cause"] == "watchdog"
        and events[-2]["before"] == "RUNNING"
    )


def test_stop_latches_and_only_a_held_start_leaves_it(flash):
    twin = rig.running(flash, ups=3)
    twin.press("STOP", 200)
    twin.run_ms(300)
    assert twin.state == rig.FAULT and rig.levels(twin) == [0] * 5
    assert journal_events(twin)[-1]["reason"] == "stop_pressed"
    twin.press("START", 200)
    twin.run_ms(400)
    assert twin.state == rig.FAULT
    twin.press("START", 1_100)
    assert twin.run_until_state(rig.READY, 1_500)


@pytest.mark.parametrize(
    "row",
    [
        ("usb", lambda twin: twin.plug(True), "usb_power"),
        ("supply", lambda twin: twin.set_supply(3_000), "supply"),
        ("overcurrent", lambda twin: twin.overcurrent(), "interlock_open"),
    ],
    ids=lambda row: row[0],
)
def test_each_fault_ends_at_zero_and_gives_its_reason(flash, row):
    _, happen, reason = row
    twin = rig.running(flash, ups=3)
    happen(twin)
    twin.run_ms(200)
    assert twin.state == rig.FAULT and rig.levels(twin) == [0] * 5
    assert journal_events(twin)[-1]["reason"] == reason
    assert twin.world.duties[-1][2] == 0


def test_no_false_trip_while_buttons_screen_and_journal_are_busy(flash):
    twin = rig.running(flash)
    for k in range(20):
        twin.press("UP" if k % 3 else "DOWN", 60)
        twin.run_ms(260)
    assert twin.state == rig.RUNNING and not [e for e in journal_events(twin) if e["e"] == "fault"]


def test_start_held_with_usb_plugged_arms_nothing(flash):
    twin = rig.ready(flash)
    twin.plug(True)
    twin.run_ms(300)
    twin.press("START", 1_100)
    twin.run_ms(1_400)
    assert twin.state == rig.READY and rig.levels(twin) == [0] * 5
    guarded = {rig.gpio(twin, role) for role in rig.GUARDED}
    assert not [edge for edge in twin.edges if edge[1] in guarded]


@pytest.mark.parametrize(
    "row",
    [
        ("RuntimeError", 1_000, "exception", ["exception", "boot", "fault"]),
        ("MemoryError", 1_000, "exception", ["exception", "boot", "fault"]),
        ("SystemExit", 1_000, "soft_reset", ["boot", "fault"]),
        # The interpreter is left at its prompt, so it is the watchdog that restarts the chip.
        ("KeyboardInterrupt", 1_000, "watchdog", ["boot", "fault"]),
    ],
    ids=lambda row: row[0],
)
def test_an_exception_or_soft_reset_is_off_within_a_ms_and_the_next_boot_says_why(flash, row):
    from evenpulse.emulator import crash

    kind, limit_us, cause, told = row
    twin = rig.running(flash, ups=3)
    twin.run_ms(33.3)
    before = len(journal_events(twin))
    at = twin.now
    crash.raise_exception(twin.chip, crash.symbols(twin.firmware.with_suffix(".elf")), kind)
    twin.run_ms(1)
    assert rig.levels(twin) == [0] * 5 and (rig.last_fall(twin) - at) / 125 <= limit_us
    # Nothing lives on
    assert not any(machine.enabled for pio in twin.chip.rp2040.pio for machine in pio.machines)
    twin.run_ms(1_500)
    assert twin.state == rig.FAULT and rig.levels(twin) == [0] * 5
    # One restart, one fault, the true cause.
    events = journal_events(twin)[before:]
    assert [event["e"] for event in events] == told
    assert (events[-2]["cause"], events[-2]["before"], events[-1]["reason"]) == (
        cause,
        "RUNNING",
        "watchdog" if cause == "watchdog" else "restart",
    )
    assert twin.chip.resets == 1


def test_a_hard_fault_is_off_by_the_dead_man(flash):
    from evenpulse.emulator import crash

    twin = rig.running(flash, ups=3)
    at = twin.now
    crash.hard_fault(twin.chip)
    twin.run_ms(100)
    assert rig.levels(twin) == [0] * 5 and rig.last_fall(twin) - at <= 100 * 125_000
