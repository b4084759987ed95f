"""The same pulse in the board's circuit: ngspice, driven by the edges and the amplitude that the
firmware gave on the twin. It stands beside what the twin measured; the table is not judged by it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evenpulse.analog import deck, derived, spice
from evenpulse.analog.netlist import Circuit
from evenpulse.base import boards
from evenpulse.base.errors import Problem
from evenpulse.output_table.results import Measured

# What comes before the pulse, and after it.
_BEFORE_S, _AFTER_S = 300e-6, 100e-6
# Steps that show an edge, and as many points as a picture has dots
_STEP_S, _POINTS = 1e-6, 240
_RISEN = 0.9


@dataclass(frozen=True)
class InCircuit:
    """One pulse. `trace`: (µs from its begin, mA); `risen_us`: to 90 % of where phase A ends."""

    peak_ma: float
    end_ma: float
    phase_uc: float
    net_nc: float
    risen_us: float
    trace: list[tuple[float, float]]


class Stage:
    """A board's circuit. Raises Problem when there is no ngspice, or none that it has run on."""

    def __init__(self, folder: Path, full_scale_ua: int):
        try:
            self.ngspice = spice.version()
        except Problem as no:
            raise Problem(
                no.what, tried=no.tried, seen=no.seen, do_next=f"{no.do_next}; or --no-circuit"
            ) from no
        self._circuit: Circuit = derived.circuit(folder)
        self._full_scale_ua = full_scale_ua

    def pulse(self, seen: Measured) -> InCircuit:
        """The first pulse of what was measured on a channel."""
        flows = [
            (_BEFORE_S + begin * 1e-6, _BEFORE_S + end * 1e-6) for begin, end, _ in seen.trace[:2]
        ]
        pins: dict[str, list[tuple[float, int]]] = {"ph": [(0.0, 1)]}
        for pin, (begin_s, end_s) in zip(("pa", "pb"), flows, strict=True):
            pins[pin] = [(begin_s, 1), (end_s, 0)]
        duty = seen.asked_ma * 1_000 / self._full_scale_ua
        drive = deck.Drive(pins, duty, flows[1][1] + _AFTER_S)
        world = deck.World(deck.Load("", seen.ohm), step_s=_STEP_S)
        waves = deck.solved(deck.text(self._circuit, drive, world))
        return _read(waves, flows)


def of(board: dict) -> Stage | None:
    """None for a board whose output stage is no circuit yet."""
    folder = boards.folder() / board["NAME"] / derived.FOLDER
    return Stage(folder, board["FULL_SCALE_UA"]) if folder.is_dir() else None


def _read(waves: dict[str, spice.Wave], flows: list[tuple[float, float]]) -> InCircuit:
    t, ma = waves["time"], waves["i(v_pat)"] * 1e3
    (a_s, a_end_s), (b_s, b_end_s) = flows
    after_s = min(_AFTER_S, b_s - a_end_s)
    in_a = (t >= a_s) & (t <= a_end_s + after_s / 2)
    in_b = (t > a_end_s + after_s / 2) & (t <= b_end_s + _AFTER_S)
    a_nc, b_nc = (float(np.trapezoid(ma[part], t[part])) * 1e6 for part in (in_a, in_b))
    end_ma = float(np.interp(a_end_s - _STEP_S, t, ma))
    risen = t[in_a & (ma >= _RISEN * end_ma)]
    shown = np.union1d(
        np.linspace(a_s - _AFTER_S / 2, b_end_s + _AFTER_S, _POINTS), [s for f in flows for s in f]
    )
    return InCircuit(
        peak_ma=float(np.abs(ma).max()),
        end_ma=end_ma,
        phase_uc=a_nc / 1_000,
        net_nc=a_nc + b_nc,
        risen_us=float(risen[0] - a_s) * 1e6 if len(risen) else 0.0,
        trace=[
            (round(float(s - a_s) * 1e6, 2), round(float(x), 3))
            for s, x in zip(shown, np.interp(shown, t, ma), strict=True)
        ],
    )
