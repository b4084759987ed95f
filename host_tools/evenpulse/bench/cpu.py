"""CPU time of a twin: the share of moments at which the core executes instead of waiting
(WFE/WFI) for an event.
"""

import random

from evenpulse.twin.twin import Twin

# 0.1 ms
_MEAN_CLOCKS = 12_500


class CpuMeter:
    """Runs a twin and looks at its core at moments that no period of the firmware can follow.
    Same seed, same moments.
    """

    def __init__(self, twin: Twin, seed: int = 1):
        self._twin, self._random = twin, random.Random(seed)
        self.looks = self.busy = 0

    def run_to(self, clock: int) -> None:
        """Run to a clock, looking about every 0.1 ms on the way."""
        twin = self._twin
        while twin.now < clock:
            twin.run_to(min(clock, twin.now + self._random.randrange(1, 2 * _MEAN_CLOCKS)))
            self.looks += 1
            self.busy += twin.chip.loop.frozen or not twin.chip.rp2040.core.waiting

    @property
    def percent(self) -> float:
        return round(100 * self.busy / max(1, self.looks), 2)
