"""When a press of UP counts: what a person has not felt does not. Pure: the time, and whether
pulses carry current, are passed in.
"""

# Some four steps up a second are the most, whatever a contact or a hand does
EVERY_MS = 240


class Steps:
    """`begin` at every start from 0 mA, `flow` when current begins or ceases to flow, `take` for
    each press of UP.

    One step needs nothing before it. Each other one needs that since the last one pulses have
    flowed for EVERY_MS, and one at the least.
    """

    def __init__(self):
        self.begin(0)

    def begin(self, gap_us):
        """From 0 mA. `gap_us`: the longest time between two pulses of the program."""
        self._every_ms = max(EVERY_MS, gap_us // 1_000 + 1)
        self._felt_ms = self._every_ms
        self._since_ms = 0
        self._flows = False

    def flow(self, now_ms, flows):
        """From now on pulses carry current, or do not."""
        if self._flows:
            self._felt_ms += now_ms - self._since_ms
        self._since_ms = now_ms
        self._flows = flows

    def take(self, now_ms):
        """True when a press of UP counts."""
        self.flow(now_ms, self._flows)
        if self._felt_ms < self._every_ms:
            return False
        self._felt_ms = 0
        return True
