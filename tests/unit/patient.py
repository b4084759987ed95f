"""A patient who presses anything at any time, and what must hold whatever happens. Runs on both
VMs.
"""

from samples import document, program

from stimcore import panel, prescription, screens
from stimcore.inputs import HOLD_MS, Inputs
from stimcore.session import Session
from stimcore.strength import STEP_UA

ROUND_MS = 10
BITS = (1, 2, 4, 8, 16)
STOP = BITS[panel.BUTTONS.index("STOP")]
CAPS_UA = (20_000, 7_500)
SESSION_S = 15
# Sound, wrong
WRONG = {
    "loop_open": (False, True),
    "output_fault": ("", "width"),
    "usb_power": (False, True),
    "temperature_ok": (True, False),
}
_WATCHED = ("ARMED", "RUNNING", "PAUSED")


class Patient:
    """Keys, session and hands. `levels`: buttons that are down. `live(ms)` lets time pass and
    checks every round.
    """

    def __init__(self):
        rx = prescription.from_toml_dict(
            document(
                program(name="Pain relief", minutes=0.25),
                program(name="Strength", minutes=0.25, on_s=4, off_s=2, channels=[2]),
                program(name="Ramp", minutes=0.25, ramp="phase", ramp_down_s=0),
            )
        )
        self.session = Session()
        self.session.dose.prescribe(2, 1_800)
        self.session.load(rx["programs"], CAPS_UA)
        self.inputs = Inputs()
        self.keys = panel.Keys(BITS, 0, HOLD_MS)
        self.levels = 0
        self.now_ms = 0
        self.given_ms = 0
        self.state = ""
        self.seen = set()

    def live(self, ms):
        for _ in range(ms // ROUND_MS):
            self.round()

    def round(self):
        """One round as the supervisor makes it, and the rules."""
        session, inputs = self.session, self.inputs
        self.now_ms += ROUND_MS
        assert session.stands() or session.state in ("BOOT", "READY")
        inputs.pressed = inputs.held = ""
        inputs.stop_down = bool(self.levels & STOP)
        if self.levels or self.keys.busy:
            self.keys.step(self.now_ms, self.levels, inputs)
        before, set_ua, ua = session.state, list(session.set_ua), list(session.ua)
        wrong = (
            inputs.stop_down
            or not inputs.supply_ok
            or any(getattr(inputs, name) == WRONG[name][1] for name in WRONG)
        )
        session.step(self.now_ms, inputs)
        if session.state != self.state:
            self.state = session.state
            self.seen.add(self.state)
            self.keys.spend()
        self._check(before, wrong, set_ua, ua)
        if session.redraw:
            session.redraw = False
            assert screens.screen(session, inputs.usb_power)
        if session.pulsing:
            self.given_ms += ROUND_MS
        session.sound = ""

    def _check(self, before, wrong, set_ua, ua):
        session, pressed = self.session, self.inputs.pressed
        assert session.pulsing == (session.state == "RUNNING") and session.armed == (
            session.state in ("ARMED", "RUNNING")
        )
        if wrong and before in _WATCHED:
            assert session.state == "FAULT"
        if session.armed and before not in _WATCHED:
            assert self.inputs.held == "START" and before == "READY" and not wrong
        for i in (0, 1):
            assert session.pulsing or session.ua[i] == session.set_ua[i] == 0
            assert 0 <= session.ua[i] <= session.set_ua[i] <= CAPS_UA[i]
            rise = session.set_ua[i] - set_ua[i]
            assert rise <= 0 or pressed == "UP" and rise <= STEP_UA and self.levels & STOP == 0
            # 100 uA a ms
            assert session.ua[i] - ua[i] <= 1_000
        # Two sessions may begin, and none lasts longer than it is, however often it was cut short.
        assert self.given_ms <= 2 * (1_000 * SESSION_S + ROUND_MS)

    def press(self, name, ms):
        """A button down for a while, then up."""
        bit = BITS[panel.BUTTONS.index(name)]
        self.levels |= bit
        self.live(ms)
        self.levels &= ~bit
        self.live(60)

    def spoil(self, name):
        """Something goes wrong."""
        setattr(self.inputs, name, WRONG[name][1])

    def let_go(self):
        """Nothing is wrong and no button is down."""
        self.levels = 0
        for name in WRONG:
            setattr(self.inputs, name, WRONG[name][0])
        self.inputs.supply_ok = True
        self.live(60)

    def way_out(self):
        """From wherever it is, by two ways of holding a button, READY; but only service mode leads
        out of a second fault within an hour that means broken hardware.
        """
        self.let_go()
        if self.session.breakage.locked:
            self.press("START", 1_100)
            assert self.session.state == "FAULT"
            return
        for _ in range(4):
            if self.session.state == "READY":
                return
            if self.session.state == "FAULT":
                self.press("START", 1_100)
            elif self.session.state == "ENDED":
                self.press("STOP", 100)
            else:
                # This one unlocks
                self.press("DOWN", 60)
                self.press("SELECT", 1_100)
                self.press("SELECT", 1_100)
                self.live(1_100)
        raise AssertionError("no way out of " + self.session.state)
