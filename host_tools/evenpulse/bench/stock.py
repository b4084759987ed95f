"""The product as it is sold: configured over its link, USB unplugged, START held. For the rows
that need nothing else.
"""

from stimcore import prescription

from evenpulse.base import boards
from evenpulse.base.errors import Problem
from evenpulse.link.client import Device
from evenpulse.twin import clinic
from evenpulse.twin.port import TwinPort
from evenpulse.twin.twin import Twin
from evenpulse.twin.waveform import Pulse, pulses

READY, RUNNING = 1, 3
NOW_S = 1_795_348_800  # 2026-11-22, noon
_CAP_MA = 30


def document(**program: object) -> dict:
    """A prescription of one program as the TOML parser gives it; 30 minutes unless it says
    otherwise.
    """
    base = {
        "name": "Bench",
        "channels": [1, 2],
        "phase_us": 100,
        "gap_us": 50,
        "rate_pps": 50,
        "minutes": 30,
        "ramp_up_s": 0,
        "ramp_down_s": 0,
    }
    return {
        "id": "rx-bench",
        "counter": 1,
        "patient": "P-000",
        "issued": "2026-11-22",
        "expires": "2027-02-22",
        "device": "*",
        "electrode_cm2": 25,
        "checks": {"contraindications_excluded": True, "sensation_tested": True},
        "caps": {
            "ch1_ma": _CAP_MA,
            "ch2_ma": _CAP_MA,
            "session_min": 30,
            "sessions_per_day": 3,
            "rest_min": 30,
        },
        "program": [{**base, **program}],
    }


def device_form(**program: object) -> dict:
    """The same in device form."""
    return prescription.from_toml_dict(document(**program))


def new() -> Twin:
    """A twin that trusts the twin's own clinic, and has no prescription yet."""
    return Twin(flash=clinic.flash(boards.load("nmes2")))


def running(**program: object) -> Twin:
    """A twin in RUNNING: prescription from the link accepted with SELECT, USB unplugged, START
    held.
    """
    twin = new()
    twin.power_on(usb=True)
    _reach(twin, READY, 3_000)
    clinic.prescribe(twin, Device(TwinPort(twin)), device_form(**program), NOW_S)
    twin.plug(False)
    twin.run_ms(200)
    hold_start(twin)
    return twin


def hold_start(twin: Twin) -> None:
    """START held until the device is RUNNING."""
    twin.press("START", 1_100)
    _reach(twin, RUNNING, 2_000)


def _reach(twin: Twin, state: int, limit_ms: int) -> None:
    if not twin.run_until_state(state, limit_ms):
        raise Problem(
            f"the device is not in state {state} within {limit_ms} simulated ms",
            seen=f"state {twin.state}",
            do_next="make test-twin",
        )


def train(twin: Twin, channel: int) -> list[Pulse]:
    """Whole pulses of a channel so far."""
    pins = twin.board["PINS"]
    return pulses(twin.edges, pins[f"CH{channel}_A"][0], pins[f"CH{channel}_B"][0])
