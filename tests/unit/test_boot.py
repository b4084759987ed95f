"""What a device says and does as it starts: why it went down, and what a failed self-test means."""

import pytest
from whole_device import IDENTITY, Rig
from samples import Flash, board

# isort: split
from app.device import Device
from app.journal_writer import JournalWriter
from app.slot_store import SlotStore
from stimcore.checks import Check
from stimcore.session import Session
from stimcore.states import STATES


@pytest.mark.parametrize("before", list(STATES))
def test_a_device_that_went_down_while_armed_or_paused_comes_up_in_fault(before):
    rig = Rig()
    rig.device.booted("power", before)
    alive = before in ("ARMED", "RUNNING", "PAUSED")
    assert (rig.device.session.state == "FAULT") == alive
    assert rig.device.session.latch.reason == ("restart" if alive else "none")
    assert [row["e"] for row in rig.events()] == ["boot", "fault"][: 1 + alive]
    assert rig.events()[0]["before"] == before


def test_the_watchdog_is_named():
    rig = Rig()
    rig.device.booted("watchdog", "RUNNING")
    assert rig.device.session.latch.reason == "watchdog"


@pytest.mark.parametrize("row", [("guard_cuts", True), ("supply", False)])
def test_a_check_that_fails_and_keeps_is_a_fault(row):
    check, keeps = row
    rig = Rig()
    rig.device.test_with(lambda: [Check(check, -1, 0, 200, "us", False)])
    assert rig.device.session.latch.reason == ("self_test" if keeps else "none")
    assert list(rig.device.failed) == [check] * keeps
    assert [row["failed"] for row in rig.events()] == [[check]] * keeps


@pytest.mark.parametrize("stage", [True, False])
def test_a_host_runs_a_board_without_an_output_stage_alone(stage):
    writer = JournalWriter(Flash(8 * 4_096))
    while writer.erase_ahead():
        pass
    own = board(OUTPUT_STAGE=stage, CALIBRATION=((0, 0), (0, 0)))
    device = Device(
        own,
        IDENTITY,
        Session(),
        writer,
        [Flash(8_192) for _ in range(3)],
        SlotStore(Flash(8_192), b"EVCA"),
        lambda *_: None,
    )
    assert (device.host_run is None) == stage
