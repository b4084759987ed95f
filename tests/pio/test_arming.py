"""Arming: what a former life left in the block's output registers never reaches a pad."""

import pytest

EVERYTHING = 0xFFFF_FFFF


@pytest.mark.parametrize("levels", [0, EVERYTHING, 0x5555_5555])
@pytest.mark.parametrize("directions", [0, EVERYTHING])
def test_guarded_pins_are_connected_low_and_high_z(firmware, levels, directions):
    connected = {pin: state for pin, *state in firmware.armed(levels, directions).connected}
    assert {pin: connected.get(pin) for pin in firmware.guarded_pins} == dict.fromkeys(firmware.guarded_pins, [0, 0])


@pytest.mark.parametrize("levels", [0, EVERYTHING])
def test_sync_out_is_connected_low_and_driven(firmware, levels):
    """A trip in the middle of phase A leaves it high in the register: it must not stand there until the next pulse."""
    connected = {pin: state for pin, *state in firmware.armed(levels, 0).connected}
    assert connected[firmware.gpio["SYNC_OUT"]] == [0, 1]
