"""Sessions into which faults are put: programs, loads, and how a twin gets there."""

import contextlib
import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from stimcore import prescription

from evenpulse.connect import bring_up
from evenpulse.faults.judge import Prescription
from evenpulse.prescription.signed import sign
from evenpulse.twin import clinic
from evenpulse.twin.states import RUNNING
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

CAP_MA = 30
SET_MA, STEP_MA = 10, 1
_DAY = datetime.date(2026, 11, 22)
_PRESS_MS, _PAUSE_MS = 60, 200
# How long the sessions are whose end is waited for, and how long before it they are copied
ENDING_MINUTES, ENDING_MS = 0.25, 1_600
# UP counts once there is something to feel
_FIRST_PULSES_MS = 600


Loads = tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class Situation:
    """One program of the prescription and the load of each channel (series ohm, skin ohm, skin
    nF).
    """

    name: str
    program: dict
    loads: Loads
    channels: tuple[int, ...] = field(default=(1, 2))
    set_ma: int = SET_MA

    def prescription(self) -> Prescription:
        """The same in plain numbers for the judge."""
        program, burst = self.program, self.program.get("burst")
        rate = burst["inner_pps"] if burst else program["rate_pps"]
        return Prescription(
            phase_us=program["phase_us"],
            gap_us=program["gap_us"],
            period_us=round(1_000_000 / rate),
            most_a_second=burst["pulses"] * burst["per_s"] if burst else rate,
            burst_pulses=burst["pulses"] if burst else 1,
            cap_ua=CAP_MA * 1000,
            set_ua=self.set_ma * 1000,
            pause_us=round(1_000_000 / burst["per_s"] - (burst["pulses"] - 1) * 1_000_000 / rate)
            if burst
            else 0,
            offset_us=program.get("offset_us", 0),
            channels=self.channels,
        )


def _situation(
    name: str,
    loads: Loads,
    channels: tuple[int, ...] = (1, 2),
    set_ma: int = SET_MA,
    **values: object,
) -> Situation:
    program = {
        "name": name,
        "channels": list(channels),
        "minutes": 20,
        "ramp_up_s": 0,
        "ramp_down_s": 0,
        **values,
    }
    return Situation(name, program, loads, channels, set_ma)


# Series ohm, skin ohm, skin nF
_SKIN = (300.0, 2_000.0, 100.0)
SITUATIONS = (
    _situation(
        "both 100 pps",
        ((500.0, 0.0, 0.0), (1_000.0, 0.0, 0.0)),
        phase_us=100,
        gap_us=50,
        rate_pps=100,
    ),
    _situation(
        "strong 50 pps", (_SKIN, (800.0, 2_200.0, 47.0)), phase_us=400, gap_us=100, rate_pps=50
    ),
    _situation(
        "bursts",
        ((300.0, 0.0, 0.0), _SKIN),
        phase_us=150,
        gap_us=60,
        burst={"pulses": 8, "inner_pps": 100, "per_s": 2},
    ),
    _situation(
        "one channel",
        ((3_000.0, 0.0, 0.0), (3_000.0, 0.0, 0.0)),
        channels=(2,),
        phase_us=200,
        gap_us=53,
        rate_pps=80,
    ),
    _situation(
        "with offset",
        ((1_000.0, 1_500.0, 220.0), (300.0, 0.0, 0.0)),
        phase_us=187,
        gap_us=53,
        rate_pps=120,
        offset_us=3_001,
    ),
    _situation(
        "near the cap",
        ((1_000.0, 0.0, 0.0), (500.0, 800.0, 100.0)),
        set_ma=28,
        phase_us=100,
        gap_us=70,
        rate_pps=60,
        offset_us=5_000,
    ),
)


def document() -> dict:
    """A prescription with every program, as the TOML parser gives it."""
    return {
        "id": "rx-faults",
        "counter": 1,
        "patient": "P-000",
        "issued": _DAY.isoformat(),
        "expires": (_DAY + datetime.timedelta(days=92)).isoformat(),
        "device": "*",
        "electrode_cm2": 25,
        "checks": {"contraindications_excluded": True, "sensation_tested": True},
        "caps": {
            "ch1_ma": CAP_MA,
            "ch2_ma": CAP_MA,
            "session_min": 30,
            "sessions_per_day": 3,
            "rest_min": 30,
        },
        "program": [situation.program for situation in SITUATIONS],
    }


def prescribed_flash(written: dict | None = None) -> bytes:
    """Flash of a device on which a person has accepted the prescription from its link: that of
    the situations, or another one.
    """
    now_s = clinic.noon_s(document())
    rx = prescription.from_toml_dict(written or document())
    return bring_up.prescribed(bring_up.new(), rx, now_s).flash


def offer(twin: Twin) -> None:
    """The next prescription waits on the screen for a person, who does nothing."""

    class _Waits(Exception):
        pass

    def _leave() -> None:
        raise _Waits

    rx = prescription.from_toml_dict(document() | {"id": "rx-next", "counter": 2})
    with contextlib.suppress(_Waits):
        bring_up.device(twin).configure(sign(rx, clinic.key()), clinic.noon_s(document()), _leave)


def ready(flash: bytes, usb: bool = False) -> Twin:
    """A twin in READY."""
    return bring_up.switch_on(Twin(flash=flash), usb)


def offered(flash: bytes) -> Twin:
    """A twin with a computer, on whose screen a prescription waits."""
    twin = ready(flash, usb=True)
    offer(twin)
    return twin


def running(flash: bytes, number: int) -> Twin:
    """A twin in RUNNING with the n-th situation's program and current on each of its channels."""
    situation = SITUATIONS[number]
    twin = Twin(flash=flash)
    for electrode, (series, skin, nanofarad) in zip(twin.electrodes, situation.loads, strict=True):
        electrode.series_ohm, electrode.skin_ohm, electrode.skin_nf = series, skin, nanofarad
    bring_up.switch_on(twin)
    press(twin, "SELECT", number)
    bring_up.hold_start(twin)
    twin.run_ms(_FIRST_PULSES_MS)
    press(
        twin,
        "UP",
        situation.set_ma // STEP_MA,
        _PAUSE_MS + situation.prescription().pause_us / 1000,
    )
    # START let go, the last step settled, the screen drawn
    twin.run_ms(bring_up.START_HOLD_MS)
    return twin


def ending() -> Twin:
    """A twin in RUNNING with the first situation, near the end of a short session."""
    written = document()
    written["program"] = [program | {"minutes": ENDING_MINUTES} for program in written["program"]]
    twin = running(prescribed_flash(written), 0)
    twin.run_to(begun(twin) + round(ENDING_MINUTES * 60_000 - ENDING_MS) * CLOCKS_PER_MS)
    return twin


def begun(twin: Twin) -> int:
    """The clock at which the session that a twin is in began."""
    return max(clock for clock, word in twin.states if word & 0xFF == RUNNING)


def base(flash: bytes, kind: str, number: int) -> Twin:
    """What a case is a copy of: "running" in a situation, "ending", "ready" or "offered"."""
    made: dict[str, Callable[[], Twin]] = {
        "running": lambda: running(flash, number),
        "ending": ending,
        "ready": lambda: ready(flash),
        "offered": lambda: offered(flash),
    }
    return made[kind]()


def press(twin: Twin, button: str, times: int, pause_ms: float = _PAUSE_MS) -> None:
    """A step up counts once the one before it has been felt."""
    bring_up.press(twin, button, times, _PRESS_MS, pause_ms)
