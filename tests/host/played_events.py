"""Each event of the journal's table, played: how a device comes to write it."""

import contextlib
import importlib
import io
import sys
import types
from unittest import mock

from app import selftest
from app.slot_store import SlotStore
from played import COARSE_MS
from played_device import DAY_S
from whole_device import CLINIC, OTHER, text

from stimcore import keyring, panel


def _clock_jumped(device):
    device.wall_s += 3 * DAY_S
    device.prescribe(id="rx-0002", counter=2)


def _expired(device):
    device.prescribe(id="rx-0002", counter=2, expires="2026-11-22").sleep(DAY_S)


def _serviced(device):
    """Broken twice within the hour, locked, and then service mode."""
    for _ in (0, 1):
        device.begin((6, 6)).run(3_000).fault("over_current")
        device.device.test_with(lambda: selftest.run(hal_for_selftest(device), device.device))
        if not device.device.session.breakage.locked:
            device.rearm()
    device.off()
    _service_keys(device).entered()
    device.on()


def _stuck(device):
    device.hal.levels.pressed = 1 << panel.BUTTONS.index("UP")
    device.run(11_000)
    device.hal.levels.pressed = 0
    device.run(100)


def _failed_test(device):
    """The device's own self-test, on a board whose pins do not stay low."""
    device.device.test_with(
        lambda: selftest.run(hal_for_selftest(device, high_outputs=1), device.device)
    )


def hal_for_selftest(device, **measured):
    """What the checks measure: sound, but for what is named."""
    hal = types.SimpleNamespace()
    values = {
        "high_outputs": 0,
        "missing_pulls": 0,
        "line": 1,
        "short_line": 1,
        "short_pulls": 0,
        "legs_follow": 0,
        "registers": 0,
        "guard_us": 10,
        **measured,
    }
    hal.rehearsal = types.SimpleNamespace(
        **{name: (lambda value=value: value) for name, value in values.items()}
    )
    hal.rehearsal.deadman_us = lambda count: 3_000
    hal.rehearsal.sense_against_pull = lambda adc_input, places: 63
    hal.rehearsal.monitor_us = lambda index, words: 100
    hal.rehearsal.samples = lambda channel, words, counts: 2
    hal.engine = types.SimpleNamespace(prepare=lambda: None, places=None)
    hal.clock = types.SimpleNamespace(hz=lambda: 125_000_000)
    hal.monitors = types.SimpleNamespace(roles=("CH1_A", "CH1_B", "CH2_A", "CH2_B"))
    meters = [types.SimpleNamespace(adc_input=n, fitted=True) for n in (0, 1)]
    hal.sensing = types.SimpleNamespace(
        meters=meters, counts=lambda *_: 2, supply_mv=lambda _: 5_000, temperature_c=lambda _: 27
    )
    hal.amplitude = types.SimpleNamespace(reads_back=lambda: 0, follows=lambda: 0)
    hal.seal = types.SimpleNamespace(holds=lambda: True, in_ram=lambda: 40_000)
    device.device.free_bytes = lambda: 150_000
    return hal


def _spoilt(flash):
    """A bit of each sector in use rots."""
    for number in list(flash.sectors):
        for at in (12, 40):
            flash.poke(4_096 * number + at, flash.read(4_096 * number + at, 1)[0] ^ 0x10)


def _bad_keys(device):
    _spoilt(device.areas[0])
    device.off().on()


def _bad_prescription(device):
    """Another clinic's keys are on it than those that signed what it holds."""
    for _ in (0, 1):
        SlotStore(device.areas[0], keyring.MAGIC).save(keyring.text((OTHER,)))
    device.off().on()


def _calibrated(device):
    device.ask("calibrate", channel=2, gain_permyriad=-25, offset_ua=40)
    device.run(100)
    device.hold("SELECT")


def _bad_calibration(device):
    _calibrated(device)
    _spoilt(device.calibration_flash)
    device.off().on()


def _key_removed(device):
    """The service keys' own code, on this device's flash."""
    service_keys = _service_keys(device)
    # Its answer to the host
    with contextlib.redirect_stdout(io.StringIO()):
        service_keys.remove(keyring.ids([CLINIC])[0])
    device.off().on()


def _service_keys(device):
    """app.service_keys as it runs in service mode: its chip is this device's flash."""
    areas = {"keys": device.areas[0], "journal": device.flash}
    stand_ins = {
        "board": types.SimpleNamespace(
            KEYS_OFFSET="keys", KEYS_BYTES=0, JOURNAL_OFFSET="journal", JOURNAL_BYTES=0
        ),
        "hal.service": types.SimpleNamespace(active=lambda: True),
        "hal.flash_ring": types.SimpleNamespace(FlashArea=lambda offset, size: areas[offset]),
    }
    hal = types.ModuleType("hal")
    hal.service, hal.flash_ring = stand_ins["hal.service"], stand_ins["hal.flash_ring"]
    with mock.patch.dict(sys.modules, {**stand_ins, "hal": hal}):
        sys.modules.pop("app.service_keys", None)
        return importlib.import_module("app.service_keys")


def _updated(device):
    device.ask("update", board="sample", version="0.9.9", sha256="ab" * 32)
    device.hold("SELECT")


def _host_run(device):
    device.board["OUTPUT_STAGE"] = False
    device.off().on()
    device.ask("run", rx=text(), program=1, ua=[1_000, 1_000])
    device.run(300)


def _crashed(device):
    """What main.py does with an exception in therapy."""
    device.begin((2, 2)).run(2_000)
    device.device.crashed(ValueError("planted"))
    device.reset("watchdog")


# Event: how a device comes to write it. Every one begins with a device that has a prescription.
EVENTS = {
    "boot": lambda device: device.session((2, 2)).off().on(),
    "prescription": lambda device: device.prescribe(id="rx-0002", counter=2),
    "clock": _clock_jumped,
    "expired": _expired,
    "service": _serviced,
    "prescription_bad": _bad_prescription,
    "keys_bad": _bad_keys,
    "refused": lambda device: device.offer(counter=1, id="rx-0000"),
    "denied": lambda device: device.ask("update", board="other", version="0.9.9", sha256="ab" * 32),
    "key": _key_removed,
    "start": lambda device: device.begin((3, 2)),
    "amplitude": lambda device: device.begin((7, 5)).run(3_000),
    "progress": lambda device: device.begin((3, 2)).run(330_000, COARSE_MS).off().on(),
    "pause": lambda device: (
        device.begin((3, 2)).run(60_000, COARSE_MS).press("DOWN").press("START").run(2_000)
    ),
    "resume": lambda device: EVENTS["pause"](device).hold("START").run(30_000, COARSE_MS),
    "end": lambda device: device.session((6, 6)),
    "fault": lambda device: device.begin((3, 2)).run(60_000, COARSE_MS).fault("lead_off"),
    "rearm": lambda device: EVENTS["fault"](device).rearm(),
    "rating": lambda device: device.session((6, 6), before=7, after=4, skin=False),
    "wait": lambda device: device.session((6, 6), after=2, skin=True).sleep(900),
    "button_stuck": _stuck,
    "self_test": _failed_test,
    "calibration": _calibrated,
    "calibration_bad": _bad_calibration,
    "update": _updated,
    "host_run": _host_run,
    "exception": _crashed,
}
