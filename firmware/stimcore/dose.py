"""How much the patient has had: sessions and minutes of the last 24 hours, the rest since the last
one, and one that was cut short.

Times are seconds of powered time, passed in: `now_s` counts them, they only ever go on, and nothing
that a host says moves them. The journal carries it across a loss of power: `told` goes into
records, `rebuild` reads them. Every rounding and every doubt lets the patient wait longer, never
shorter.
"""

from stimcore import limits

DAY_S = 86_400
# A running session says this often how far it is, and more often in its first minutes
_PROGRESS_S = 300
# What two rounded times may differ
_DOUBT_S = 2
# The most sessions that may begin in 24 hours
_KEPT = 24
# How often a waiting device notes the time: what a loss of power hides is waited again
_REST_MARK_S, _DAY_MARK_S = 300, 3_600


def next_progress_s(used_s):
    """When a session that has run for `used_s` says next how far it is: after 10, 20, 40, 80, 160
    and 300 s, then every 300 s.

    So a loss of power can hide no more than the way to the next of these.
    """
    if used_s >= _PROGRESS_S:
        return (used_s // _PROGRESS_S + 1) * _PROGRESS_S
    at_s = 10
    while at_s <= used_s:
        at_s *= 2
    return min(at_s, _PROGRESS_S)


def _ended_s(session):
    _, ended_s, _ = session
    return ended_s


class Dose:
    """`prescribe` the rules, ask `wait_s`, then `begin`, and `stop` with what was left. What a
    fault cut short may go on.

    `sessions`: [began_s, ended_s, used_s] of each, oldest first; one that runs counts whole until
    it has stopped.
    """

    def __init__(self):
        # Powered time at the last record before this power-on
        self._from_s = 0
        self.sessions = []
        self.prescribe(limits.RANGES["sessions_per_day"][1], limits.RANGES["rest_s"][0])

    def now_s(self, uptime_ms):
        """Powered time now."""
        return self._from_s + uptime_ms // 1_000

    def prescribe(self, sessions_per_day, rest_s):
        """Rules of a prescription. A session that an older one left unfinished is over."""
        self._per_day = sessions_per_day
        self.rest_s = rest_s
        self._forget()

    @property
    def rules(self):
        """(sessions a day, rest in s), as prescribed."""
        return self._per_day, self.rest_s

    def _forget(self):
        # The number of the program of the session that runs or was cut short
        self._program = -1
        # The time that it has left
        self._left_s = 0

    def left_s(self, now_s, program):
        """Seconds left of a session of this program that a fault or a loss of power cut short;
        0: nothing to go on with.
        """
        if program != self._program or now_s - _ended_s(self.sessions[-1]) >= self.rest_s:
            return 0
        return self._left_s

    def wait_s(self, now_s, program, length_s):
        """Seconds until a session of `length_s` of this program may start; 0: now."""
        if not self.sessions or self.left_s(now_s, program):
            return 0
        wait_s = _ended_s(self.sessions[-1]) + self.rest_s - now_s
        began = self._began(now_s)
        if len(began) >= self._per_day:
            wait_s = max(wait_s, began[-self._per_day] + DAY_S - now_s)
        total_s = length_s
        for _, ended_s, used_s in reversed(self.sessions):
            total_s += used_s
            if total_s > limits.DAY_TOTAL_S_MAX:
                wait_s = max(wait_s, ended_s + DAY_S - now_s)
                break
        return max(0, wait_s)

    def left_today(self, now_s, length_s):
        """How many more sessions of `length_s` the day has room for, by their number and by
        their minutes.
        """
        room_s = limits.DAY_TOTAL_S_MAX - sum([used_s for _, _, used_s in self._of_today(now_s)])
        return max(0, min(self._per_day - len(self._began(now_s)), room_s // length_s))

    def _began(self, now_s):
        """When the sessions began that began in the last 24 hours."""
        return [began_s for began_s, _, _ in self.sessions if began_s + DAY_S > now_s]

    def _of_today(self, now_s):
        return [one for one in self.sessions if _ended_s(one) + DAY_S > now_s]

    def begin(self, now_s, program, length_s):
        """A session starts, or goes on. Returns what its record says; `left_s` in it is how long
        it may run.
        """
        left_s = self.left_s(now_s, program)
        if not left_s:
            self._forget()
        fields = {"n": program, "of_s": length_s, "left_s": left_s or length_s}
        fields.update(self.told(now_s))
        self._start(now_s, fields)
        return fields

    def _start(self, now_s, fields):
        if "open" in fields:
            self.sessions[-1][2] += fields["left_s"]
        else:
            self.sessions = self._of_today(now_s)
            self.sessions.append([now_s, now_s, fields["of_s"]])
        self._program, self._left_s = fields["n"], fields["left_s"]

    def stop(self, now_s, left_s, goes_on):
        """The session stopped, `left_s` of it not given. `goes_on`: a fault cut it short, it may
        be taken up again.
        """
        left_s = max(0, min(left_s, self._left_s))
        began_s, _, used_s = self.sessions[-1]
        self.sessions[-1] = [began_s, now_s, used_s - left_s]
        self._left_s = left_s
        if not goes_on:
            self._forget()

    def mark_s(self, wait_s):
        """How often to note the time while the patient waits."""
        return _REST_MARK_S if wait_s <= self.rest_s else _DAY_MARK_S

    def told(self, now_s):
        """For a record: minutes ago that each session of the day began and ended, and its
        minutes; and what may go on.
        """
        rows = [
            [(now_s - began_s) // 60, (now_s - ended_s) // 60, (used_s + 59) // 60]
            for began_s, ended_s, used_s in self._of_today(now_s)
        ]
        fields = {"day": rows[-_KEPT:]}
        if rows and self._left_s:
            fields["open"] = [self._program, self._left_s]
        return fields

    def rebuild(self, records, also=None):
        """Take up what the journal says: its records (dicts) in order, the first of them one with
        `day`, and None where one is missing: it may have said that a session ended just now.

        `also(record, now_s)` is told each of them, with its powered time.
        """
        # These are of a session that has not stopped
        left_s, of_s, seen_s, running = None, 0, 0, False
        known, missing, powered_ms, seen_ms = False, False, 0, 0
        for record in records:
            if record is None:
                missing = True
                continue
            event, ms = record["e"], record["ms"]
            if known:
                # A count that is lower than before began anew: then no more than it says has
                # passed.
                powered_ms += ms - seen_ms if ms >= seen_ms else ms
            known, seen_ms, now_s = True, ms, powered_ms // 1_000
            if also:
                also(record, now_s)
            if "day" in record:
                self._recall(record, now_s)
                left_s = None
            if event == "start":
                self._start(now_s, record)
                left_s = of_s = record["left_s"]
                running = True
            elif event == "prescription":
                self._forget()
            elif left_s is not None:
                left_s = min(left_s - (now_s - seen_s) * running, record.get("left_s", left_s))
                running = event == "resume" or running and event != "pause"
                if event == "end" or event == "fault" and "left_s" in record:
                    self.stop(now_s, left_s, event == "fault")
                    left_s = None
            seen_s = now_s
        if left_s is not None:
            if running:
                left_s = of_s - next_progress_s(of_s - left_s) - _DOUBT_S
            self.stop(seen_s, left_s, True)
        self._from_s = seen_s
        if missing:
            self._forget()
            self.sessions.append([seen_s, seen_s, limits.RANGES["session_s"][1]])

    def _recall(self, record, now_s):
        self.sessions = [
            [now_s - 60 * began, now_s - 60 * ended, 60 * used]
            for began, ended, used in record["day"]
        ]
        self._program, self._left_s = record.get("open", (-1, 0))
