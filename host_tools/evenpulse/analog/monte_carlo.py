"""Many builds of the same circuit, each part drawn from its tolerance: how accurate, how
balanced.
"""

import random
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from evenpulse.analog import spice
from evenpulse.analog.deck import LOADS, Drive, World, text
from evenpulse.analog.netlist import Circuit, Element
from evenpulse.analog.parts import Part

HEADER = ("per cent", "median", "99 of 100", "worst")
_WORDS = {
    "error_percent": "current against what was asked, 10 to 40 mA, before calibration",
    "calibrated_percent": "the same at 20 mA after a calibration at 10 and 40 mA",
    "phases_apart_percent": "phase B against phase A",
}
LEVELS_MA = (10.0, 20.0, 40.0)
_OFFSET_V = 2e-3
_CELSIUS = (5, 40)
_APART_S, _BEGIN_S, _PHASE_S, _GAP_S = 4e-3, 200e-6, 200e-6, 50e-6
_PERCENT = re.compile(r"([\d.]+) %\Z")
_VOS_OF = {"OPA", "CMP"}


@dataclass(frozen=True)
class Build:
    """Current at the end of phase A for each of LEVELS_MA, and phase B's difference, in mA."""

    a_ma: tuple[float, ...]
    apart_ma: tuple[float, ...]


def run(circuit: Circuit, parts: Mapping[str, Part], builds: int, seed: int, jobs: int) -> dict:
    """Errors of so many builds, in per cent: before and after a calibration at the ends."""
    tolerances = {name: percent(part) for name, part in parts.items()}
    with ProcessPoolExecutor(jobs) as pool:
        numbers = range(seed * 1_000_000, seed * 1_000_000 + builds)
        work = [pool.submit(build, circuit, tolerances, number) for number in numbers]
        found = [one.result() for one in work]
    return summary([one for one in found if one]) | {"stopped": found.count(None)}


def summary(found: Sequence[Build]) -> dict:
    before = [abs(ma / asked - 1) * 100 for one in found for ma, asked in zip(one.a_ma, LEVELS_MA)]
    apart = [abs(ma) / asked * 100 for one in found for ma, asked in zip(one.apart_ma, LEVELS_MA)]
    after = [abs(_calibrated(one) / LEVELS_MA[1] - 1) * 100 for one in found]
    return {
        "builds": len(found),
        "celsius": list(_CELSIUS),
        "error_percent": _spread(before),
        "calibrated_percent": _spread(after),
        "phases_apart_percent": _spread(apart),
    }


def rows(told: Mapping) -> list[tuple[str, ...]]:
    return [
        (words, *(f"{told[name][which]:g}" for which in ("median", "p99", "worst")))
        for name, words in _WORDS.items()
    ]


def percent(part: Part) -> float:
    """Its tolerance; 0 where none is told."""
    match = _PERCENT.match(part.tolerance)
    return float(match[1]) if match else 0.0


def build(circuit: Circuit, tolerances: Mapping[str, float], seed: int) -> Build | None:
    """One device, at a temperature of its own; None when the solver found no way on."""
    luck = random.Random(seed)
    drawn = circuit.with_(*(_drawn(one, tolerances, luck) for one in circuit.elements))
    deck = text(drawn, _drive(), World(LOADS["500 Ω"], save=("v(na)",)))
    celsius = luck.uniform(*_CELSIUS)
    try:
        waves = spice.run(deck.replace(".save", f".option temp={celsius:.1f}\n.save", 1))
    except spice.Stopped:
        return None
    ends = [_BEGIN_S + k * _APART_S + _PHASE_S - 5e-6 for k in range(len(LEVELS_MA))]
    a_ma = [_ma(waves, end) for end in ends]
    b_ma = [_ma(waves, end + _PHASE_S + _GAP_S) for end in ends]
    return Build(tuple(a_ma), tuple(a + b for a, b in zip(a_ma, b_ma)))


def _drawn(element: Element, tolerances: Mapping[str, float], luck: random.Random) -> Element:
    share = tolerances.get(element.name, 0) / 100
    if element.kind in "RC":
        return replace(element, value=f"{element.number * (1 + luck.uniform(-share, share)):.6g}")
    if element.kind == "X" and element.value in _VOS_OF:
        return replace(element, parameters=f"vos={luck.uniform(-_OFFSET_V, _OFFSET_V):.6f}")
    if element.value == "REF33":
        return replace(element, parameters=f"vset={3.3 * (1 + luck.uniform(-share, share)):.5f}")
    return element


def _drive() -> Drive:
    pins: dict[str, list[tuple[float, int]]] = {"pa": [], "pb": [], "ph": [(0.0, 1)]}
    for k in range(len(LEVELS_MA)):
        a_s = _BEGIN_S + k * _APART_S
        b_s = a_s + _PHASE_S + _GAP_S
        pins["pa"] += [(a_s, 1), (a_s + _PHASE_S, 0)]
        pins["pb"] += [(b_s, 1), (b_s + _PHASE_S, 0)]
    # Set two milliseconds before the pulse, as the firmware does.
    then = tuple((k * _APART_S - 2e-3, ma / 100) for k, ma in enumerate(LEVELS_MA) if k)
    return Drive(pins, LEVELS_MA[0] / 100, _BEGIN_S + len(LEVELS_MA) * _APART_S - 3e-3, then)


def _ma(waves: Mapping[str, spice.Wave], at_s: float) -> float:
    return float(np.interp(at_s, waves["time"], waves["i(v_pat)"])) * 1e3


def _calibrated(one: Build) -> float:
    """What the middle level gives when gain and offset were set at the two ends."""
    low, middle, high = one.a_ma
    gain = (high - low) / (LEVELS_MA[-1] - LEVELS_MA[0])
    return (middle - low) / gain + LEVELS_MA[0]


def _spread(values: Sequence[float]) -> dict:
    return {
        "median": round(float(np.median(values)), 3),
        "p99": round(float(np.percentile(values, 99)), 3),
        "worst": round(max(values), 3),
    }
