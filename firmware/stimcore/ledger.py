"""Charge ledger of one channel: pulses, charge and peak as commanded, and charge as measured.
Integers; allocates nothing.
"""


class Ledger:
    """Totals of one session. `charge_uc` counts one phase of each pulse; both phases are equal
    by construction.
    """

    def __init__(self):
        self.reset()

    def reset(self):
        """A new session begins."""
        self.pulses = 0
        self.charge_uc = 0
        self.peak_ua = 0
        self._rest_nc = 0
        self.measured_uc = 0
        self._measured_rest_nc = 0

    def add(self, pulses, ua, phase_us):
        """Book `pulses` pulses of `ua` uA and `phase_us` us; a round never sees enough to leave
        30 bits.
        """
        self.pulses += pulses
        nc = self._rest_nc + pulses * (ua * phase_us // 1_000)
        self.charge_uc += nc // 1_000
        self._rest_nc = nc % 1_000
        if ua > self.peak_ua:
            self.peak_ua = ua

    def measure(self, counts, phase_us, ua_per_64_counts):
        """Book the sum of ADC counts of phases of `phase_us` us; a second's pulses do not leave
        30 bits.
        """
        nc = self._measured_rest_nc + (counts * phase_us // 1_000) * ua_per_64_counts // 64
        self.measured_uc += nc // 1_000
        self._measured_rest_nc = nc % 1_000
