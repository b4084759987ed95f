"""The whole device built on a table of registers: what a board must be, what is told of the boot
before, who may change keys.
"""

import json
import types

import app.device
import never_trust_keys
import pytest
from register_chip import GPIO_CTRL, SCRATCH, Drivers

from app.slot_store import SlotStore
from stimcore import keyring
from stimcore.errors import Refused
from stimcore.states import STATES

MODULUS, OTHER = never_trust_keys.MODULUS, never_trust_keys.OTHER_MODULUS
SERVICE = 7


@pytest.fixture(autouse=True)
def _heap(monkeypatch):
    """MicroPython's gc tells how much is free."""
    monkeypatch.setattr(
        app.device, "gc", types.SimpleNamespace(collect=lambda: 0, mem_free=lambda: 110_000)
    )


def hexadecimal(modulus):
    return modulus if isinstance(modulus, str) else modulus.hex()


def build(drivers):
    return drivers.build_module.build(drivers.board)


def events(device):
    from stimcore.journal import parse

    frames, _ = device.journal.chunk(1, 20_000)
    return [parse(raw)[2] for _, raw in frames]


def test_a_board_out_of_range_is_refused_before_anything_is_built():
    drivers = Drivers(MAX_UA=100_001)
    with pytest.raises(Refused) as no:
        build(drivers)
    assert no.value.field == "MAX_UA" and drivers.chip.irqs == []


@pytest.mark.parametrize("before", ["RUNNING", "PAUSED", "READY"])
def test_the_state_in_which_it_went_down_is_told(before):
    drivers = Drivers()
    drivers.chip.words[SCRATCH] = STATES.index(before)
    _, device = build(drivers)
    told = events(device)
    assert told[0]["e"] == "boot" and told[0]["before"] == before and told[0]["cause"] == "power"
    assert ("restart" in [row.get("reason") for row in told]) == (before != "READY")


def test_a_chip_of_which_nothing_answers_fails_its_self_test():
    _, device = build(Drivers())
    assert {"guard_cuts", "deadman_cuts", "monitor_ch1_a", "samples_ch1"} <= set(device.failed)
    assert device.session.state == "FAULT" and device.session.latch.reason == "self_test"
    assert [row["e"] for row in events(device)][-1] == "self_test"


def locked():
    """A device that a second fault of broken hardware within the hour has locked."""
    drivers = Drivers()
    _, device = build(drivers)
    device.session.breakage.found(0)
    device.session.breakage.found(0)
    device.booted("power", "READY")
    again = Drivers()
    again.chip.flash[:] = drivers.chip.flash
    return again


def test_only_service_lets_it_go_on():
    drivers = locked()
    _, device = build(drivers)
    assert device.session.latch.reason == "service" and device.session.breakage.locked
    again = Drivers()
    again.chip.flash[:] = drivers.chip.flash
    again.service_keys.entered()
    after = Drivers()
    after.chip.flash[:] = again.chip.flash
    _, device = build(after)
    assert not device.session.breakage.locked and device.session.latch.reason != "service"


def test_a_calibration_reaches_the_driver():
    """HZ9: 10 % and 0.5 mA of channel 2."""
    drivers = Drivers()
    supervisor, device = build(drivers)
    assert device.journal._ahead == 3, "one of four has the record of this boot"
    assert device.calibrate({"channel": 2, "gain_permyriad": 1_000, "offset_ua": 500})
    amplitude = supervisor._hal.amplitude
    amplitude.allow((30_000, 30_000))
    for channel, ua in ((0, 10_000), (1, 11_500)):
        amplitude.set(channel, 10_000)
        word = amplitude.latches[channel].words[0] >> amplitude.shift[channel]
        assert word == ua * 4_096 // 100_000


def test_space_is_erased_before_a_session_may_start():
    """HZ6: whatever lies in flash; an erase would stop the processor for 0.4 s of it."""
    drivers = Drivers()
    at, size = drivers.board["JOURNAL_OFFSET"], drivers.board["JOURNAL_BYTES"]
    drivers.chip.flash[at : at + size] = b"\x55" * size
    _, device = build(drivers)
    assert device.journal._ahead == 3 and device.journal.lost == 0
    assert events(device)[0]["e"] == "boot"


def test_the_watch_knows_the_interlocks_line():
    drivers = Drivers()
    hal = drivers.build()
    assert GPIO_CTRL + 8 * drivers.gpio["INTERLOCK_N"] in list(hal.watch._kept)


# --- keys -----------------------------------------------------------------------------------------


def answer(capsys):
    line = capsys.readouterr().out.strip()
    assert line.startswith("evenpulse-keys ")
    return json.loads(line.split(" ", 1)[1])


def test_outside_service_mode_no_key_is_installed(capsys):
    drivers = Drivers()
    drivers.service_keys.install("clinic", hexadecimal(MODULUS))
    assert answer(capsys)["field"] == "keys"
    assert (
        SlotStore(
            drivers.hal_flash_ring.FlashArea(
                drivers.board["KEYS_OFFSET"], drivers.board["KEYS_BYTES"]
            ),
            keyring.MAGIC,
        ).text
        is None
    )


def test_in_service_mode_it_is_kept_in_both_slots_and_journaled(capsys):
    drivers = Drivers()
    drivers.chip.words[SCRATCH] = SERVICE
    drivers.service_keys.install("clinic", hexadecimal(MODULUS))
    (key,) = answer(capsys)["keys"]
    drivers.service_keys.install("other", hexadecimal(OTHER))
    assert len(answer(capsys)["keys"]) == 2
    drivers.service_keys.remove(key["key"])
    assert [row["name"] for row in answer(capsys)["keys"]] == ["other"]
    whole = drivers.hal_flash_ring.FlashArea(
        drivers.board["KEYS_OFFSET"], drivers.board["KEYS_BYTES"]
    )
    half = whole.size // 2
    for slot in (0, 1):
        assert b"clinic" not in whole.read(slot * half, half) and b"other" in whole.read(
            slot * half, half
        )
    after = Drivers()
    after.chip.flash[:] = drivers.chip.flash
    _, device = build(after)
    assert [row[0] for row in device.prescriptions.keys] == ["other"]
    assert [row["what"] for row in events(device) if row["e"] == "key"] == [
        "installed",
        "installed",
        "removed",
    ]
