"""How often what others cause may be written: the first ones each, then one a minute with how many
came between.

A journal has an end: who is at the cable, or a contact that chatters, must not wash it out.
"""

FIRST = 10
EVERY_MS = 60_000


class Quota:
    """Of one kind of record, since power-on."""

    def __init__(self):
        self._written = self._between = 0
        self._written_ms = 0

    def admits(self, now_ms):
        """True when one may be written now; otherwise it is counted."""
        if self._written >= FIRST and now_ms - self._written_ms < EVERY_MS:
            self._between += 1
            return False
        self._written += 1
        self._written_ms = now_ms
        return True

    def more(self):
        """For a record that was admitted: how many before it were not, as fields."""
        between, self._between = self._between, 0
        return {"more": between} if between else {}
