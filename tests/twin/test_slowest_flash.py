"""With the longest times of a flash chip (W25Q16JV: 400 ms a sector, 3 ms a page) and on silicon's
time: what writes flash is done before the watchdog's 500 ms are over.
"""

import pytest
import rig
from test_prescriptions import offering
from evenpulse.prescription import signed
from evenpulse.silicon.cold import largest
from evenpulse.twin import clinic
from evenpulse.twin.twin import CLOCKS_PER_MS

ERASE_MS, WATCHDOG_MS = 400, 500


@pytest.fixture(autouse=True)
def _worst(monkeypatch):
    monkeypatch.setenv("EVENPULSE_SILICON_TIME", "worst")


def accept(twin, device, rx):
    return device.configure(
        signed.sign(rx, clinic.key()), rig.NOW_S, lambda: twin.press("SELECT", 1_200)
    )


def test_the_largest_prescription_is_accepted_and_so_is_the_one_after_it():
    """Its two slots, the counter's two, and records: each is erased and written in its turn."""
    twin, device = offering()
    for counter in (1, 2, 3):
        rx = largest(counter)
        began = twin.now
        assert accept(twin, device, rx)["counter"] == counter
        # slot and counter were erased, or this test would hold for any flash
        assert twin.now - began > 2 * ERASE_MS * CLOCKS_PER_MS
        twin.run_ms(WATCHDOG_MS)
        assert twin.chip.resets == 0


def test_a_calibration_is_accepted_too():
    twin, device = offering()
    offset_ua = 0
    for _ in range(3):
        offset_ua += 20
        asked = {"channel": 1, "gain_permyriad": 100, "offset_ua": offset_ua}
        answer = device.call("calibrate", asked)
        twin.press("SELECT", 1_200)
        device.await_person("calibration", answer["sha256"], "not taken")
        assert device.call("info")["calibration"][0]["offset_ua"] == offset_ua
        twin.run_ms(WATCHDOG_MS)
        assert twin.chip.resets == 0
