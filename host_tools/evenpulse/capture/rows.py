"""A row of what was measured: what is asked, least, most, how sure, and whether it is as
prescribed. In ps; the capture's times are in the board's clock here.
"""

from dataclasses import dataclass, field

import numpy as np

from evenpulse.capture.edges import CLOCK_PS, Numbers, Times

# A wrong count of the board's clock is off by whole clocks of 8 ns. What is nearer than half of one
# is a threshold of an input, or an edge that rises slower than it falls.
EDGE_PS = CLOCK_PS / 2


@dataclass
class Row:
    """`each_ps`, `mean_ps`: how far a single value, and the mean, may be off by the capture alone;
    `most_allowed_ps`: an upper limit in place of a value asked for.
    """

    contract: str
    channel: int | None
    what: str
    asked: Numbers
    seen: Numbers
    at: Times
    each_ps: float
    mean_ps: float
    edge_ps: float = 0.0
    most_allowed_ps: float | None = None
    # The mean says nothing: the clocks were fitted to it
    singly: bool = False
    error: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self.error = self.seen - self.asked

    @property
    def count(self) -> int:
        return len(self.seen)

    @property
    def wrong(self) -> np.ndarray:
        """Which single values cannot be as asked."""
        if self.most_allowed_ps is not None:
            return self.seen - self.each_ps > self.most_allowed_ps
        return np.abs(self.error) > self.each_ps + self.edge_ps

    @property
    def mean_error_ps(self) -> float:
        return float(np.mean(self.error)) if self.count else 0.0

    @property
    def has_mean(self) -> bool:
        return self.most_allowed_ps is None and not self.singly

    @property
    def mean_is_wrong(self) -> bool:
        limit_ps = self.mean_ps + self.edge_ps
        return self.has_mean and abs(self.mean_error_ps) > limit_ps

    @property
    def ok(self) -> bool:
        return not self.mean_is_wrong and not bool(np.any(self.wrong))

    @property
    def worst(self) -> int:
        """The value that is furthest off."""
        off = self.seen if self.most_allowed_ps is not None else np.abs(self.error)
        return int(np.argmax(off))

    @property
    def spread_ps(self) -> float:
        return float(np.ptp(self.error)) if self.count else 0.0


def mean_unsure_ps(error: Numbers, each_ps: float, even_ps: float) -> float:
    """How far the mean of equal values may be off.

    What lies within one grid bounds it by itself; starts that lie evenly within the grid bound it
    better. Values that differ by more are not equal: their own spread counts.
    """
    spread_ps = float(np.ptp(error))
    if spread_ps > _EQUAL * each_ps:
        return even_ps + 3 * float(np.std(error)) / float(np.sqrt(len(error)))
    # What is asked lies within one grid of the least and of the most; the mean may lean to either.
    least, most, mean = float(np.min(error)), float(np.max(error)), float(np.mean(error))
    return min(max(mean - (most - each_ps), least + each_ps - mean), even_ps)


_EQUAL = 1.05
