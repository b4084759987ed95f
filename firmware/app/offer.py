"""What a host offers and a person takes: shown on the screen, done only while SELECT is held,
one thing at a time.
"""

from stimcore.acceptance import Acceptance
from stimcore.errors import Refused


class Offer:
    """One kind of offer. `device` is app.device.Device, `field` what a refusal names, `waits` what
    another one is told of it.

    `pages(what, said)`: pages of texts that tell of it. `take(what)`: do it, after the person's
    yes; why it was not done, or "". What is offered is a dict with `sha256`, by which the host
    knows it again.
    """

    def __init__(self, device, field, waits, pages, take):
        self._device = device
        self._field = field
        self.waits = waits
        self._take = take
        self._acceptance = Acceptance(pages)
        self._answered = None

    @property
    def waiting(self):
        """What waits for the person, or None."""
        return self._acceptance.waiting

    @property
    def busy(self):
        """True while nothing else may be offered."""
        return self.waiting is not None

    def let_wait(self, what):
        """Let it wait for the person; what the host is told. Raises Refused while anything else
        waits.
        """
        self._device.one_at_a_time(self, self._field)
        if not self.waiting:
            self._acceptance.offer(self._device.now_ms, what, self._said(what))
            self._device.session.signal("offered")
        elif self.waiting["sha256"] != what["sha256"]:
            raise Refused(
                self._field,
                "another one waits",
                "one at a time",
                "this device",
                "refuse it (DOWN) at the device, or wait a minute",
            )
        return self.told()

    def told(self):
        """How the last offer stands, for the host: sha256, state (pending, accepted, refused),
        why, seconds left; None before any.
        """
        if not self.waiting:
            return self._answered
        left_ms = self._acceptance.left_ms(self._device.now_ms)
        return {
            "sha256": self.waiting["sha256"],
            "state": "pending",
            "why": None,
            "left_s": (left_ms + 999) // 1_000,
        }

    def round(self, inputs):
        """While nothing is armed: hear the person's answer. True while something waits: the
        buttons then mean that and nothing else.
        """
        what = self.waiting
        if what is None:
            return False
        answer = self._acceptance.step(self._device.now_ms, self._device.session.state, inputs)
        if answer:
            self._close(what, answer)
        return True

    def _close(self, what, answer):
        why = self._take(what) if answer == "accepted" else answer
        if why:
            self._not_done(why)
        self._device.session.signal("refused" if why else "taken")
        self._answered = {
            "sha256": what["sha256"],
            "state": "refused" if why else "accepted",
            "why": why or None,
            "left_s": 0,
        }

    def _said(self, what):
        """Texts in which a person is told of it: in the language of what is in force."""
        return self._device.session.words.said

    def _not_done(self, why):
        """Journal why it was not done."""
        self._device.denied(self._field, why)

    def screen(self):
        """Rows of what waits, or None."""
        return self._acceptance.screen(self._device.now_ms) if self.waiting else None
