"""What flows through a channel's load, as it comes: pulses made of flows, their rate, and the
currents of the last while.
"""

from collections import deque
from dataclasses import dataclass

from evenpulse.twin.load import Flow
from evenpulse.twin.twin import CLOCKS_PER_MS
from evenpulse.twin.waveform import PulseReader

# A column of the plot of currents
_HISTORY_MS = 100
_COLUMNS = 200
# Without a pulse: longer than a period of the lowest rate
_STOPPED_MS = 2_000
_CLOCKS_PER_US = CLOCKS_PER_MS // 1000


@dataclass(frozen=True)
class Pulse:
    """One pulse in the load: when it began (clock), phases and gap in µs, current of each phase
    in mA, charge of phase A in nC.
    """

    clock: int
    a_us: float
    gap_us: float
    b_us: float
    a_ma: float
    b_ma: float
    a_nc: float


class Trace:
    """What flows through one channel's load: its newest pulse, the rate, and the peaks of the
    last while.
    """

    def __init__(self) -> None:
        self.pulse: Pulse | None = None
        self.rate_pps: float | None = None
        self.count = 0
        self.peaks: deque[float | None] = deque(maxlen=_COLUMNS)
        self._pulses = PulseReader[Flow]()
        self._peak: float | None = None
        self._column_ends = 0

    def take(self, flows: list[Flow], now: int) -> None:
        """Read flows in the order of time, and forget them."""
        for a, b in self._pulses.read(flows):
            self._pulse(a, b)
        flows.clear()
        if self.pulse and now - self.pulse.clock > _STOPPED_MS * CLOCKS_PER_MS:
            self.rate_pps = None
        while now >= self._column_ends:
            if self._column_ends:
                self.peaks.append(self._peak)
            self._peak = None
            self._column_ends = max(self._column_ends, now) + _HISTORY_MS * CLOCKS_PER_MS

    def _pulse(self, a: Flow, b: Flow) -> None:
        before, us = self.pulse, _CLOCKS_PER_US
        self.pulse = Pulse(
            a.begin, (a.end - a.begin) / us, (b.begin - a.end) / us, (b.end - b.begin) / us,
            a.peak_ua / 1000, b.peak_ua / 1000, a.nc,
        )  # fmt: skip
        self.count += 1
        self.rate_pps = (
            1_000 * CLOCKS_PER_MS / (a.begin - before.clock)
            if before and a.begin > before.clock
            else None
        )
        self._peak = max(self._peak or 0.0, self.pulse.a_ma)
