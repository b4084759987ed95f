"""A prescription, or other firmware, waits for a person: shown on the screen, taken only while
SELECT is held, gone after a minute.

Pure: takes time, state and buttons, says what came of it. Nothing that arrives over the link can
answer for the person.
"""

from stimcore import roles
from stimcore.layout import MEDIUM, block
from stimcore.screens import channel_name

WAIT_MS = 60_000
_SHOWN_MS = 3_000
_FOOT_Y = 48


class Acceptance:
    """`offer` what waits, then `step` once a round. `waiting` is what waits, or None.

    `pages(waiting, said)`: what is told of it, in turn, each a list of texts; `said`: texts of a
    language by name.
    """

    def __init__(self, pages):
        self._make_pages = pages
        self._pages = ()
        self._said = None
        self.waiting = None
        self._until_ms = 0
        # SELECT went down after the offer: a button already held says nothing about it
        self._pressed = False

    def offer(self, now_ms, what, said):
        """Let what has been checked wait for the person from now on, told in these texts."""
        self.waiting = what
        self._pages, self._said = self._make_pages(what, said), said
        self._until_ms = now_ms + WAIT_MS
        self._pressed = False

    def left_ms(self, now_ms):
        """Time left to answer."""
        return max(0, self._until_ms - now_ms) if self.waiting else 0

    def step(self, now_ms, state, inputs):
        """ "accepted", the reason of a refusal, or "" while the person has not answered. Then
        nothing waits any more.
        """
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
        """Rows of one page of what waits; below it, in turn, what takes it, and what refuses it
        and how long that waits.
        """
        left_ms = self.left_ms(now_ms)
        turn = (WAIT_MS - left_ms) // _SHOWN_MS
        foot = (
            "%-10s%4d s" % (self._said["refuse"], (left_ms + 999) // 1_000)
            if turn % 2
            else self._said["accept"]
        )
        return block(self._pages[turn % len(self._pages)], 0, _FOOT_Y) + (
            (MEDIUM, 0, _FOOT_Y, foot),
        )


def prescription_pages(rx, said, dates):
    """Who a device-form prescription is for, its caps, its programs; `dates`: pages of the date
    it sets.
    """
    programs, labels = rx["programs"], labels_of(rx)
    pages = [[said["rx_new"], rx["id"]], [said["rx_for"], rx["patient"]]] + dates
    for channel in (1, 2):
        if any([channel in program["channels"] for program in programs]):
            cap = said["at_most"] % _ma(rx["caps"]["ch%d_ua" % channel])
            pages.append([channel_name(said, labels, channel), cap])
    for i in range(len(programs)):
        pages.append([said["program"] % (i + 1, len(programs)), programs[i]["name"]])
    return pages


def labels_of(rx):
    """What the clinic calls channel 1 and 2; "" where it says nothing."""
    labels = rx.get("labels", {})
    return labels.get("ch1", ""), labels.get("ch2", "")


def update_pages(update, said):
    """Which firmware a host wants to put in place of which."""
    return [
        [said["update"]],
        [said["now"], update["from"]],
        [said["then"], update["version"]],
        [said["check_sum"], update["sha256"][:12]],
    ]


def calibration_pages(wanted, said):
    """What a host wants to change of a channel's current source."""
    gain, name = wanted["gain_permyriad"], said["pads"] % wanted["channel"]
    return [
        [said["calibration"], said["changes_current"]],
        [name, "%s%d.%02d %%" % ("-" if gain < 0 else "+", abs(gain) // 100, abs(gain) % 100)],
        [name, "%+d uA" % wanted["offset_ua"]],
    ]


def _ma(ua):
    """As a person writes it: 30, 12.5."""
    return "%d.%d" % (ua // 1_000, ua % 1_000 // 100) if ua % 1_000 else str(ua // 1_000)
