"""Electrodes and skin: what current a channel drives, and what charge it has moved.

A channel is what board.py promises: a current source of limited voltage into Rs + (Rp ‖ C). What
the board's circuit makes of it is twin/staged.py. Between two changes of the pins everything is an
exponential, so current and charge are computed in closed form from change to change; there is no
time step.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

NS_PER_CLOCK = 8


class Flow(NamedTuple):
    """Current in one direction without a break: clocks, +1 for leg A or -1 for leg B, charge,
    highest current.
    """

    begin: int
    end: int
    sign: int
    nc: float
    peak_ua: float


@dataclass
class Electrode:
    """Load of one channel; `open` is a lead that is off."""

    series_ohm: float = 500.0
    skin_ohm: float = 0.0
    skin_nf: float = 0.0
    open: bool = False


class Channel:
    """Integrates one channel's current. `set_drive` at every change; then read `current_ua`,
    `total_nc`, `peak_ua`.
    """

    def __init__(self, electrode: Electrode, compliance_mv: int):
        self.electrode, self._compliance_mv = electrode, compliance_mv
        # Both phases, without sign
        self.total_nc = 0.0
        self.peak_ua = 0.0
        # Whoever wants each flow by itself sets a list here
        self.flows: list[Flow] | None = None
        # A defect: this leg's low side is always on, so that its own source drives no body.
        self.shorted_low = 0
        self._began, self._began_nc, self._flow_peak_ua = 0, 0.0, 0.0
        self._skin_mv = 0.0
        self._wanted_ua = 0.0
        self._sign = 0
        self._clock = 0

    def set_drive(self, clock: int, wanted_ua: float, sign: int) -> None:
        """From this clock on the source wants `wanted_ua`, in direction +1, -1, or 0 for none."""
        if not sign and not self._sign and not self._holds_charge():
            # Nothing flows and nothing discharges: there is nothing to work out.
            self._clock = clock
            return
        self.advance(clock)
        if sign != self._sign:
            self._turn(clock)
        self._wanted_ua, self._sign = (wanted_ua if sign else 0.0), sign
        if sign:
            settled_ua = self.settled_ua()
            if settled_ua > self.peak_ua:
                self.peak_ua = settled_ua
            if settled_ua > self._flow_peak_ua:
                self._flow_peak_ua = settled_ua

    def set_power(self, clock: int, powered: bool) -> None:
        """The high voltage comes or goes: here it is there at once, and no leg is on without."""

    def _turn(self, clock: int) -> None:
        """The direction changes: what flowed until now is one flow."""
        if self._sign and self.flows is not None:
            charge_nc = self.total_nc - self._began_nc
            self.flows.append(Flow(self._began, clock, self._sign, charge_nc, self._flow_peak_ua))
        self._began, self._began_nc, self._flow_peak_ua = clock, self.total_nc, 0.0

    @property
    def flows_now(self) -> bool:
        """A leg is on."""
        return bool(self._sign)

    def sensed_ua(self) -> float:
        """What the sense input shows of the current."""
        return self.current_ua()

    def settled_ua(self) -> float:
        """Current now, once the source is up."""
        return self.current_ua()

    def current_ua(self) -> float:
        """Current now, without sign."""
        sign = self._sign
        if not sign or self.electrode.open or self.shorted_low == sign:
            return 0.0
        limit_ua = self._limit_ua()
        return self._wanted_ua if self._wanted_ua <= limit_ua else limit_ua

    def _limit_ua(self) -> float:
        """Most that the source's voltage allows: what the skin has charged to counts against it."""
        electrode = self.electrode
        left_mv, ohm = float(self._compliance_mv), electrode.series_ohm
        if self._has_capacitor():
            left_mv = max(0.0, left_mv - self._sign * self._skin_mv)
        else:
            ohm += electrode.skin_ohm
        return left_mv * 1000 / ohm if ohm else math.inf

    def _has_capacitor(self) -> bool:
        electrode = self.electrode
        return electrode.skin_nf > 0 and electrode.skin_ohm > 0

    def _holds_charge(self) -> bool:
        """Something discharges while nothing flows."""
        return self._has_capacitor()

    def advance(self, clock: int) -> None:
        """Let the current of the last change flow until `clock`."""
        left = clock - self._clock
        self._clock = clock
        if left <= 0:
            return
        left_s = left * NS_PER_CLOCK * 1e-9
        if not self._has_capacitor():
            # What another electrode's skin had went with it
            self._skin_mv = 0.0
            if self._sign:
                self.total_nc += self.current_ua() * left_s * 1000
            return
        current_ua = self.current_ua()
        source_s = self._until_limited_s(current_ua)
        self._flow(current_ua, min(left_s, source_s))
        if left_s > source_s:
            self._flow_limited(left_s - source_s)

    def _until_limited_s(self, current_ua: float) -> float:
        """How long a constant current can flow before its voltage reaches the compliance."""
        if not current_ua:
            return math.inf
        if current_ua < self._wanted_ua:
            return 0.0
        final_mv = current_ua * self.electrode.skin_ohm / 1000
        room_mv = self._compliance_mv - current_ua * self.electrode.series_ohm / 1000
        skin_mv = self._sign * self._skin_mv
        if final_mv <= room_mv:
            return math.inf
        return self._tau_s() * math.log((final_mv - skin_mv) / (final_mv - room_mv))

    def _tau_s(self) -> float:
        return self.electrode.skin_ohm * self.electrode.skin_nf * 1e-9

    def _flow(self, current_ua: float, seconds: float) -> None:
        """Constant current, or none while the skin discharges through itself."""
        self.total_nc += current_ua * seconds * 1000
        final_mv = self._sign * current_ua * self.electrode.skin_ohm / 1000
        self._skin_mv = final_mv + (self._skin_mv - final_mv) * math.exp(-seconds / self._tau_s())

    def _flow_limited(self, seconds: float) -> None:
        """Full voltage across Rs + skin: the current falls towards compliance / (Rs + Rp)."""
        rs, rp = max(self.electrode.series_ohm, 1e-3), self.electrode.skin_ohm
        tau_s = self._tau_s() * rs / (rs + rp)
        final_mv = self._sign * self._compliance_mv * rp / (rs + rp)
        start_mv, decay = self._skin_mv, math.exp(-seconds / tau_s)
        self._skin_mv = final_mv + (start_mv - final_mv) * decay
        skin_mean_mv = final_mv + (start_mv - final_mv) * (1 - decay) * tau_s / seconds
        self.total_nc += (self._compliance_mv - self._sign * skin_mean_mv) / rs * seconds * 1e6
