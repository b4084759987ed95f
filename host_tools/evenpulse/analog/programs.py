"""Random pulses into random loads, by number: what the twin's reduced stage is held against ngspice
on. The same number is always the same program.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from evenpulse.analog.deck import OPTIONS, SAVED, Drive, Load, World, text
from evenpulse.analog.netlist import Circuit

# {seed: programs}. reduced.toml was fitted on the first two. The third was played then, and terms
# were mended where it was apart. No number was changed after the fourth was played.
FITTED = {1: 200, 2: 200}
HELD_OUT = {3: 200, 4: 105}
FULL_MA = 100.0
FIRST_S = 3e-3
# A pulse is not longer than the firmware's limits allow.
_FLOW_NC, _PHASE_US, _GAP_US, _RATE_PPS = 30e3, (20, 500), (5, 200), (15, 150)
_LATCHED_S = 2e-3
_PULSES = 3
# Finer than the campaign's: its steps of 2 ms make 0.4 mA of error after a change of amplitude.
_STEP_S = 1e-4
FINE = "reltol=1e-3 trtol=3"
# Where the voltage ends, what is left of the current is a small difference: 5 % off with those.
FINEST = "reltol=3e-4 trtol=1"
_ENDS_V = 100
SOUND, SHORT, OVER = "sound", "short", "over-current"


@dataclass(frozen=True)
class Program:
    """`strong`: so many times the current that was asked for; `then_ma`: from the second pulse."""

    seed: int
    number: int
    kind: str
    phase_us: int
    gap_us: int
    period_us: int
    ma: float
    load: Load
    strong: float = 1.0
    then_ma: float | None = None

    @property
    def pulses(self) -> int:
        return _PULSES if self.kind == SOUND else 1

    def phases(self) -> list[tuple[float, int, float]]:
        """(begin in seconds, direction, mA asked for) of each."""
        found = []
        for k in range(self.pulses):
            begin_s = FIRST_S + k * self.period_us * 1e-6
            ma = self.ma * self.strong if self.then_ma is None or k == 0 else self.then_ma
            found.append((begin_s, 1, ma))
            found.append((begin_s + (self.phase_us + self.gap_us) * 1e-6, -1, ma))
        return found

    def drive(self) -> Drive:
        phase_s = self.phase_us * 1e-6
        begins = {sign: [b for b, s, _ in self.phases() if s == sign] for sign in (1, -1)}
        pins = {
            pin: [change for b in begins[sign] for change in ((b, 1), (b + phase_s, 0))]
            for pin, sign in (("pa", 1), ("pb", -1))
        }
        second_s = FIRST_S + self.period_us * 1e-6
        changed = () if self.then_ma is None else ((second_s - _LATCHED_S, self.then_ma / FULL_MA),)
        end_s = begins[-1][-1] + phase_s + 200e-6
        return Drive({**pins, "ph": [(0.0, 1)]}, self.ma / FULL_MA, end_s, changed)

    def deck(self, circuit: Circuit) -> str:
        """For ngspice; a source that is too strong has a smaller R_set."""
        r_set = circuit["R_set"]
        chosen = circuit.with_(replace(r_set, value=f"{r_set.number / self.strong:.6g}"))
        whole = text(chosen, self.drive(), World(self.load, save=SAVED, step_s=_STEP_S))
        steps = FINEST if self._most_v() > _ENDS_V else FINE
        return whole.replace(OPTIONS, OPTIONS.replace("reltol=3e-3 trtol=20", steps))

    def _most_v(self) -> float:
        """What the current would need, if it flowed for ever."""
        ma = max(ma for _, _, ma in self.phases())
        return ma * (self.load.body_ohm + self.load.skin_ohm) / 1_000


def program(number: int, seed: int) -> Program:
    """Eight of ten are sound, one is a short, one has too much current."""
    draw = random.Random(f"evenpulse world {number}" + (f" of {seed}" if seed > 1 else ""))
    kind = {7: SHORT, 9: OVER}.get(number % 10, SOUND)
    phase_us = round(_even(draw, *_PHASE_US))
    gap_us = round(_even(draw, *_GAP_US))
    period_us = max(round(1e6 / draw.uniform(*_RATE_PPS)), 2 * phase_us + gap_us + 500)
    most_ma = min(FULL_MA, _FLOW_NC / phase_us)
    skin = (_even(draw, 300, 30_000), _even(draw, 20, 500)) if draw.random() < 0.6 else (1.0, 1.0)
    plain = Program(
        seed,
        number,
        kind,
        phase_us,
        gap_us,
        period_us,
        _even(draw, 0.5, most_ma),
        Load("", _even(draw, 200, 5_000), *skin),
    )
    if kind == SHORT:
        ohm = draw.uniform(5, 35) if draw.random() < 0.7 else draw.uniform(90, 150)
        return replace(plain, ma=draw.uniform(15, most_ma), load=Load("", ohm))
    if kind == OVER:
        load = replace(plain.load, body_ohm=_even(draw, 200, 500))
        return replace(plain, ma=FULL_MA / 2, strong=draw.uniform(2.6, 3.8), load=load)
    changes = draw.random() < 0.4 and period_us > 2 * _LATCHED_S * 1e6
    return replace(plain, then_ma=_even(draw, 0.5, most_ma) if changes else None)


def _even(draw: random.Random, low: float, high: float) -> float:
    """Each factor of ten as often as the others."""
    return low * (high / low) ** draw.random()


def of(seeds: Mapping[int, int]) -> list[Program]:
    """The first of each seed."""
    return [program(number, seed) for seed, count in seeds.items() for number in range(count)]
