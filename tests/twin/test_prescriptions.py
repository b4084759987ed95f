"""Signed prescriptions on the emulated chip: how long boot takes, what the screen shows, a hand
on SELECT, power cut while it is taken.
"""

import pytest
import rig
from evenpulse.base import boards
from evenpulse.base.errors import Problem
from evenpulse.link.client import Device
from evenpulse.prescription import signed
from evenpulse.silicon.cold import largest
from evenpulse.twin import clinic
from evenpulse.twin.port import TwinPort
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin
from stimcore import prescription

# Contract F3
READY_MS_MAX = 1_000
WATCHDOG_MS = 500


def device_form(*programs, **changes):
    return prescription.from_toml_dict({**rig.document(*programs), **changes})


def offering(flash=None):
    """A twin at READY on USB, and its link."""
    twin = Twin(flash=flash or clinic.flash(boards.load("nmes2")))
    twin.power_on(usb=True)
    assert twin.run_until_state(rig.READY, 3_000)
    return twin, Device(TwinPort(twin))


def give(rx, do, flash=None):
    """Offer it; `do(twin)` is what the person does. The twin and the device."""
    twin, device = offering(flash)
    device.configure(signed.sign(rx, clinic.key()), rig.NOW_S, lambda: do(twin))
    return twin, device


def test_boot_to_ready_with_the_largest_prescription_within_a_second():
    twin, device = give(largest(1), lambda twin: twin.press("SELECT", 1_200))
    # The signature in one round, the rest in the next: the longest leaves the watchdog a third.
    assert device.call("status")["round_us_max"] < WATCHDOG_MS * 1_000 * 2 // 3
    twin.power_off()
    twin.power_on(usb=False)
    assert twin.run_until_state(rig.READY, 3_000) and twin.now <= READY_MS_MAX * CLOCKS_PER_MS
    assert twin.chip.resets == 0


def test_the_screen_shows_it_before_anybody_accepts():
    seen = []

    def _look_then_hold(twin):
        before = twin.world.screen.pixels()
        twin.run_ms(500)
        seen.append(twin.world.screen.pixels() != before)
        twin.press("SELECT", 1_200)

    twin, device = give(device_form(rig.program()), _look_then_hold)
    assert seen == [True] and device.call("status")["programs"] == ["Test"]


@pytest.mark.parametrize(
    "row", [("DOWN", 100, "refused at the device"), ("STOP", 100, "refused at the device")]
)
def test_what_is_not_accepted_is_not_taken(row):
    button, for_ms, why = row
    with pytest.raises(Problem, match=why):
        give(device_form(rig.program()), lambda twin: twin.press(button, for_ms))


def test_usb_pulled_out_the_person_can_still_answer():
    twin, device = offering()

    def _pull_and_hold():
        twin.plug(False)
        twin.press("SELECT", 1_200)
        twin.run_ms(1_500)
        twin.plug(True)

    assert (
        device.configure(
            signed.sign(device_form(rig.program()), clinic.key()), rig.NOW_S, _pull_and_hold
        )["state"]
        == "READY"
    )


def test_power_cut_anywhere_in_the_acceptance_leaves_the_old_or_the_new_one():
    """Every content that flash has on the way, looked at each 50 us, is one that power could
    have been cut at.
    """
    old = rig.prescribed_flash(rig.program(name="Old"))
    images = []

    def _hold_and_watch(twin):
        twin.press("SELECT", 1_200)
        twin.run_ms(1_000)
        for _ in range(2_000):
            twin.run_ms(0.05)
            image = twin.flash[0x180000 : 0x190000 + 0x40000]
            if not images or image != images[-1]:
                images.append(image)

    twin, device = give(
        device_form(rig.program(name="New"), counter=2, id="rx-2"), _hold_and_watch, old
    )
    found = []
    for image in images:
        twin = Twin(flash=old[:0x180000] + image)
        twin.power_on(usb=True)
        assert twin.run_until_state(rig.READY, 3_000)
        found.append(Device(TwinPort(twin)).call("status")["programs"])
    assert (
        len(images) >= 4
        and found == sorted(found, reverse=True)
        and found[0] == ["Old"]
        and found[-1] == ["New"]
    )
