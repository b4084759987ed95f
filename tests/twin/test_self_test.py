"""The power-on self-test on the emulated chip: each check with a fault that fails it, and a
sound device that passes them all.
"""

import json
import struct

import pytest
import rig
from evenpulse.connect.service import Service
from evenpulse.twin.twin import Twin
from test_interlock import journal_events

GUARDED = ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN")


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(rig.program())


def booted(flash, spoil=None, ms=900):
    """A twin some time after power-on; `spoil(twin)` before its first instruction."""
    twin = Twin(flash=flash)
    twin.power_on(usb=False)
    if spoil:
        spoil(twin)
    twin.run_ms(ms)
    return twin


def failed_checks(twin):
    records = [e for e in journal_events(twin) if e["e"] == "self_test"]
    return records[-1]["failed"] if records else []


def test_a_sound_device_passes_within_a_second_and_moves_no_output(flash):
    twin = Twin(flash=flash)
    twin.power_on(usb=False)
    assert twin.run_until_state(rig.READY, 1_000) and failed_checks(twin) == []
    guarded = {rig.gpio(twin, role) for role in GUARDED} | {
        rig.gpio(twin, role) for role in ("CH1_AMP", "CH2_AMP")
    }
    assert [edge for edge in twin.edges if edge[1] in guarded] == []


def _adc_shows(ua):
    def spoil(twin):
        twin.world._sources[rig.gpio(twin, "CH1_SENSE") - 26] = lambda: (
            ua * twin.board["SENSE_NV_PER_UA"] / 1e6
        )

    return spoil


def _no_resistor(role):
    def spoil(twin):
        del twin.chip.pads._pulls[rig.gpio(twin, role)]
        twin.chip.pads.refresh_all()

    return spoil


SPOILED = {
    "outputs_low": lambda twin: twin.stick("CH2_A"),
    "board_resistors": _no_resistor("CH1_B"),
    "stop_loop": lambda twin: twin.world.pull_interlock("STOP loop", True),
    "current_zero_ch1": _adc_shows(1_000),
    "sense_lead_ch1": lambda twin: twin.world.open_sense(0),
    "sense_lead_ch2": lambda twin: twin.world.hold_sense(1, 0.0),
    "short_pulls": lambda twin: twin.world._diodes.clear(),
    "amplitude_zero": lambda twin: twin.stick("CH1_AMP"),
    "monitor_ch1_a": lambda twin: twin.chip.pads.stick(rig.gpio(twin, "INTERLOCK_N"), 1),
}


@pytest.mark.parametrize("check", list(SPOILED))
def test_what_fails_is_named_and_keeps_the_device_from_arming(flash, check):
    twin = booted(flash, SPOILED[check])
    assert twin.state == rig.FAULT and check in failed_checks(twin)
    before = len(twin.edges)
    twin.press("START", 1_300)
    twin.run_ms(2_000)
    assert twin.state == rig.FAULT, "still broken: START held tests again, and fails again"
    hv = rig.gpio(twin, "HV_EN")
    assert not [edge for edge in twin.edges[before:] if edge[1] == hv and edge[2]]


def test_start_held_once_the_cause_is_gone_tests_again_and_leaves(flash):
    twin = booted(flash, SPOILED["stop_loop"])
    twin.world.pull_interlock("STOP loop", False)
    twin.press("START", 1_300)
    assert twin.run_until_state(rig.READY, 3_000)


def test_a_flipped_bit_of_the_program_is_found(flash):
    def spoil(twin):
        twin.chip.rp2040.flash[_last_program_byte(twin)] ^= 1

    twin = booted(flash, spoil)
    assert twin.state == rig.FAULT and failed_checks(twin) == ["firmware_intact"]


def _flip_in_ram(twin):
    """A bit of the program where it lies in RAM: the last of its constants."""
    start, _, count = struct.unpack("<III", bytes(twin.chip.rp2040.flash[0x1D4 : 0x1D4 + 12]))
    twin.chip.rp2040.sram[start + count - 1 - 0x20000000] ^= 1


def test_a_flipped_bit_of_the_program_in_ram_is_found_at_power_on(flash):
    twin = Twin(flash=flash)
    twin.power_on(usb=False)
    twin.run_ms(100)
    _flip_in_ram(twin)
    twin.run_ms(900)
    assert twin.state == rig.FAULT and failed_checks(twin) == ["ram_intact"]


def test_a_flipped_bit_of_the_program_in_ram_arms_nothing(flash):
    twin = booted(flash)
    _flip_in_ram(twin)
    twin.press("START", 1_300)
    twin.run_ms(1_500)
    assert twin.state == rig.FAULT
    assert [e["reason"] for e in journal_events(twin) if e["e"] == "fault"] == ["registers"]
    _flip_in_ram(twin)
    twin.press("START", 1_300)
    assert twin.run_until_state(rig.READY, 3_000), "once it is gone a self-test passes"


def _last_program_byte(twin):
    seal = bytes(twin.chip.rp2040.flash[twin.board["SEAL_OFFSET"] :][:16])
    assert seal[:8] == b"EVSEAL01"
    return int.from_bytes(seal[8:12], "little") - 1


def test_a_low_battery_is_told_and_is_no_fault_at_power_on(flash):
    twin = Twin(flash=flash)
    twin.supply_mv = 3_500
    twin.power_on(usb=False)
    assert twin.run_until_state(rig.READY, 1_000)


REHEARSED = """
import time
import board
import hal.guard
import hal.rehearsal
from app import selftest
from app.build import Hal
from micropython import heap_lock, heap_unlock

class Stopwatch:
    # `time` of the rehearsal: whoever asks it the first time cannot have memory any more
    sleep_us, sleep_ms, ticks_diff = time.sleep_us, time.sleep_ms, time.ticks_diff
    asked = False
    def ticks_us(self):
        if not self.asked:
            self.asked = True
            heap_lock()
        return time.ticks_us()

drivers = Hal(board.__dict__)
rehearsal = drivers.rehearsal
put_back = rehearsal._end
def end(result):
    heap_unlock()
    return put_back(result)
rehearsal._end = end
drivers.engine.prepare()
words = selftest._words(drivers, selftest._SHORTEST)
told = []
hal.guard.time, hal.rehearsal.time = time, Stopwatch()
told.append(rehearsal.guard_us())
hal.rehearsal.time = Stopwatch()
told.append(rehearsal.monitor_us(1, words))
hal.guard.time = hal.rehearsal.time = Stopwatch()
told.append(rehearsal.deadman_us(3))
print(told)
"""


def test_a_time_is_taken_without_memory_which_a_full_heap_is_slow_to_give(firmware):
    # Seen: 246 µs until the guard had cut, of 200 at most, when the search for a free block of the
    # heap fell into them: one start in seven with some keys.
    guard_us, monitor_us, deadman_us = json.loads(Service().run(REHEARSED))
    assert 0 < guard_us <= 200 and 3_900 < deadman_us < 4_200 and 20 <= monitor_us <= 250
