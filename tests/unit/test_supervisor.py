"""The supervisor's round on stand-in drivers: what arms, feeds and is journaled, in its order."""

import pytest
from samples import Flash
from supervised import TWO, Rig
from whole_device import IDENTITY, text

from app.device import Device
from app.journal_writer import JournalWriter
from app.slot_store import SlotStore
from app.supervisor import ROUND_MS
from stimcore import journal, panel
from stimcore.session import Session


def test_arming_goes_in_order_and_starts_at_zero():
    rig = Rig().running()
    wanted = [
        "amplitude_off",
        "prepare",
        "watch_legs",
        "measure",
        "arm",
        "take",
        "follow",
        "start",
        "expect_running",
    ]
    assert [c for c in rig.calls if c in wanted] == wanted and rig.ua == [0, 0]


def test_dead_man_and_watchdog_are_fed_once_a_round_and_last():
    rig = Rig().running()
    del rig.calls[:]
    rig.run(100)
    assert rig.calls.count("reload") == rig.calls.count("feed") == 10 and rig.calls[-2:] == [
        "reload",
        "feed",
    ]


def test_the_dead_man_is_not_reloaded_once_the_output_is_off():
    rig = Rig().running()
    rig.hal.levels.loop_open = True
    rig.run(10)
    del rig.calls[:]
    rig.run(100)
    assert "reload" not in rig.calls and rig.calls.count("feed") == 10


def test_no_reading_of_supply_in_a_pulse_means_the_next_round_tries_again():
    rig = Rig().running()
    slept = []
    rig.hal.clock.sleep_us = slept.append
    rig.supply_mv, rig.celsius = -1, None
    while not slept:
        rig.run(ROUND_MS)
    assert rig.device.session.state == "RUNNING"
    rig.supply_mv, rig.celsius = 3_000, 20
    rig.run(ROUND_MS)
    assert rig.device.session.state == "FAULT" and rig.device.session.latch.reason == "supply"


def test_the_link_is_served_with_usb_and_never_while_armed():
    rig = Rig().running()
    assert "link" not in rig.calls
    rig = Rig()
    rig.hal.levels.usb_power = True
    rig.run(50)
    assert "link" in rig.calls


def test_a_handful_of_presses_is_one_amplitude_record():
    rig = Rig().running()
    for _ in range(5):
        rig.press("UP", 50)
        rig.run(210)
    rig.run(3_000)
    assert rig.events().count("amplitude") == 1
    last = list(journal.read_ring(rig.flash.read, rig.flash.size))[-1].payload
    assert last["ua"] == [5_000, 5_000]


def test_a_full_journal_ends_the_session_safely_and_overwrites_nothing():
    rig = Rig().running()
    # To the last byte
    for length in (400, 1):
        while rig.device.journal.append({"e": "x" * length}):
            pass
    before, erased = rig.flash.written(), len(rig.flash.erased)
    rig.press("UP", 50)
    while rig.device.session.state == "RUNNING":
        assert rig.now_ms < 10_000 and rig.flash.written() == before
        # The amplitude record will find no erased space
        rig.run(ROUND_MS)
    assert rig.device.session.state == "FAULT" and rig.device.session.latch.reason == "journal_full"
    assert rig.flash.written() == before and len(rig.flash.erased) == erased
    rig.run(ROUND_MS)
    assert "disarm" in rig.calls


def test_sectors_are_erased_only_while_disarmed():
    rig = Rig().running()
    erased = len(rig.flash.erased)
    for _ in range(40):
        rig.press("UP", 50)
        rig.run(2_200)
        # The list would outgrow the device's heap
        del rig.calls[:]
    assert len(rig.flash.erased) == erased


def test_no_round_writes_two_sectors():
    """An erase takes up to 400 ms on silicon and the watchdog waits 500: prescription and
    counter go in rounds of their own.
    """
    rig = Rig()
    rig.offer(text(*TWO))
    stores = rig.device.prescriptions
    flashes = [stores._store._area, stores._counter_store._area]
    rig.hal.levels.pressed = 1 << panel.BUTTONS.index("SELECT")
    for _ in range(130):
        before = [len(flash.erased) for flash in flashes]
        rig.run(ROUND_MS)
        assert sum(len(flash.erased) for flash in flashes) - sum(before) <= 1
    assert [len(flash.erased) for flash in flashes] == [1, 1]


def test_a_session_survives_in_the_journal_of_a_device_that_is_built_again():
    """Power goes 25 s into a session: the same flash, another device."""
    rig = Rig().running()
    for _ in range(5):
        rig.run(5_000)
        # The list would outgrow the device's heap
        del rig.calls[:]
    before = rig.device
    device = Device(
        before.board,
        IDENTITY,
        Session(),
        JournalWriter(rig.flash),
        rig.areas,
        SlotStore(Flash(8_192), b"EVCA"),
        lambda *_: None,
    )
    device.session.load(before.session.programs, before.session.caps_ua)
    now_s = device.time.now_s(0)
    assert (
        len(device.session.dose.sessions) == 1
        and device.session.dose.left_s(now_s, 0) == 300 - 40 - 2
    )
    assert now_s <= before.time.now_s(before.now_ms)


@pytest.mark.parametrize("left", [120, 300, 600])
def test_a_journal_that_wraps_in_a_session_forgets_nothing(left):
    """The ring begins anew in the middle of the session: every record is there, linked, and the
    day is known after a loss of power.
    """
    rig = Rig(sectors=6)
    journaled = rig.device.journal
    while journaled._sector < 5 or journaled._free + left < 4_096:
        rig.device.record("wait", {"wait_s": 1})
        journaled.erase_ahead()
    rig.running()
    for _ in range(6):
        rig.press("UP", 50)
        rig.run(3_000)
        # a minute of what was called is more than the device's heap has in one piece
        rig.calls.clear()
    assert rig.device.session.state == "RUNNING" and journaled._sector == 0 and journaled.lost == 0
    seen = []
    for record in journal.read_ring(rig.flash.read, rig.flash.size):
        assert record.linked
        if record.payload["e"] != "wait":
            seen.append(record.payload["e"])
    assert seen[:2] == ["start", "amplitude"]
    again = Session()
    again.dose.rebuild(JournalWriter(rig.flash).since("day"), again.breakage.recall)
    assert len(again.dose.sessions) == 1 and again.dose.left_s(again.dose.now_s(0), 0) < 300
