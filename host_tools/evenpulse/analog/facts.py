"""What board.py says of the output stage, held against the circuit: measured in SPICE, each with
its tolerance.
"""

from collections.abc import Callable, Mapping

import numpy as np

from evenpulse.analog import erc, facts_board, facts_stage
from evenpulse.analog.bench import GAP_S, PHASE_S, Bench, Row, one_pulse
from evenpulse.analog.deck import LOADS, World, solved, text
from evenpulse.analog.netlist import Circuit
from evenpulse.analog.parts import Part
from evenpulse.analog.spice import Wave
from evenpulse.analog.stimulus import Played

HEADER = ("fact", "board.py or demand", "circuit", "", "how")


def measure(circuit: Circuit, board: dict, parts: Mapping[str, Part], played: Played) -> list[Row]:
    bench = Bench(circuit, board, played)
    return [row for make in _ROWS for row in make(bench)] + [_ratings(bench, parts)]


def _ratings(bench: Bench, parts: Mapping[str, Part]) -> Row:
    nodes = sorted({n for e in bench.circuit.elements for n in e.nodes} - {"0"})
    saved = tuple(f"v({node})" for node in nodes)
    drive = one_pulse(1.0, GAP_S, PHASE_S)
    world = World(LOADS["500 Ω and skin"], save=saved)
    waves = solved(text(bench.circuit.without("X_im"), drive, world))
    seen = {e.name: _worst(waves, e.nodes) for e in bench.circuit.elements}
    wrong = erc.voltages(bench.circuit, parts, seen)
    return Row(
        "ratings",
        f"at most {erc.DERATED:.0%}",
        float(len(wrong)),
        0,
        0,
        "parts above",
        "; ".join(wrong) or "every part, 100 mA into skin",
    )


def _worst(waves: Mapping[str, Wave], nodes: tuple[str, ...]) -> float:
    zero = np.zeros_like(waves["time"])
    volts = [waves.get(f"v({node})", zero) for node in nodes]
    return max(float(np.abs(a - b).max()) for a in volts for b in volts)


_ROWS: tuple[Callable[[Bench], list[Row]], ...] = (
    facts_stage.source,
    facts_stage.sense,
    facts_stage.short,
    facts_stage.bridge,
    facts_board.interlock,
    facts_board.at_rest,
    facts_board.filter,
    facts_board.supply,
    facts_board.barriers,
    facts_board.real,
)
