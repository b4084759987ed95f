"""A prescribed twin for the tests: configured once over its link, its flash kept, so that a test
starts at READY.
"""

import math

import kept_sessions

from evenpulse.base import boards
from evenpulse.link.client import Device
from evenpulse.twin import clinic
from evenpulse.twin.port import TwinPort
from evenpulse.twin.twin import Twin
from stimcore import prescription

READY, ARMED, RUNNING, PAUSED, ENDED, FAULT = 1, 2, 3, 4, 5, 6
LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")
GUARDED = (*LEGS, "HV_EN")
NOW_S = 1_795_348_800


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
    """Flash of a device on which a person has accepted a prescription from its link."""
    return accepted_flash(document(*programs, cap_ma=cap_ma), board=board)


def accepted_flash(
    written: dict, flash: bytes = b"", now_s: int = NOW_S, board: str = "nmes2"
) -> bytes:
    """The same, of a whole prescription as the TOML parser gives it; from the flash of an
    earlier life, at another time, to set its clock.
    """
    twin = Twin(board, flash or clinic.flash(boards.load(board)))
    twin.power_on(usb=True)
    assert twin.run_until_state(READY, 3_000)
    clinic.prescribe(twin, Device(TwinPort(twin)), prescription.from_toml_dict(written), now_s)
    twin.power_off()
    return twin.flash


def ready(flash: bytes, select: int = 0, board: str = "nmes2") -> Twin:
    """A twin at READY, USB unplugged, with its n-th program selected."""
    return kept_sessions.twin(_brought_to_ready, flash, select, board)


def running(flash: bytes, select: int = 0, ups: int = 0, board: str = "nmes2") -> Twin:
    """A twin in RUNNING, UP pressed so often."""
    return kept_sessions.twin(_brought_to_running, flash, select, ups, board)


def _brought_to_ready(flash: bytes, select: int, board: str) -> Twin:
    twin = Twin(board, flash)
    twin.power_on(usb=False)
    assert twin.run_until_state(READY, 3_000)
    for _ in range(select):
        twin.press("SELECT", 60)
        twin.run_ms(120)
    return twin


def _brought_to_running(flash: bytes, select: int, ups: int, board: str) -> Twin:
    twin = _brought_to_ready(flash, select, board)
    twin.press("START", 1_100)
    assert twin.run_until_state(RUNNING, 2_000)
    for _ in range(ups):
        twin.press("UP", 60)
        # Current must have flowed for a while before the next one counts, and the first takes a
        # while to come.
        twin.run_ms(300)
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


def last_fall(twin: Twin, roles=GUARDED) -> int:
    """Clock at which the last of these pins went low."""
    pins = {gpio(twin, role) for role in roles}
    return max(clock for clock, pin, level in twin.edges if pin in pins and not level)
