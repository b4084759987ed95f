"""A prescribed twin for the tests: configured once over its link, its flash kept, so that a test
starts at READY.
"""

import functools
import json
import math
from pathlib import Path

import kept_flash
import kept_sessions

from evenpulse.base import firmware_files
from evenpulse.connect import bring_up
from evenpulse.twin.states import ARMED, ENDED, FAULT, PAUSED, READY, RUNNING  # noqa: F401
from evenpulse.twin.twin import Twin
from stimcore import prescription

LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")
GUARDED = (*LEGS, "HV_EN")
NOW_S = 1_795_348_800
_PRESS_MS, _PAUSE_MS, _FELT_MS = 60, 60, 240


def document(*programs: dict, cap_ma: int = 30) -> dict:
    """A prescription as the TOML parser gives it."""
    return {
        "id": "rx-test",
        "counter": 1,
        "patient": "P-000",
        "issued": "2026-11-22",
        "expires": "2027-02-22",
        "device": "*",
        "electrode_cm2": 25,
        "checks": {"contraindications_excluded": True, "sensation_tested": True},
        "caps": {
            "ch1_ma": cap_ma,
            "ch2_ma": cap_ma,
            "session_min": 30,
            "sessions_per_day": 3,
            "rest_min": 30,
        },
        "program": list(programs),
    }


def program(**values) -> dict:
    """One program; 50 pps on both channels where a test says nothing else."""
    return {
        "name": "Test",
        "channels": [1, 2],
        "phase_us": 100,
        "gap_us": 50,
        "rate_pps": 50,
        "minutes": 5,
        "ramp_up_s": 0,
        "ramp_down_s": 0,
        **values,
    }


def prescribed_flash(*programs: dict, cap_ma: int = 30, board: str = "nmes2") -> bytes:
    """Flash of a device on which a person has accepted a prescription from its link. The same
    prescription is accepted once by the same firmware: what follows from it is bytes, always the
    same.
    """
    written = document(*programs, cap_ma=cap_ma)
    return _flash_of(json.dumps(written), board, firmware_files.folder(board))


@functools.cache
def _flash_of(written: str, board: str, firmware: Path) -> bytes:
    return kept_flash.of(
        {"prescription": written, "board": board, "firmware": firmware.name},
        bring_up.new(board).flash,
        lambda: accepted_flash(json.loads(written), board=board),
    )


def accepted_flash(
    written: dict, flash: bytes = b"", now_s: int = NOW_S, board: str = "nmes2"
) -> bytes:
    """The same, of a whole prescription as the TOML parser gives it; from the flash of an
    earlier life, at another time, to set its clock.
    """
    twin = Twin(board, flash) if flash else bring_up.new(board)
    return bring_up.prescribed(twin, prescription.from_toml_dict(written), now_s).flash


def ready(flash: bytes, select: int = 0, board: str = "nmes2") -> Twin:
    """A twin at READY, USB unplugged, with its n-th program selected."""
    return kept_sessions.twin(_brought_to_ready, flash, select, board)


def running(flash: bytes, select: int = 0, ups: int = 0, board: str = "nmes2") -> Twin:
    """A twin in RUNNING, UP pressed so often."""
    return kept_sessions.twin(_brought_to_running, flash, select, ups, board)


def flash_of_100_pps():
    return prescribed_flash(program(rate_pps=100, phase_us=100, gap_us=50))


def at_work(flash, ups):
    """A session of that flash that has run for a third of a second, with a mA for each UP."""
    twin = running(flash, ups=ups)
    twin.run_ms(333)
    return twin


def _brought_to_ready(flash: bytes, select: int, board: str) -> Twin:
    twin = bring_up.switch_on(Twin(board, flash))
    bring_up.press(twin, "SELECT", select, _PRESS_MS, _PAUSE_MS)
    return twin


def _brought_to_running(flash: bytes, select: int, ups: int, board: str) -> Twin:
    twin = _brought_to_ready(flash, select, board)
    bring_up.hold_start(twin)
    # Current must have flowed for a while before the next one counts, and the first takes a while
    # to come.
    bring_up.press(twin, "UP", ups, _PRESS_MS, _FELT_MS)
    return twin


def pass_hours(twin: Twin, hours: float) -> None:
    """Powered time goes on at rest, without its rounds: the µs timer by a multiple of 2^30 µs,
    which `ticks_us` does not see.
    """
    for _ in range(math.ceil(hours * 3_600e6 / 2**30)):
        twin.chip.rp2040.timer._epoch_nanos -= 2**30 * 1_000
    twin.chip.loop.timer_was_reset()
    twin.run_ms(1_500)


def gpio(twin: Twin, role: str) -> int:
    return twin.board["PINS"][role][0]


def levels(twin: Twin, roles=GUARDED) -> list[int]:
    """What pins are now."""
    return [twin.chip.pads.levels[gpio(twin, role)] for role in roles]


def next_rise(twin: Twin, role: str = "CH1_A") -> int:
    """Run until a leg has gone high; the clock at which it did. Some µs later at the most."""
    pin, seen = gpio(twin, role), len(twin.edges)
    # Two seconds
    for _ in range(250_000):
        twin.run_clocks(1_000)
        for clock, at, level in twin.edges[seen:]:
            if at == pin and level:
                return clock
    raise AssertionError(f"{role} did not go high within 2 s")


def last_fall(twin: Twin, roles=GUARDED) -> int:
    """Clock at which the last of these pins went low."""
    pins = {gpio(twin, role) for role in roles}
    return max(clock for clock, pin, level in twin.edges if pin in pins and not level)
