"""Arming: what a former life left in the block's output registers never reaches a pad."""

import pytest

EVERYTHING = 0xFFFF_FFFF


@pytest.mark.parametrize("levels", [0, EVERYTHING, 0x5555_5555])
@pytest.mark.parametrize("directions", [0, EVERYTHING])
def test_guarded_pins_are_connected_low_and_high_z(firmware, levels, directions):
    connected = {pin: state for pin, *state in firmware.armed(levels, directions).connected}
    assert {pin: connected.get(pin) for pin in firmware.guarded_pins} == dict.fromkeys(
        firmware.guarded_pins, [0, 0]
    )


@pytest.mark.parametrize("levels", [0, EVERYTHING])
def test_sync_out_is_connected_low_and_driven(firmware, levels):
    """A trip in the middle of phase A leaves it high in the register: it must not stand there
    until the next pulse.
    """
    connected = {pin: state for pin, *state in firmware.armed(levels, 0).connected}
    assert connected[firmware.gpio["SYNC_OUT"]] == [0, 1]


@pytest.mark.parametrize("levels", [0, EVERYTHING])
@pytest.mark.parametrize("directions", [0, EVERYTHING])
def test_interlock_is_let_go_when_the_monitors_are_armed(firmware, levels, directions):
    """After a trip PIO 1 still drives it: armed again, it is high-Z, and low if it is ever
    driven.
    """
    armed = firmware.watching([0, 0, 0, 0], True, levels, directions)
    assert armed.connected == [(firmware.gpio["INTERLOCK_N"], 0, 0)]
