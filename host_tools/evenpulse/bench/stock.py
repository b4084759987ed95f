"""The product as it is sold: configured over its link, USB unplugged, START held. For the rows
that need nothing else.
"""

from stimcore import prescription

from evenpulse.connect import bring_up
from evenpulse.twin.twin import Twin
from evenpulse.twin.waveform import Pulse, pulses

# 2026-11-22, noon
NOW_S = 1_795_348_800
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


def running(**program: object) -> Twin:
    """A twin in RUNNING: prescription from the link accepted with SELECT, USB unplugged, START
    held.
    """
    twin = bring_up.switch_on(bring_up.new(), usb=True)
    bring_up.prescribe(twin, device_form(**program), NOW_S)
    twin.plug(False)
    twin.run_ms(200)
    bring_up.hold_start(twin)
    return twin


def train(twin: Twin, channel: int) -> list[Pulse]:
    """Whole pulses of a channel so far."""
    pins = twin.board["PINS"]
    return pulses(twin.edges, pins[f"CH{channel}_A"][0], pins[f"CH{channel}_B"][0])
