"""A layer taken away is really away, does no harm by being taken away, and the others answer for
it where they can.
"""

import pytest

from evenpulse.faults import inject, inject_pins, inject_world, table
from evenpulse.faults.ablation import LAYERS
from evenpulse.faults.case_spec import spec

_SEED = 7
_NUMBER = next(n for n in range(100) if spec(_SEED, n)[0].situation == 0)


def _one(campaign, monkeypatch, fault: table.Fault, without: str | None) -> dict:
    monkeypatch.setattr("evenpulse.faults.case_spec.DECK", (fault,))
    [result] = campaign.run(_SEED, [_NUMBER], without)
    return result


@pytest.mark.parametrize("without", [name for name in LAYERS if name != "python"])
def test_taking_a_layer_away_is_no_fault(campaign, monkeypatch, without):
    """The output goes on as prescribed, until STOP ends it by a layer that is left."""
    result = _one(campaign, monkeypatch, table.Fault("nothing", lambda bench: {}, "", ()), without)
    assert (
        result["unsafe"] == []
        and result["outcome"] == "safe-harmless"
        and result["longest_us"] == 100
    )


def test_with_python_dead_whatever_it_is_ends_by_the_dead_man(campaign, monkeypatch):
    result = _one(campaign, monkeypatch, table.Fault("nothing", lambda bench: {}, "", ()), "python")
    assert result["unsafe"] == [] and result["layer"] == table.DEADMAN and result["off_us"] < 65_000


def _freeze_and_pull(bench):
    """Nobody but the guard can answer."""
    bench.twin.freeze()
    return inject_pins.glitch_interlock(1_000, 1_000)(bench)


def test_without_the_guard_the_line_stops_nothing_by_itself(campaign, monkeypatch):
    fault = table.Fault("line low, cpu frozen", _freeze_and_pull, "", (), must_stop=True)
    assert _one(campaign, monkeypatch, fault, None)["layer"] == table.GUARD
    without = _one(campaign, monkeypatch, fault, "guard")
    assert without["layer"] == table.DEADMAN and without["off_us"] > 40_000


def test_without_the_dead_man_a_frozen_cpu_waits_for_the_watchdog(campaign, monkeypatch):
    fault = table.Fault("cpu frozen", inject.freeze_cpu, "", (), must_stop=True)
    assert _one(campaign, monkeypatch, fault, None)["layer"] == table.DEADMAN
    without = _one(campaign, monkeypatch, fault, "deadman")
    assert without["layer"] == table.WATCHDOG and 450_000 < without["off_us"] < 510_000
    assert [finding["kind"] for finding in without["unsafe"]] == ["not stopped"]


def test_without_the_watchdog_a_frozen_cpu_stays_off_and_frozen(campaign, monkeypatch):
    fault = table.Fault("cpu frozen", inject.freeze_cpu, "", (), must_stop=True)
    assert _one(campaign, monkeypatch, fault, None)["resets"] == 1
    without = _one(campaign, monkeypatch, fault, "watchdog")
    assert (
        without["resets"] == 0
        and without["outcome"] == "safe-stopped"
        and without["layer"] == table.DEADMAN
    )


def test_without_the_firmware_nobody_minds_usb(campaign, monkeypatch):
    fault = table.Fault("usb", inject_world.flood_usb, "", (), must_stop=True)
    assert _one(campaign, monkeypatch, fault, None)["layer"] == table.FIRMWARE
    assert [
        finding["kind"] for finding in _one(campaign, monkeypatch, fault, "firmware")["unsafe"]
    ] == ["not stopped"]


def test_without_the_monitors_a_leg_that_sticks_is_seen_by_its_sample(campaign, monkeypatch):
    fault = table.Fault(
        "stuck", inject_pins.stick_leg("CH1_A"), "", (), must_stop=True, stuck=("CH1_A",)
    )
    together = _one(campaign, monkeypatch, fault, None)
    # Mostly the sample is there first: of a pulse that comes too soon
    assert together["layer"] in (table.FIRMWARE, table.MONITOR)
    assert together["unsafe"] == [] and together["off_us"] < 105
    without = _one(campaign, monkeypatch, fault, "monitors")
    assert without["layer"] == table.FIRMWARE and without["unsafe"] == []
