"""Hypothesis looks for hands, faults and times that break a rule of patient.py, or leave the
device in a state without a way out.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from patient import BITS, WRONG, Patient

BUTTONS = st.sampled_from(["START", "UP", "DOWN", "SELECT", "STOP"])


class Device(RuleBasedStateMachine):
    """Every rule of Patient is checked in every round of every step."""

    def __init__(self):
        super().__init__()
        self.patient = Patient()
        self.patient.live(30)

    @rule(button=BUTTONS, ms=st.integers(10, 300))
    def press(self, button, ms):
        self.patient.press(button, ms)

    @rule(button=BUTTONS)
    def hold(self, button):
        self.patient.press(button, 1_200)

    @rule()
    def start(self):
        """What most walks need: a session."""
        self.patient.let_go()
        self.patient.press("START", 1_100)
        self.patient.live(200)

    @rule(times=st.integers(1, 30))
    def ups(self, times):
        for _ in range(times):
            self.patient.press("UP", 40)

    @rule(bits=st.sets(st.sampled_from(BITS)), ms=st.integers(0, 12_000))
    def chord(self, bits, ms):
        self.patient.levels = sum(bits)
        self.patient.live(ms)

    @rule(ms=st.integers(0, 20_000))
    def wait(self, ms):
        self.patient.live(ms)

    @rule(name=st.sampled_from(sorted(WRONG)))
    def goes_wrong(self, name):
        self.patient.spoil(name)
        self.patient.live(30)

    @rule()
    def supply_fails(self):
        self.patient.inputs.supply_ok = False
        self.patient.live(30)

    @rule()
    def let_go(self):
        self.patient.let_go()

    @rule()
    def waits_for_a_trigger(self):
        self.patient.inputs.train_started = not self.patient.inputs.train_started

    def teardown(self):
        self.patient.way_out()


TestDevice = Device.TestCase
TestDevice.settings = settings(max_examples=60, stateful_step_count=25)
