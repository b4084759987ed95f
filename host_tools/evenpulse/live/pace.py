"""How fast simulated time goes: so many simulated seconds in one of the wall's, or none at all."""

import time
from collections import deque

from evenpulse.twin.twin import CLOCKS_PER_MS

_SLICE_MS = 1.0
# A slice of slow motion is no longer than a picture
_SLICE_WALL_MS = 16.0
# What the wall is ahead by beyond that is given up
_BEHIND_S = 0.1


class Pace:
    """`factor` simulated seconds a second are wanted. `begin()` with each life of a device, then
    `passed(now)` after each slice of `slice_ms` that `is_due`.
    """

    def __init__(self, factor: float = 1.0):
        self.factor = factor
        self.begin(0)

    def begin(self, now: int) -> None:
        """From this moment of the wall on, at this clock."""
        self._wall_s = time.monotonic()
        self._seen: deque[tuple[float, int]] = deque([(self._wall_s, now)], maxlen=40)

    def want(self, factor: float, now: int) -> None:
        """Another factor; 0: it stands."""
        self.factor = factor
        self.begin(now)

    @property
    def slice_ms(self) -> float:
        """How much simulated time is run at once."""
        return min(_SLICE_MS, self.factor * _SLICE_WALL_MS)

    @property
    def due_in_s(self) -> float:
        """Of the wall, until the next slice is due; a long time while it stands."""
        return max(0.0, self._wall_s - time.monotonic()) if self.factor else 3600.0

    def is_due(self) -> bool:
        return self.factor > 0 and self._wall_s < time.monotonic()

    def passed(self) -> None:
        """A slice has been run."""
        takes_s = self.slice_ms / 1000 / self.factor
        self._wall_s = max(self._wall_s + takes_s, time.monotonic() - _BEHIND_S)

    def look(self, now: int) -> None:
        """Where simulated time is now: `had` is worked out from such looks."""
        self._seen.append((time.monotonic(), now))

    @property
    def had(self) -> float:
        """Simulated seconds a second of late."""
        (wall_a, now_a), (wall_b, now_b) = self._seen[0], self._seen[-1]
        return (now_b - now_a) / CLOCKS_PER_MS / 1000 / max(1e-3, wall_b - wall_a)
