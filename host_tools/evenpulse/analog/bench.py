"""What board.py says of the output stage, held against the circuit: measured in SPICE, each with
its tolerance.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from evenpulse.analog import reactions
from evenpulse.analog.deck import LOADS, SAVED, Drive, Load, World, solved, text
from evenpulse.analog.netlist import Circuit
from evenpulse.analog.played import PULSE
from evenpulse.analog.spice import Mask, Wave
from evenpulse.analog.stimulus import Played

A_S, PHASE_S, GAP_S = 200e-6, 300e-6, 100e-6
_END_S = 1.2e-3
_REFERENCE_V = 3.3
VOLTAGES = "v(vs)", "v(vsn)", "v(ocn)", "v(sra)", "v(srb)", "v(glb)", "v(hen)"


@dataclass(frozen=True)
class Row:
    """One fact: `value` is what the circuit gives, from `low` to `high` it holds."""

    name: str
    said: str
    value: float
    low: float
    high: float
    unit: str
    how: str

    @property
    def holds(self) -> bool:
        return self.low <= self.value <= self.high

    def words(self) -> tuple[str, ...]:
        sign = "ok" if self.holds else "DOES NOT HOLD"
        return self.name, self.said, f"{self.value:.4g} {self.unit}".strip(), sign, self.how


class Bench:
    """Runs that more than one fact is read from, each made once."""

    def __init__(self, circuit: Circuit, board: dict, played: Played):
        self.circuit, self.board, self.played = circuit, board, played

    @property
    def full_ma(self) -> float:
        return self.board["FULL_SCALE_UA"] / 1_000

    @property
    def over_current_ma(self) -> float:
        """Where the comparator acts, by the values of its parts."""
        r1, r2, shunt = (self.circuit[name].number for name in ("R_oc1", "R_oc2", "R_sna"))
        return _REFERENCE_V * r2 / (r1 + r2) / shunt * 1e3

    def pulse(self, duty: float, load: str | Load = "500 Ω", **changed: float) -> dict[str, Wave]:
        drive = one_pulse(duty, changed.get("gap_s", GAP_S), changed.get("phase_s", PHASE_S))
        world = World(LOADS[load] if isinstance(load, str) else load, save=(*SAVED, *VOLTAGES))
        return solved(text(self.circuit, drive, world))

    @cached_property
    def full(self) -> dict[str, Wave]:
        return self.pulse(1.0)

    @cached_property
    def ten(self) -> dict[str, Wave]:
        return self.pulse(0.1)

    @cached_property
    def real(self) -> tuple[Drive, dict[str, Wave]]:
        """Two pulses as the firmware made them, at the run's own amplitude."""
        drive = self.played.drive(1, PULSE, 40e-3)
        return drive, solved(text(self.circuit, drive, World(LOADS["500 Ω"])))

    @cached_property
    def shorted(self) -> dict[str, Wave]:
        """10 mA into 10 ohm until the interlock cuts, and 60 ms more."""
        load, drive = Load("10 Ω", 10), one_pulse(10 / self.full_ma, GAP_S, PHASE_S)
        bare = solved(text(self.circuit, drive, World(load)))
        cut = reactions.first(bare, [], 10, 10)
        cut_s = cut.at_s if cut else 1.0
        return solved(
            text(self.circuit, replace(drive, end_s=60e-3).cut(cut_s), World(load, step_s=2e-4))
        )

    @cached_property
    def power(self) -> dict[str, Wave]:
        """HV_EN up at 1 ms, down at 161 ms, nothing else; HV starts at 0."""
        drive = Drive({"ph": [(1e-3, 1), (161e-3, 0)]}, 0, 260e-3)
        return solved(text(self.circuit, drive, World(LOADS["500 Ω"], step_s=1e-3)))


def one_pulse(duty: float, gap_s: float, phase_s: float) -> Drive:
    b_s = A_S + phase_s + gap_s
    pins = {
        "pa": [(A_S, 1), (A_S + phase_s, 0)],
        "pb": [(b_s, 1), (b_s + phase_s, 0)],
        "ph": [(0.0, 1)],
    }
    return Drive(pins, duty, max(_END_S, b_s + phase_s + 300e-6))


def at(waves: Mapping[str, Wave], name: str, at_s: float) -> float:
    return float(np.interp(at_s, waves["time"], waves[name]))


def ma(waves: Mapping[str, Wave], at_s: float) -> float:
    return at(waves, "i(v_pat)", at_s) * 1e3


def line_low(waves: Mapping[str, Wave], line: str = "v(il)") -> Mask:
    return waves[line] - waves["v(pg)"] < 1.4
