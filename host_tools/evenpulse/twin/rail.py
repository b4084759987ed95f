"""The high voltage of one channel: storage, what the supply puts back, and the bleeder."""

import math

from evenpulse.twin.stage import Stage


class Rail:
    """`mv` now. A stage without storage has one that stays."""

    def __init__(self, stage: Stage):
        self._stage = stage
        self.mv = stage.rail_mv
        self.powered = True

    @property
    def is_full(self) -> bool:
        return not self._stage.storage_nf or (self.powered and self.mv >= self._stage.rail_mv)

    def taken_mw(self) -> float:
        """What the channel takes from the supply now."""
        stage = self._stage
        if not stage.taken_part or not self.powered:
            return 0.0
        by_current_mw = self.mv * stage.supply_ma / 1_000
        near_mw = (stage.rail_mv - self.mv) / stage.near_mv * stage.supply_mw + stage.idle_mw
        return min(stage.supply_mw, by_current_mw, near_mw) / stage.taken_part

    def take(self, nc: float, seconds: float) -> None:
        """So much charge goes within a time in which the supply gives, or the bleeder drains."""
        stage = self._stage
        if not stage.storage_nf:
            return
        self.mv = max(0.0, self.mv - nc / stage.storage_nf * 1_000)
        if self.powered:
            self._charge(seconds)
        else:
            self.mv *= math.exp(-seconds / (stage.drain_ohm * stage.storage_nf * 1e-9))

    def _charge(self, seconds: float) -> None:
        """By constant current up to what the power allows, by constant power, and near the end by
        ever less.
        """
        stage = self._stage
        knee_mv = stage.supply_mw / stage.supply_ma * 1_000
        near_mv = max(knee_mv, stage.rail_mv - stage.near_mv)
        if self.mv < knee_mv:
            slow_s = (knee_mv - self.mv) * stage.storage_nf / stage.supply_ma * 1e-9
            self.mv += min(seconds, slow_s) * stage.supply_ma / stage.storage_nf * 1e9
            seconds -= min(seconds, slow_s)
        if self.mv < near_mv:
            per_s = 2 * stage.supply_mw / stage.storage_nf * 1e12
            full_s = (near_mv**2 - self.mv**2) / per_s
            self.mv = math.sqrt(self.mv**2 + per_s * min(seconds, full_s))
            seconds -= min(seconds, full_s)
        if seconds > 0 and stage.near_mv:
            tau_s = stage.near_mv * stage.storage_nf * stage.rail_mv / stage.supply_mw * 1e-12
            self.mv = stage.rail_mv - (stage.rail_mv - self.mv) * math.exp(-seconds / tau_s)
        self.mv = min(self.mv, stage.rail_mv)
