"""Device time without a battery: set by the host, carried on from the last journal record, never
backwards.

It is for labels and expiry. What a person has had is counted in powered time (stimcore.dose), which
no host moves.
"""

# 2020: below it nobody has told the time yet
_SET_FROM_S = 1_577_836_800
_JUMP_S = 86_400


def jumps(was_s, told_s):
    """True when a host's time is more than a day away from that of a device which has been told
    before.
    """
    return was_s >= _SET_FROM_S and abs(told_s - was_s) > _JUMP_S


class DeviceTime:
    """Unix seconds. After a loss of power it goes on from `last_s`, so waiting times can only
    err towards longer.
    """

    def __init__(self, last_s):
        self._base_s = last_s
        self._from_ms = 0

    def now_s(self, now_ms):
        """Seconds now; `now_ms` is the supervisor's uptime."""
        return self._base_s + (now_ms - self._from_ms) // 1_000

    def set(self, unix_s, now_ms):
        """Take the host's time, unless that would run backwards. Returns the time then in force."""
        if unix_s > self.now_s(now_ms):
            self._base_s = unix_s
            self._from_ms = now_ms
        return self.now_s(now_ms)
