"""A host runs a program: only on a board that says it has no output stage, and only while the host
keeps saying that it is there.

It presses the buttons that a person would press, and nothing else: the session's own rules, caps
and checks hold. It never holds SELECT, so it accepts no prescription.
"""

import json

from stimcore import limits, prescription
from stimcore.dates import days
from stimcore.errors import Refused

KEEP_ALIVE_MS = 100
# Counted from the round after it was heard; trains stop with the round that finds it, directions
# with the next
_SILENT_MS = KEEP_ALIVE_MS - 17
_FORMAT = "link method run"


class HostRun:
    """`begin`, `keep_alive` and `stop` are the host's; `round(inputs)` once a round, between the
    session's step and the outputs.
    """

    def __init__(self, device):
        self._device = device
        # When the host counts as gone
        self._due_ms = 0
        # Whether the host was heard in the round before
        self._heard = False
        self._wanted_ua = (0, 0)
        # The state in which START was held for the start
        self._tried = ""
        self._pressed = False
        self._ending = ""
        self.active = self._armed = False
        # Why the last run is over
        self.why = None

    def begin(self, params):
        """Check {rx: device form as JSON, program: number, ua: [channel 1, channel 2]} and
        start. Raises Refused.
        """
        device = self._device
        try:
            rx = json.loads(prescription.bounded(params.get("rx", "")))
        except (TypeError, ValueError):
            raise Refused(
                "rx",
                "not JSON",
                "a prescription in device form",
                _FORMAT,
                "use this release's tool",
            )
        prescription.check(rx, device.board)
        number = params.get("program")
        if not limits.is_whole(number) or not 1 <= number <= len(rx["programs"]):
            raise Refused(
                "program",
                number,
                "1 to %d" % len(rx["programs"]),
                "programs of this prescription",
                "choose one of them",
            )
        wanted_ua, caps_ua = params.get("ua"), (rx["caps"]["ch1_ua"], rx["caps"]["ch2_ua"])
        if not isinstance(wanted_ua, list) or len(wanted_ua) != 2:
            raise Refused(
                "ua",
                wanted_ua,
                "a current for each of two channels",
                _FORMAT,
                "use this release's tool",
            )
        program = rx["programs"][number - 1]
        for i in (0, 1):
            _check_current(i + 1, wanted_ua[i], caps_ua[i] if i + 1 in program["channels"] else 0)
        session = device.session
        session.nobody_yet()
        session.load([program], caps_ua, days(rx["expires"]))
        self._wanted_ua, self._tried, self._ending, self.why = wanted_ua, "", "", None
        self.active, self._armed = True, False
        self.keep_alive()
        device.record_bounded(
            "host_run", {"id": rx["id"], "program": program["name"], "ua": wanted_ua}
        )

    def keep_alive(self):
        """The host is there. Its time begins with the next round: this one may take long."""
        self._heard = True

    def stop(self):
        """End it with the next round, without a ramp."""
        self._ending = "host"

    def told(self):
        """How it stands, for the host."""
        session = self._device.session
        return {
            "active": self.active,
            "why": self.why,
            "state": session.state,
            "fault": session.latch.reason,
            "ua": list(session.ua),
            "left_s": session.left_s if session.armed else 0,
        }

    def round(self, inputs):
        """Press what comes next; end what nobody keeps alive."""
        if self._pressed:
            inputs.pressed = inputs.held = ""
            self._pressed = False
        if self._heard:
            self._heard = False
            self._due_ms = self._device.now_ms + _SILENT_MS
        if self.active:
            if self._device.now_ms >= self._due_ms:
                self._ending = "keep_alive"
            if self._ending:
                self._end()
            else:
                self._go_on(inputs)

    def _end(self):
        """Without a ramp, whatever the session is at."""
        session = self._device.session
        if session.armed or session.state == "PAUSED":
            session.end_now(self._ending)
        self._over(self._ending)

    def _over(self, why):
        self.active = False
        self.why = why

    def _go_on(self, inputs):
        session = self._device.session
        if session.armed:
            self._armed = True
            if session.pulsing:
                self._climb(session, inputs)
        elif self._armed:
            self._over("fault" if session.state == "FAULT" else "end")
        elif session.state == "ENDED":
            self._press(inputs, "START", "")
        elif session.state != self._tried:
            self._tried = session.state
            self._press(inputs, "", "START")
        else:
            self._over("START refused: %s" % (session.hint or session.latch.reason))

    def _climb(self, session, inputs):
        """UP until each channel has what was asked for; SELECT to the one that wants more than
        the other.
        """
        channels = session.program["channels"]
        low = [c for c in channels if session.set_ua[c - 1] < self._wanted_ua[c - 1]]
        if low:
            chosen = channels if session.channel == 0 else [session.channel]
            self._press(inputs, "UP" if chosen == low else "SELECT", "")

    def _press(self, inputs, pressed, held):
        inputs.pressed, inputs.held = pressed, held
        self._pressed = True


def _check_current(channel, ua, most_ua):
    step_ua = limits.STEP_UA_MAX
    if not limits.is_whole(ua) or not 0 <= ua <= most_ua or ua % step_ua and ua != most_ua:
        raise Refused(
            "ch%d_ua" % channel,
            ua,
            "0 to %d uA in steps of %d" % (most_ua, step_ua),
            "cap of this prescription for a channel of the program, and the step of UP",
            "choose another",
        )
