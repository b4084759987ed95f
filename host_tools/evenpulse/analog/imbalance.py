"""Phases that are not alike: the direct current that a patient gets of it, what the converter reads
at rest, and when the comparator at rest trips. Two seconds of pulses, minutes of CPU.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from evenpulse.analog import spice
from evenpulse.analog.bench import line_low
from evenpulse.analog.deck import LOADS, Drive, World, solved, text
from evenpulse.analog.netlist import Circuit

HEADER = (
    "phase B stronger by",
    "between the phases",
    "d.c. in the first second",
    "in the next",
    "ADC at rest",
    "a leg at rest",
    "comparator trips",
)
PARTS = (0.0, 0.02, 0.04, 0.06, 0.08)
MA, RATE_PPS = 60.0, 50
_PHASE_S, _GAP_S, _FIRST_S, _LASTS_S = 300e-6, 100e-6, 300e-6, 2.0
_NODES = ("adc", "pg", "na", "nb")
_FULL_MA, _ADC_FULL, _ADC_V = 100.0, 4095, 3.3


def played(circuit: Circuit, part: float) -> dict[str, spice.Wave]:
    """Pulses whose phase B has so much more current than phase A."""
    stronger = replace(circuit["R_2b"], value=f"{circuit['R_2b'].number / (1 + part):.6g}")
    world = World(LOADS["500 Ω"], step_s=1e-3)
    return solved(text(circuit.with_(stronger), _drive(), world))


def row(waves: Mapping[str, spice.Wave], part: float) -> tuple[str, ...]:
    low = waves["time"][line_low(waves)]
    rest_s = _LASTS_S - 1e-3
    pin_v, ground_v, na, nb = (
        float(np.interp(rest_s, waves["time"], waves[f"v({node})"])) for node in _NODES
    )
    between_ua = part * MA * 1e3 * _PHASE_S * RATE_PPS
    return (
        f"{part:.0%}",
        f"{between_ua:.0f} µA",
        f"{dc_ua(waves, 0, 1):.1f} µA",
        f"{dc_ua(waves, 1, 2):.1f} µA",
        f"{(pin_v - ground_v) / _ADC_V * _ADC_FULL:.1f} counts",
        f"{max(abs(na), abs(nb)):.2f} V",
        f"after {low[0]:.2f} s" if len(low) else "no",
    )


def dc_ua(waves: Mapping[str, spice.Wave], from_s: float, until_s: float) -> float:
    """Mean current through the body."""
    t, amperes = waves["time"], waves["i(v_pat)"]
    within = (t >= from_s) & (t < until_s)
    return float(np.trapezoid(amperes[within], t[within])) / (until_s - from_s) * 1e6


def _drive() -> Drive:
    pins: dict[str, list[tuple[float, int]]] = {"pa": [], "pb": [], "ph": [(0.0, 1)]}
    for k in range(round(_LASTS_S * RATE_PPS)):
        a_s = _FIRST_S + k / RATE_PPS
        b_s = a_s + _PHASE_S + _GAP_S
        pins["pa"] += [(a_s, 1), (a_s + _PHASE_S, 0)]
        pins["pb"] += [(b_s, 1), (b_s + _PHASE_S, 0)]
    return Drive(pins, MA / _FULL_MA, _LASTS_S)
