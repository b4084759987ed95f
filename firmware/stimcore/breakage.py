"""Faults that mean broken hardware: after a second one within an hour of powered time only service
lets the device go on.

The journal carries it across a loss of power: `told` goes into the records that carry the day,
`recall` reads all of them.
"""

from stimcore import interlock

HOUR_S = 3_600


class Breakage:
    """`found` when such a fault has come; `locked` while only service mode leads on."""

    def __init__(self):
        # Powered time of the last one
        self._at_s = None
        self.locked = False

    def found(self, now_s):
        """One has come."""
        if self._at_s is not None and now_s - self._at_s < HOUR_S:
            self.locked = True
        self._at_s = now_s

    def told(self, now_s):
        """For a record: minutes since the last one, and that it is locked."""
        fields = {}
        if self._at_s is not None and now_s - self._at_s < HOUR_S:
            fields["broken"] = (now_s - self._at_s) // 60
        if self.locked:
            fields["locked"] = True
        return fields

    def recall(self, record, now_s):
        """Take up a record of the journal, written at this powered time."""
        if "day" in record:
            self._at_s = now_s - 60 * record["broken"] if "broken" in record else None
            self.locked = record.get("locked", False)
        if record["e"] == "fault" and record["reason"] in interlock.BROKEN:
            self.found(now_s)
        elif record["e"] == "service":
            self._at_s, self.locked = None, False
