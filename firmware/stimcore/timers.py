"""The two timers of a session, by two clocks, and what they have to do next. Pure: times are passed
in. Either alone ends the session.
"""

from stimcore.dose import next_progress_s


class Timers:
    """`begin` a session, `start` and `stop` with its trains, `due` once a round while they run."""

    def __init__(self):
        # The first timer: what the rounds leave of the session
        self.left_ms = 0
        # The second timer: when it is over, by another clock
        self.end_ms = 0
        # The first one's next appointment: progress, ramp down, end
        self.attend_ms = 0
        # How long the session is
        self.start_ms = 0
        # What the second timer has left while the trains stand
        self.rest_ms = 0

    def begin(self, length_ms):
        """A session of this length."""
        self.start_ms = self.left_ms = self.rest_ms = length_ms

    def start(self, core_ms, down_ms):
        """The trains start. `down_ms`: how long the ramp to the end takes."""
        self.end_ms = core_ms + self.rest_ms
        self.appoint(down_ms)

    def appoint(self, down_ms):
        """The first timer's next appointment: the ramp down, or progress before it."""
        used_s = (self.start_ms - self.left_ms) // 1_000
        self.attend_ms = max(self.start_ms - 1_000 * next_progress_s(used_s), down_ms)

    def due(self, elapsed, core_ms):
        """Every round while the trains run: has either timer an appointment now?"""
        left_ms = self.left_ms = self.left_ms - elapsed
        return left_ms <= self.attend_ms or core_ms >= self.end_ms

    def over(self, core_ms):
        """True when the session is, by either timer."""
        return self.left_ms <= 0 or core_ms >= self.end_ms

    def stop(self, core_ms):
        """The trains stop."""
        self.rest_ms = max(0, self.end_ms - core_ms)

    def least_ms(self, core_ms, pulsing):
        """What is left by the timer that says less."""
        return max(0, min(self.left_ms, self.end_ms - core_ms if pulsing else self.rest_ms))

    def left_s(self):
        """Seconds left, rounded up."""
        return max(0, self.left_ms + 999) // 1_000
