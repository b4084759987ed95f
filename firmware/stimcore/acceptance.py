"""A prescription waits for a person: shown on the screen, taken only while SELECT is held, gone after a minute.

Pure: takes time, state and buttons, says what came of it. Nothing that arrives over the link can answer for the person.
"""

from stimcore import panel, roles

WAIT_MS = 60_000
_PROGRAM_SHOWN_MS = 2_000


class Acceptance:
    """`offer` what waits, then `step` once a round. `waiting` is what waits (a device-form prescription), or None."""

    def __init__(self):
        self.waiting = None
        self._until_ms = 0
        self._pressed = False  # SELECT went down after the offer: a button already held says nothing about it

    def offer(self, now_ms, rx):
        """Let a checked prescription wait for the person from now on."""
        self.waiting = rx
        self._until_ms = now_ms + WAIT_MS
        self._pressed = False

    def left_ms(self, now_ms):
        """Time left to answer."""
        return max(0, self._until_ms - now_ms) if self.waiting else 0

    def step(self, now_ms, state, inputs):
        """"accepted", the reason of a refusal, or "" while the person has not answered. Then nothing waits any more."""
        answer = self._answer(now_ms, state, inputs)
        if answer:
            self.waiting = None
        return answer

    def _answer(self, now_ms, state, inputs):
        if not self.waiting:
            return ""
        if not roles.may("patient", "accept", state):
            return "no longer at rest"
        if inputs.stop_down or inputs.pressed == "DOWN":
            return "refused at the device"
        if now_ms >= self._until_ms:
            return "nobody accepted it"
        if inputs.pressed == "SELECT":
            self._pressed = True
        return "accepted" if self._pressed and inputs.held == "SELECT" else ""

    def screen(self, now_ms):
        """Rows (font, x, y, text) of what waits: who it is for, caps, programs in turn, and what to press."""
        rx, left_ms = self.waiting, self.left_ms(now_ms)
        programs, caps = rx["programs"], rx["caps"]
        i = (WAIT_MS - left_ms) // _PROGRAM_SHOWN_MS % len(programs)
        lines = (
            "New prescription", rx["id"], "for " + rx["patient"], "%s/%s mA max" % (_ma(caps["ch1_ua"]), _ma(caps["ch2_ua"])),
            "%d/%d %s" % (i + 1, len(programs), programs[i]["name"]), "", "Hold SELECT: yes", "DOWN: no %4d s" % ((left_ms + 999) // 1_000),
        )
        return tuple([(panel.SMALL, 0, 8 * k, _fit(line)) for k, line in enumerate(lines)])


def _fit(text):
    """One line of the screen."""
    return (text + " " * 16)[:16]


def _ma(ua):
    return "%d.%d" % (ua // 1_000, ua % 1_000 // 100)
