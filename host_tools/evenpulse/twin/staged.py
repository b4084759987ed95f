"""A channel as the board's circuit makes it (twin/stage.py): a source with an offset, a delay and
losses, a voltage that ends, a capacitor in each lead, storage that sags, a sense input that looks
late; and when each of its comparators would pull.

Between two changes of the pins everything is an exponential, in closed form; only where the voltage
limits the current, series capacitors and storage count in steps.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from evenpulse.twin.gate import Gate
from evenpulse.twin.load import NS_PER_CLOCK, Channel, Electrode
from evenpulse.twin.rail import Rail
from evenpulse.twin.stage import Stage

# While voltage limits the current, series capacitors and storage count in steps of so much of the
# current; while a gate lets go, it counts in steps of so long.
_STEP_PART, _STEP_US = 0.003, 4.0
_HAIR_US = 1e-3
_REST_STEP_S, _REST_STEPS = 1e-4, 1_000


class Line(NamedTuple):
    """Current against the skin's voltage: `ua` without any, less `ua_per_mv` for each mV."""

    ua: float
    ua_per_mv: float

    def at(self, skin_mv: float) -> float:
        return self.ua - self.ua_per_mv * skin_mv


def left_mv(channels: Sequence[Channel], supply_mv: float) -> float:
    """What is left of the supply's voltage while these channels take from it."""
    staged = [channel for channel in channels if isinstance(channel, StagedChannel)]
    ohm = max((channel.stage.supply_ohm for channel in staged), default=0.0)
    taken_mw = sum(channel.rail.taken_mw() for channel in staged)
    # Less voltage at the same power is more current: the upper of the two solutions.
    return supply_mv / 2 + math.sqrt(max(0.0, (supply_mv / 2) ** 2 - taken_mw * ohm * 1_000))


class StagedChannel(Channel):
    """Integrates one channel's current through its output stage."""

    def __init__(self, electrode: Electrode, stage: Stage):
        super().__init__(electrode, round(stage.rail_mv))
        self.stage = stage
        # Charged by current in direction +1
        self.series_mv = 0.0
        self.rail = Rail(stage)
        # Until then nothing flows, and nothing is seen to flow: the source is not up yet.
        self._dead_until = self._seen_from = 0

    def set_drive(self, clock: int, wanted_ua: float, sign: int) -> None:
        """From this clock on the source wants `wanted_ua`, in direction +1, -1, or 0 for none."""
        super().set_drive(clock, wanted_ua, sign)
        if sign and clock == self._began:
            self._come_up(clock)

    def set_power(self, clock: int, powered: bool) -> None:
        """The high voltage comes or goes."""
        if powered != self.rail.powered:
            self.advance(clock)
            self.rail.powered = powered

    def _come_up(self, clock: int) -> None:
        """A leg goes high: from when on its current counts, and is seen."""
        stage, source_ua = self.stage, self.source_ua()
        dead_ns = stage.dead_nc / source_ua * 1e6 + stage.dead_ns if source_ua else 0.0
        late_ns = stage.late_part * dead_ns + stage.late_ns
        self._dead_until = clock + round(dead_ns / NS_PER_CLOCK)
        self._seen_from = self._dead_until + round(late_ns / NS_PER_CLOCK)

    def source_ua(self) -> float:
        """What the leg's source gives as long as its voltage allows."""
        return max(0.0, self._wanted_ua * self.stage.gain - self.stage.offset_ua)

    def current_ua(self) -> float:
        """Current now, without sign."""
        if self._clock < self._dead_until:
            return 0.0
        part = 1.0 if self._clock >= self._seen_from else self.stage.late_current
        return part * self.settled_ua()

    def sensed_ua(self) -> float:
        """What the sense input shows of it, behind its filter."""
        stage = self.stage
        if not stage.sense_tau_ns:
            return self.current_ua()
        since_ns = (self._clock - self._seen_from) * NS_PER_CLOCK - stage.sense_ns
        part = 1 - math.exp(-since_ns / stage.sense_tau_ns) if since_ns > 0 else 0.0
        return max(stage.sense_least_ua, part * self.current_ua())

    def settled_ua(self) -> float:
        """The same, once the source is up."""
        if not self._sign or self.electrode.open:
            return 0.0
        skin_mv = self._pushed_mv()
        return max(0.0, min(line.at(skin_mv) for line in self._lines(self._since_us())))

    def legs_mv(self) -> float:
        """Voltage between the two legs, in the direction that current flows."""
        return self.settled_ua() * self.electrode.series_ohm / 1_000 + self._held_mv()

    def _held_mv(self) -> float:
        """The same before any current flows."""
        return self._pushed_mv() + self._sign * self.series_mv

    def over_s(self) -> float | None:
        """How long after the current rose its comparator pulls; None while it does not."""
        stage = self.stage
        if not stage.over_ua or not self._sign or self.source_ua() <= stage.over_ua:
            return None
        ua = self.settled_ua()
        if ua <= stage.over_ua:
            return None
        return (stage.over_ns - stage.over_tau_ns * math.log(1 - stage.over_ua / ua)) * 1e-9

    def short_s(self) -> float | None:
        """The same of the comparator for a short: it looks in phase A alone. A leg A that is lower
        than leg B is as good as level with it.
        """
        stage, ua = self.stage, self.settled_ua()
        if self._sign <= 0 or not stage.short_ns or ua <= 0 or ua < stage.short_from_ua:
            return None
        part = (max(0.0, self.legs_mv()) + stage.short_mv) / (stage.short_ohm * ua / 1_000)
        if part >= 1:
            return None
        dead_ns = max(0, self._dead_until - self._clock) * NS_PER_CLOCK
        return (stage.short_ns + dead_ns - stage.short_tau_ns * math.log(1 - part)) * 1e-9

    def rest_s(self) -> float | None:
        """The same of the comparator for a leg that is high while nothing flows: series
        capacitors that direct current has charged, or a skin that holds much.
        """
        stage = self.stage
        if self._sign or not stage.rest_mv:
            return None
        skin_mv, tau_s = 0.0, math.inf
        if self._has_capacitor():
            skin_mv, tau_s = self._skin_mv, self._tau_s()
        seen_mv = 0.0
        for step in range(_REST_STEPS):
            skin_now_mv = skin_mv * math.exp(-step * _REST_STEP_S / tau_s)
            leg_mv = abs(self.series_mv + skin_now_mv) / 2
            if max(leg_mv, abs(self.series_mv) / 2) <= stage.rest_mv:
                return None
            clamped = leg_mv > stage.rest_most_mv
            tau_ms = stage.rest_clamped_tau_ms if clamped else stage.rest_tau_ms
            part = 1 - math.exp(-_REST_STEP_S * 1e3 / tau_ms)
            more_mv = (min(leg_mv, stage.rest_most_mv) - seen_mv) * part
            if seen_mv + more_mv >= stage.rest_mv:
                return (step + (stage.rest_mv - seen_mv) / more_mv) * _REST_STEP_S
            seen_mv += more_mv
        return None

    def _pushed_mv(self) -> float:
        """What the skin's charge holds against the current."""
        return self._sign * self._skin_mv if self._has_capacitor() else 0.0

    def _lines(self, since_us: float) -> tuple[Line, Line]:
        """Current as source and gate allow it, and as the voltage does: the lesser flows."""
        stage, electrode = self.stage, self.electrode
        ohm = electrode.series_ohm
        direct_ohm = 0.0 if self._has_capacitor() else electrode.skin_ohm
        source_ua = min(self.source_ua(), self._gate().carries_ua(since_us))
        series_mv = stage.foot_mv(self._sign) + self._sign * self.series_mv
        share = stage.share(ohm + direct_ohm)
        bled_ua = series_mv * stage.bleeder_ua_per_mv
        per_mv = stage.bleeder_ua_per_mv + stage.across_ua_per_mv
        source = Line((source_ua - bled_ua) / share, per_mv / share)
        rail_mv = 0.0 if self.shorted_low == self._sign else self.rail.mv
        limit_ohm = max(ohm + direct_ohm + stage.low_ohm + stage.top_ohm, 1e-3)
        left_mv = rail_mv - series_mv - stage.top_mv
        return source, Line(left_mv * 1_000 / limit_ohm, 1_000 / limit_ohm)

    def _since_us(self) -> float:
        """How long the leg has been on."""
        return (self._clock - self._began) * NS_PER_CLOCK * 1e-3

    def _gate(self) -> Gate:
        ohm = self.electrode.series_ohm + self.stage.low_ohm + self.stage.top_ohm
        return Gate(self.stage, self.source_ua(), self.rail.mv - self._pushed_mv(), ohm)

    def _holds_charge(self) -> bool:
        return self._has_capacitor() or bool(self.series_mv) or not self.rail.is_full

    def advance(self, clock: int) -> None:
        """Let the current of the last change flow until `clock`."""
        if clock <= self._clock:
            return
        if not self._has_capacitor():
            # What another electrode's skin had went with it.
            self._skin_mv = 0.0
        dead_s = (min(clock, self._dead_until) - self._clock) * NS_PER_CLOCK * 1e-9
        left_s = (clock - self._clock) * NS_PER_CLOCK * 1e-9
        self._clock = clock
        if dead_s > 0:
            self._rest(dead_s)
            left_s -= dead_s
        if not self._sign or self.electrode.open:
            self._rest(left_s)
            return
        while left_s > 0:
            left_s -= self._stretch(left_s)

    def _rest(self, seconds: float) -> None:
        """Nothing flows: skin and series capacitors discharge through what lies beside them."""
        if self._has_capacitor():
            self._skin_mv *= math.exp(-seconds / self._tau_s())
        stage = self.stage
        if self.series_mv:
            self.series_mv *= math.exp(-seconds / stage.series_tau_ms * 1e3)
        self.rail.take(0.0, seconds)

    def _stretch(self, left_s: float) -> float:
        """Current flows for as long as one of the two lines holds, `left_s` at the most; how
        long that was.
        """
        since_us, lets_go_us = self._since_us() - left_s * 1e6, self._gate().lets_go_us()
        letting_go = since_us >= lets_go_us
        left_s = min(left_s, (_STEP_US if letting_go else lets_go_us - since_us + _HAIR_US) * 1e-6)
        source, limit = self._lines(since_us + letting_go * left_s / 2 * 1e6)
        skin_mv = self._pushed_mv()
        limited = limit.at(skin_mv) < source.at(skin_mv)
        line = limit if limited else source
        seconds = min(left_s, self._step_s(1_000 / limit.ua_per_mv) if limited else math.inf)
        if not self._has_capacitor():
            charge_nc = max(0.0, line.ua) * seconds * 1e3
        else:
            seconds, charge_nc = self._through_skin(line, limited, (source, limit), seconds)
        self._charge(charge_nc, seconds)
        return seconds

    def _through_skin(
        self, line: Line, limited: bool, lines: tuple[Line, Line], seconds: float
    ) -> tuple[float, float]:
        """(how long the line held, charge): the skin charges towards what the line and its own
        resistance make of it.
        """
        electrode = self.electrode
        per_mv = line.ua_per_mv + 1_000 / electrode.skin_ohm
        tau_s = electrode.skin_nf * 1e-6 / per_mv
        begin_mv, end_mv = self._sign * self._skin_mv, line.ua / per_mv
        source, limit = lines
        apart = limit.ua_per_mv - source.ua_per_mv
        cross_mv = (limit.ua - source.ua) / apart if apart else math.inf
        if (cross_mv - begin_mv) * (cross_mv - end_mv) < 0:
            until_s = tau_s * math.log((begin_mv - end_mv) / (cross_mv - end_mv))
            # A step beyond, so that the other line holds there.
            seconds = min(seconds, until_s + 1e-9)
        decay = math.exp(-seconds / tau_s)
        skin_mv = end_mv + (begin_mv - end_mv) * decay
        mean_mv_s = end_mv * seconds + (begin_mv - end_mv) * (1 - decay) * tau_s
        self._skin_mv = self._sign * skin_mv
        return seconds, max(0.0, (line.ua * seconds - line.ua_per_mv * mean_mv_s) * 1e3)

    def _step_s(self, ohm: float) -> float:
        """While voltage limits the current: as long as series capacitors stay about the same."""
        nf = self.stage.series_nf
        return max(_HAIR_US * 1e-6, _STEP_PART * ohm * nf * 1e-9) if nf else math.inf

    def _charge(self, nc: float, seconds: float) -> None:
        """Charge that has flowed, and what it does to capacitors."""
        stage = self.stage
        self.total_nc += nc
        foot_mv = stage.foot_mv(self._sign)
        leg_mv = nc / seconds * self.electrode.series_ohm * 1e-6 + self._held_mv() + foot_mv
        bled_nc = leg_mv * stage.bleeder_ua_per_mv * seconds * 1e3
        if stage.series_nf:
            self.series_mv += self._sign * nc / stage.series_nf * 1_000
        self.rail.take(nc * (1 + stage.mirror_part) + bled_nc, seconds)
