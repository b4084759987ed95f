"""A low side's gate: its level comes through a capacitor and lets go, whatever froze."""

import math
from typing import NamedTuple

from evenpulse.twin.stage import Stage

_TURNS = 3


class Gate(NamedTuple):
    """`source_ua` is what the source gives; `left_mv` drives the current through `ohm`, and the
    transistor has the rest of it.
    """

    stage: Stage
    source_ua: float
    left_mv: float
    ohm: float

    def lets_go_us(self) -> float:
        """How long it can carry what the source gives."""
        stage, ua = self.stage, self.source_ua
        if not stage.gate_mv or not ua:
            return math.inf
        needs_mv = math.sqrt(ua / self._ua_per_v2(ua)) * 1e3 + ua * stage.gate_ohm * 1e-3
        return stage.gate_tau_us * math.log(stage.gate_mv / (needs_mv + stage.gate_from_mv))

    def carries_ua(self, since_us: float) -> float:
        """What it still carries so long after its leg went high."""
        stage = self.stage
        if since_us < self.lets_go_us():
            return math.inf
        over_mv = stage.gate_mv * math.exp(-since_us / stage.gate_tau_us) - stage.gate_from_mv
        if over_mv <= 0:
            return 0.0
        ua = self.source_ua
        for _ in range(_TURNS):
            # k · (over − I · ohm)², solved for I; k grows with the voltage that I leaves
            per_v = self._ua_per_v2(ua) * 1e-3 * stage.gate_ohm * 1e-3
            part = 2 * per_v * over_mv * 1e-3
            ua = (1 + part - math.sqrt(1 + 2 * part)) / (2 * per_v * stage.gate_ohm) * 1e6
        return ua

    def _ua_per_v2(self, ua: float) -> float:
        left_v = max(0.0, self.left_mv - ua * self.ohm / 1_000) / 1_000
        return self.stage.gate_ua_per_v2 * (1 + self.stage.gate_part_per_v * left_v)
