"""Whether the two channels keep the distance that was asked for: both trains begin on one clock and
are the same, so a distance that changes is a pulse machine that has left its program for a while.
"""

from array import array

from stimcore import monitor


class Step:
    """`begin` with a train, `lost` once a round while it runs. `sensing` as hal.sensing,
    `flash_writes` as hal.flash_writes.
    """

    def __init__(self, sensing, flash_writes):
        self._look = sensing.step
        self._flash_writes = flash_writes
        self._steps = ()
        # us that channel 2 is later than channel 1; pulses of either
        self._now = array("i", [0, 0, 0])
        # Pulses of each whose time does not count, and the writes to flash of then
        self._late = array("i", [0, 0])
        self._writes = 0

    def begin(self, steps):
        """A train of these steps (`monitor.steps_us`) begins, at pulse 1."""
        self._steps = steps
        self._late[0] = self._late[1] = 0
        self._writes = self._flash_writes[0]

    def lost(self):
        """True when the newest pulse of each channel is where it may not be. A sample that waited
        for a write to flash is judged late: the next one of each channel is asked then.
        """
        if not self._steps:
            return False
        now, late = self._now, self._late
        self._look(now)
        if self._writes != self._flash_writes[0]:
            self._writes = self._flash_writes[0]
            late[0], late[1] = now[1], now[2]
        if now[1] == late[0] or now[2] == late[1]:
            return False
        return not monitor.in_step(now[0], self._steps)
