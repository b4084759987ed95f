"""A board bench on the emulated chip, and a host that runs a program on it."""

import json

import rig
from evenpulse.link.client import Device
from evenpulse.twin.port import TwinPort
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin
from evenpulse.twin.waveform import Prescribed, pulses
from stimcore import prescription
from test_interlock import journal_events

PROGRAM = rig.program(phase_us=187, gap_us=53, rate_pps=77.3, offset_us=3_001)
# The whole number of us nearest to 1 000 000 / 77.3
WANTED = Prescribed(187, 53, 12_937, 3_001)
KEEP_ALIVE_MS, ROUND_MS = 100, 10


def plugged(board="bench"):
    """A twin at READY with USB in, and its link."""
    twin = Twin(board)
    twin.power_on(usb=True)
    assert twin.run_until_state(rig.READY, 3_000)
    return twin, Device(TwinPort(twin))


def form(**changes):
    return prescription.from_toml_dict(rig.document({**PROGRAM, **changes}))


def begin(device, ua=(0, 0), rx=None):
    return device.call("run", {"rx": json.dumps(rx or form()), "program": 1, "ua": list(ua)})


def keep(twin, device, ms, every_ms=50):
    """Keep it alive for so long; the last answer."""
    end = twin.now + round(ms * CLOCKS_PER_MS)
    while twin.now < end:
        twin.run_ms(every_ms)
        told = device.call("keep_alive")
    return told


def trains(twin):
    return [
        pulses(twin.edges, rig.gpio(twin, f"CH{n}_A"), rig.gpio(twin, f"CH{n}_B")) for n in (1, 2)
    ]


def events(twin, name):
    return [record for record in journal_events(twin) if record["e"] == name]
