"""A device that a script plays: the firmware's own supervisor, session, journal writer and stores
under CPython, on flash that survives what the script does to it. No record is written by hand. Time
is the script's: hours pass in a moment.
"""

from played_device import PlayedDevice
from whole_device import signed, text

from stimcore import journal, link, panel

COARSE_MS = 1_000
# Between two presses: no hand is quicker for long, and the device takes no quicker one
_HAND_MS = 350
# Rounds while a hand is at it: half of what a press stands for; nothing else happens meanwhile
_HAND_STEP_MS = 50


class Played(PlayedDevice):
    """What people do to it: `press`, `session`, `prescribe` and the like."""

    # --- hands -----------------------------------------------------------------------------------

    def press(self, name, ms=100):
        self.hal.levels.pressed = 1 << panel.BUTTONS.index(name)
        self.run(ms, _HAND_STEP_MS)
        self.hal.levels.pressed = 0
        return self.run(_HAND_MS, _HAND_STEP_MS)

    def hold(self, name):
        return self.press(name, 1_200)

    def answer(self, wanted):
        """Answer the question that stands; None leaves it out."""
        rating = self.device.session.rating
        if wanted is None:
            return self.press("SELECT")
        asked = rating.asking
        for name in [("UP" if wanted else "DOWN")] * 12:
            if rating.value is not wanted and rating.value != wanted:
                self.press(name)
        assert (rating.asking, rating.value) == (asked, wanted), (
            asked,
            rating.asking,
            rating.value,
        )
        return self.press("START")

    def begin(self, ma=(12, 10), before=None, program=None):
        """START held; pain before if given; the currents raised, a mA a press."""
        session = self.device.session
        while program and session.program["name"] != program:
            self.press("SELECT")
        if before is not None:
            self.press("UP")
            self.answer(before)
        self.hold("START")
        self.run(500)
        assert session.state == "RUNNING", (
            session.state,
            session.hint,
            session.wait_s,
            session.latch.reason,
        )
        if len(session.program["channels"]) == 2:
            self.raise_to((ma[0], ma[1]))
        else:
            for _ in range(ma[session.program["channels"][0] - 1]):
                self.press("UP")
        return self

    def raise_to(self, ma):
        """Both channels together to the lower of the two, then the other one alone."""
        session = self.device.session
        for _ in range(min(ma)):
            self.press("UP")
        if ma[0] != ma[1]:
            higher = 1 if ma[0] > ma[1] else 2
            while session.channel != higher:
                self.press("SELECT")
            for _ in range(abs(ma[0] - ma[1])):
                self.press("UP")
        assert session.set_ua == [1_000 * one for one in ma], session.set_ua

    def session(self, ma=(12, 10), before=None, after=None, skin=None, rated=True, program=None):
        """A whole session and the questions after it. `rated` False: nobody answers, and the
        questions go away.
        """
        self.begin(ma, before, program)
        while self.device.session.state == "RUNNING":
            self.run(COARSE_MS, COARSE_MS)
        assert self.device.session.state == "ENDED", self.device.session.latch.reason
        return self.rate(after, skin) if rated else self.run(130_000, COARSE_MS)

    def rate(self, after=None, skin=None):
        """The questions in ENDED, one after another; what stands there is asked for by name."""
        rating = self.device.session.rating
        for _ in range(4):
            if rating.asking:
                self.answer({"after": after, "skin": skin}[rating.asking])
        self.run(200)
        assert self.device.session.state == "READY"
        return self

    def end_early(self):
        """DOWN, which unlocks, then SELECT held twice: the device asks whether it is meant."""
        return self.press("DOWN").hold("SELECT").hold("SELECT").run(3_000)

    def fault(self, reason, channel=1):
        """A running session is cut by what its meter, its loop or STOP says; then a person
        leaves the fault.
        """
        if reason == "stop_pressed":
            self.press("STOP")
        else:
            self.meters[channel - 1].fault = reason
            self.tripped = True
            self.run(50)
        assert self.device.session.latch.reason == reason
        return self

    def rearm(self):
        self.tripped = False
        for meter in self.meters:
            meter.fault = ""
        self.hold("START")
        assert self.device.session.state == "READY"
        return self

    # --- the clinic ------------------------------------------------------------------------------

    def offer(self, *programs, **changes):
        """A prescription over the link; the answer."""
        rx = text(*programs, **changes)
        return self.ask("configure", **signed(rx, now_s=self.wall_s))

    def ask(self, method, **params):
        """A host's question, and the device's answer."""
        self._number += 1
        self.stream.incoming.extend(link.encode(link.request(self._number, method, params)))
        del self.stream.sent[:]
        while self.server.round() or self.stream.incoming:
            pass
        return link.decode(self.stream.sent[0])

    def prescribe(self, *programs, **changes):
        """Offered, and accepted by whoever holds SELECT."""
        answer = self.offer(*programs, **changes)
        assert "result" in answer, answer
        self.run(100)
        self.hold("SELECT")
        assert self.device.prescriptions.told()["state"] == "accepted"
        return self.run(200)


def chained(device):
    """Its records as a fake device serves them: (number, frame)."""
    return [(journal.parse(raw)[0], raw) for raw in device.frames()]
