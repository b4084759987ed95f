"""Calibration on the emulated chip: set over the link, kept in flash, and seen in the duty of
the amplitude pins.
"""

import json
from math import floor

import pytest
import rig
from evenpulse.base.errors import Refused
from evenpulse.connect.service import Service
from evenpulse.journal.fetch import fetch
from evenpulse.link.client import Device
from evenpulse.twin.port import TwinPort
from evenpulse.twin.twin import Twin
from stimcore import journal

# Steps of full scale, TOP + 1
STEPS = 4096


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(rig.program(rate_pps=100))


def on_usb(flash, do):
    """What `do(device)` answers on a twin with this flash, and the flash afterwards."""
    twin = Twin(flash=flash)
    twin.power_on(usb=True)
    assert twin.run_until_state(rig.READY, 3_000)
    answer = do(Device(TwinPort(twin)), twin)
    twin.power_off()
    return answer, twin.flash


def calibrated(flash, *rows):
    """Flash of a device that was given (channel, gain_permyriad, offset_ua), one after the
    other.
    """

    def _do(device, twin):
        for channel, gain, offset_ua in rows:
            before = device.call("info")["calibration"]
            answer = device.call(
                "calibrate", {"channel": channel, "gain_permyriad": gain, "offset_ua": offset_ua}
            )
            twin.run_ms(300)
            # Nothing before the person's yes
            assert device.call("info")["calibration"] == before
            twin.press("SELECT", 1_200)
            device.await_person("calibration", answer["sha256"], "not taken")
            twin.run_ms(500)

    return on_usb(flash, _do)[1]


def records(flash, name):
    frames, _ = on_usb(flash, lambda device, _: list(fetch(device, lambda done, total: None)))
    return [
        payload for payload in (journal.parse(raw)[2] for raw in frames) if payload["e"] == name
    ]


def steps(twin, channel):
    """Duty of an amplitude pin now, in 4096ths."""
    return twin.chip.rp2040.pwm.duty(rig.gpio(twin, f"CH{channel}_AMP")) * STEPS


def ever_driven(twin):
    """Every duty the amplitude pins have had."""
    pins = {rig.gpio(twin, f"CH{channel}_AMP") for channel in (1, 2)}
    return [duty for _, pin, duty in twin.world.duties if pin in pins]


def expected_steps(asked_ua, gain_percent, offset_ua):
    """From the board's full scale alone: 100 mA is all 4096 steps, rounded down."""
    return floor(asked_ua * (100 + gain_percent) / 100 + offset_ua) * STEPS // 100_000


def test_gain_and_offset_move_the_duty_by_the_computed_steps_and_survive_power_cycles(flash):
    plain = rig.running(flash, ups=5)
    plain.run_ms(100)
    assert [steps(plain, 1), steps(plain, 2)] == [204, 204]
    kept = calibrated(flash, (1, 500, 0), (2, -500, 340))
    (told, kept) = on_usb(kept, lambda device, _: device.call("info")["calibration"])
    assert told == [
        {"channel": 1, "gain_permyriad": 500, "offset_ua": 0},
        {"channel": 2, "gain_permyriad": -500, "offset_ua": 340},
    ]
    twin = rig.running(kept, ups=5)
    twin.run_ms(100)
    assert (
        [steps(twin, 1), steps(twin, 2)]
        == [215, 208]
        == [expected_steps(5_000, 5, 0), expected_steps(5_000, -5, 340)]
    )


def test_nothing_asked_is_exactly_nothing_out(flash):
    # As much as the source of the twin, which needs none, may be calibrated: what flows is held
    # against what was asked for.
    twin = rig.running(calibrated(flash, (1, 500, 400), (2, 500, 400)))
    twin.run_ms(200)
    assert twin.state == rig.RUNNING and ever_driven(twin) == []
    twin.press("UP", 60)
    twin.run_ms(200)
    assert [steps(twin, 1), steps(twin, 2)] == [expected_steps(1_000, 5, 400)] * 2
    twin.press("DOWN", 60)
    twin.run_ms(200)
    assert twin.state == rig.RUNNING and [steps(twin, 1), steps(twin, 2)] == [0, 0]


DRIVE = """
import board
from hal.amplitude import Amplitude
from micropython import heap_lock, heap_unlock
from stimcore.calibration import corrected_ua
driver = Amplitude(board.PINS, board.FULL_SCALE_UA, {max_ua}, corrected_ua, board.CALIBRATION)
words = [latch.words for latch in driver.latches]
steps = [0] * len(asked)
driver.allow((driver._max_ua, driver._max_ua))
def run():
    driver.calibrate(0, 1_000, 1_000)
    for i in range(len(asked)):
        driver.set(0, asked[i])
        driver.set(1, asked[i])
        steps[i] = words[0][0] >> driver.shift[0]
heap_lock()
try:
    run()
finally:
    heap_unlock()
driver._corrected_ua = lambda ua, gain, offset_ua: 50_000
driver.set(0, 0)
print(steps + [words[0][0] >> driver.shift[0]])
"""


@pytest.mark.parametrize("max_ua", [100_000, 60_000])
def test_the_driver_clamps_above_the_calibration_and_allocates_nothing(firmware, max_ua):
    # The last times any gain is no small integer
    asked = (-5, 0, 1, 30_000, 54_000, 60_000, 100_000, 100_001, 1_000_000_000)
    *told, at_nothing = json.loads(
        Service().run(f"asked = {asked}\n" + DRIVE.format(max_ua=max_ua))
    )
    assert at_nothing == 0, "whatever the correction says"
    ceiling = max_ua * STEPS // 100_000
    assert told[:4] == [0, 0, expected_steps(1, 10, 1_000), expected_steps(30_000, 10, 1_000)]
    assert (
        told[4:] == [min(expected_steps(ua, 10, 1_000), ceiling) for ua in asked[4:]]
        and max(told) == ceiling
    )


def test_a_refused_calibration_changes_nothing(flash):
    with pytest.raises(Refused) as refused:
        calibrated(flash, (1, 1_001, 0))
    assert refused.value.data["field"] == "gain_permyriad"
    assert records(flash, "calibration") == []


def test_a_calibration_is_journaled_and_a_rotted_one_counts_as_the_boards_own(flash):
    twin = Twin(flash=calibrated(flash, (1, 500, 40)))
    at = twin.board["CALIBRATION_OFFSET"]
    image = bytearray(twin.flash)
    text = json.dumps([[500, 40], [0, 0]]).encode()
    assert text in image[at : at + twin.board["CALIBRATION_BYTES"]]
    (made,) = records(bytes(image), "calibration")
    assert {key: made[key] for key in ("channel", "gain_permyriad", "offset_ua")} == {
        "channel": 1,
        "gain_permyriad": 500,
        "offset_ua": 40,
    }
    image[image.index(text, at)] ^= 1
    told, after = on_usb(bytes(image), lambda device, _: device.call("info")["calibration"])
    assert [(row["gain_permyriad"], row["offset_ua"]) for row in told] == list(
        twin.board["CALIBRATION"]
    )
    assert records(after, "calibration_bad")
