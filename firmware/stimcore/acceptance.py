"""A prescription, or other firmware, waits for a person: shown on the screen, taken only while SELECT is held, gone after a minute.

Pure: takes time, state and buttons, says what came of it. Nothing that arrives over the link can answer for the person.
"""

from stimcore import panel, roles

WAIT_MS = 60_000
_SHOWN_MS = 2_000


class Acceptance:
    """`offer` what waits, then `step` once a round. `waiting` is what waits, or None.

    `lines(waiting, turn)`: six lines that show it; `turn` counts up every two seconds.
    """

    def __init__(self, lines):
        self._lines = lines
        self.waiting = None
        self._until_ms = 0
        self._pressed = False  # SELECT went down after the offer: a button already held says nothing about it

    def offer(self, now_ms, what):
        """Let what has been checked wait for the person from now on."""
        self.waiting = what
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
        """Rows (font, x, y, text) of what waits, and what to press."""
        left_ms = self.left_ms(now_ms)
        lines = self._lines(self.waiting, (WAIT_MS - left_ms) // _SHOWN_MS)
        lines += ("Hold SELECT: yes", "DOWN: no %4d s" % ((left_ms + 999) // 1_000))
        return tuple([(panel.SMALL, 0, 8 * k, _fit(line)) for k, line in enumerate(lines)])


def prescription_lines(rx, turn, dates):
    """Who a device-form prescription is for, its caps, its programs in turn; `dates`: lines of the date it sets, in turn."""
    programs, caps = rx["programs"], rx["caps"]
    i = turn % len(programs)
    return (
        "New prescription", rx["id"], "for " + rx["patient"], "%s/%s mA max" % (_ma(caps["ch1_ua"]), _ma(caps["ch2_ua"])),
        "%d/%d %s" % (i + 1, len(programs), programs[i]["name"]), dates[turn % len(dates)],
    )


def update_lines(update, turn):
    """Which firmware a host wants to put in place of which."""
    return "Other firmware?", "now " + update["from"], "new " + update["version"], "SHA " + update["sha256"][:12], "USB will restart", ""


def calibration_lines(wanted, turn):
    """What a host wants to change of a channel's current source."""
    gain = wanted["gain_permyriad"]
    return ("New calibration?", "channel %d" % wanted["channel"], "gain %s%d.%02d %%" % ("-" if gain < 0 else "+", abs(gain) // 100, abs(gain) % 100),
            "offset %+d uA" % wanted["offset_ua"], "Current changes!", "")


def _fit(text):
    """One line of the screen."""
    return (text + " " * 16)[:16]


def _ma(ua):
    return "%d.%d" % (ua // 1_000, ua % 1_000 // 100)
