"""A session and its inputs whose time is ticked by hand, and how tests bring it about that it runs,
is over, or has a fault. Runs on both VMs.
"""

from samples import document, program

from stimcore import prescription
from stimcore.inputs import Inputs
from stimcore.session import Session
from stimcore.therapy import ARM_SETTLE_MS

ROUND_MS = 10
# Presses so far apart all count, even when a round comes late
EVERY_MS = 250
# Of one rig. A test that waits for what never comes ends so, with words.
ROUNDS_MOST = 400_000


class Rig:
    """A session, its inputs and a clock."""

    def __init__(self, **changes):
        rx = prescription.from_toml_dict(document(program(**changes)))
        self.session = Session()
        self.session.load(rx["programs"], (30_000, 20_000))
        self.inputs = Inputs()
        self.now_ms = self.rounds = 0
        self.events = []
        self.run(50)

    def run(self, ms, round_ms=ROUND_MS):
        self.rounds += ms // round_ms
        assert self.rounds < ROUNDS_MOST, "it waits without end, in " + self.session.state
        for _ in range(ms // round_ms):
            self.now_ms += round_ms
            self.session.step(self.now_ms, self.inputs)
            self.inputs.pressed = self.inputs.held = ""
            if self.session.event:
                self.events.append(self.session.event)
        return self.session

    def press(self, name):
        self.inputs.pressed = name
        return self.run(ROUND_MS)

    def hold(self, name):
        self.inputs.held = name
        return self.run(ROUND_MS)

    def running(self, ups=0):
        self.hold("START")
        self.run(ARM_SETTLE_MS + ROUND_MS)
        assert self.session.state == "RUNNING"
        self.ups(ups)
        return self

    def ups(self, times):
        """UP so often, as fast as it counts."""
        for _ in range(times):
            self.press("UP")
            self.run(EVERY_MS)


def between_pulses(rig, times, every_ms=300):
    """UP so often; the currents asked for after each."""
    seen = []
    for _ in range(times):
        rig.press("UP")
        rig.run(every_ms - ROUND_MS)
        seen.append(rig.session.set_ua[0])
    return seen


FAULTS = [
    ("loop_open", True, "interlock_open"),
    ("output_fault", "width", "width"),
    ("usb_power", True, "usb_power"),
    ("supply_ok", False, "supply"),
    ("temperature_ok", False, "temperature"),
    ("stop_down", True, "stop_pressed"),
]


def limited(per_day=3, rest_s=1_800, **changes):
    rig = Rig(**changes)
    rig.session.dose.prescribe(per_day, rest_s)
    return rig


def rating_of(rig):
    return [fields for name, fields in rig.events if name == "rating"]


def ended(before=None):
    rig = limited(minutes=0.25, ramp_down_s=0)
    if before is not None:
        rig.press("UP")
        for _ in range(before + 1):
            rig.press("UP")
        rig.press("START")
    rig.running()
    rig.run(15_000)
    assert rig.session.state == "ENDED"
    return rig
