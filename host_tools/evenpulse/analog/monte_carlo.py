"""Many builds of the same circuit, each part drawn from its tolerance: how accurate, how
balanced.
"""

import contextlib
import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from evenpulse.analog import spice
from evenpulse.analog.deck import CLOSER, LOADS, Drive, World, solved, text
from evenpulse.analog.netlist import Circuit, Element
from evenpulse.analog.parts import Part
from evenpulse.base.errors import Problem

HEADER = ("per cent", "median", "99 of 100", "worst")
_WORDS = {
    "error_percent": "current against what was asked, 10 to 40 mA, before calibration",
    "calibrated_percent": "the same at 20 mA after a calibration at 10 and 40 mA, 25 °C",
    "phases_apart_percent": "phase B against phase A",
}
# With steps of 2 ms the current after a change of amplitude is 1 % too high.
_WORLD = World(LOADS["500 Ω"], save=("v(na)",), step_s=1e-4)
# What the README promises of these
PROMISED = 500
LEVELS_MA = (10.0, 20.0, 40.0)
# Numbers of builds that a seed has
A_SEED = 1_000_000
_OFFSET_V = 2e-3
# Of a milliampere: what the solver is sure of
_DIGITS = 4
_IN_MARK = 10
_CELSIUS = (5, 40)
# A kelvin, either way: what such parts are usually sold with, not looked up
_PPM_R, _PPM_REFERENCE = 100, 50
_APART_S, _BEGIN_S, _PHASE_S, _GAP_S = 4e-3, 200e-6, 200e-6, 50e-6
# Where service calibrates
_CALIBRATED_CELSIUS = 25
# The op-amps' clamps are behaviour and no diodes: with N = 0.05 they would leak e^36 times as much
# at 40 degrees, and no op-amp would live. At 27, where all else is played, this is the same.
_CLAMP = ".model DCL D(IS=1e-12 N=0.05 RS=1)"
_PERCENT = re.compile(r"([\d.]+) %\Z")
_VOS_OF = {"OPA", "CMP"}


@dataclass(frozen=True)
class Build:
    """Current at the end of phase A for each of LEVELS_MA, and phase B's difference, in mA;
    the first again where it is calibrated.
    """

    a_ma: tuple[float, ...]
    apart_ma: tuple[float, ...]
    calibrated_at_ma: tuple[float, ...]


def run(
    circuit: Circuit, parts: Mapping[str, Part], numbers: Sequence[int], jobs: int, keep: Path
) -> dict:
    """Errors of builds by number, in per cent: before and after a calibration at the ends. Those
    that are kept of the same parts are not played again.
    """
    tolerances = {name: percent(part) for name, part in parts.items()}
    mark = of(circuit, tolerances)
    found = kept(keep, mark)
    left = [number for number in numbers if number not in found]
    with ProcessPoolExecutor(jobs) as pool:
        for number, one in zip(left, pool.map(partial(build, circuit, tolerances), left)):
            found[number] = one
            with keep.open("a", encoding="utf-8") as file:
                file.write(_row(mark, number, one))
    return summary([found[number] for number in numbers])


def keep_promised(circuit: Circuit, parts: Mapping[str, Part], of_runs: Path, file: Path) -> int:
    """The first builds of the first seed become what the README's figures are from: how many."""
    mark = of(circuit, {name: percent(part) for name, part in parts.items()})
    found = kept(of_runs, mark)
    numbers = [n for n in range(A_SEED, A_SEED + PROMISED) if n in found]
    file.write_text("".join(_row(mark, number, found[number]) for number in numbers))
    return len(numbers)


def _row(mark: str, number: int, one: Build | None) -> str:
    return json.dumps({"of": mark, "number": number, "build": astuple(one) if one else None}) + "\n"


def of(circuit: Circuit, tolerances: Mapping[str, float]) -> str:
    """Fingerprint of what the results rest on: some of the decks, as they are drawn."""
    some = range(A_SEED, A_SEED + _IN_MARK)
    decks = [deck for number in some for deck in _decks(circuit, tolerances, number)]
    return hashlib.sha256("\n".join(decks).encode()).hexdigest()[:16]


def kept(keep: Path, mark: str = "") -> dict[int, Build | None]:
    """By their numbers; without a mark whatever they rest on."""
    found: dict[int, Build | None] = {}
    lines = keep.read_text(encoding="utf-8").splitlines() if keep.is_file() else []
    for line in lines:
        # A last line that was cut short is none.
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            if not mark or row["of"] == mark:
                found[row["number"]] = Build(*map(tuple, row["build"])) if row["build"] else None
    return found


def summary(all_builds: Sequence[Build | None]) -> dict:
    found = [one for one in all_builds if one]
    before = [abs(ma / asked - 1) * 100 for one in found for ma, asked in zip(one.a_ma, LEVELS_MA)]
    apart = [abs(ma) / asked * 100 for one in found for ma, asked in zip(one.apart_ma, LEVELS_MA)]
    after = [abs(_calibrated(one) / LEVELS_MA[1] - 1) * 100 for one in found]
    return {
        "builds": len(found),
        "stopped": all_builds.count(None),
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
    try:
        warm, in_service = (solved(deck, CLOSER) for deck in _decks(circuit, tolerances, seed))
    except spice.Stopped:
        return None
    ends = [_BEGIN_S + k * _APART_S + _PHASE_S - 5e-6 for k in range(len(LEVELS_MA))]
    a_ma = [_ma(warm, end) for end in ends]
    b_ma = [_ma(warm, end + _PHASE_S + _GAP_S) for end in ends]
    calibrated_at_ma = tuple(_ma(in_service, end) for end in ends)
    apart_ma = tuple(round(a + b, _DIGITS) for a, b in zip(a_ma, b_ma))
    return Build(tuple(a_ma), apart_ma, calibrated_at_ma)


def _decks(circuit: Circuit, tolerances: Mapping[str, float], seed: int) -> tuple[str, str]:
    """At its own temperature, and where it is calibrated."""
    luck, drift = random.Random(seed), random.Random(f"drift of {seed}")
    drawn = [_drawn(one, tolerances, luck) for one in circuit.elements]
    celsius = luck.uniform(*_CELSIUS)
    warm = [_warm(one, celsius - _CALIBRATED_CELSIUS, drift) for one in drawn]
    at_own, in_service = (text(circuit.with_(*all_), _drive(), _WORLD) for all_ in (warm, drawn))
    return at_celsius(at_own, celsius), at_celsius(in_service, _CALIBRATED_CELSIUS)


def at_celsius(deck: str, celsius: float) -> str:
    """The same, its parts as warm as this; raises where the clamps are not the ones known here."""
    if deck.count(_CLAMP) != 1:
        raise Problem(f"models.lib has no {_CLAMP} to keep from temperature")
    warm = deck.replace(_CLAMP, _CLAMP[:-1] + " XTI=0 EG=0.01)")
    return warm.replace(".save", f".option temp={celsius:.1f}\n.save", 1)


def _drawn(element: Element, tolerances: Mapping[str, float], luck: random.Random) -> Element:
    share = tolerances.get(element.name, 0) / 100
    if element.kind in "RC":
        return _times(element, 1 + luck.uniform(-share, share))
    if element.kind == "X" and element.value in _VOS_OF:
        return replace(element, parameters=f"vos={luck.uniform(-_OFFSET_V, _OFFSET_V):.6f}")
    if element.value == "REF33":
        return replace(element, parameters=f"vset={3.3 * (1 + luck.uniform(-share, share)):.5f}")
    return element


def _warm(element: Element, kelvin: float, drift: random.Random) -> Element:
    """A resistor or the reference so much warmer than in service."""
    part = 1e-6 * drift.uniform(-1, 1) * kelvin
    if element.kind == "R":
        return _times(element, 1 + _PPM_R * part)
    if element.value == "REF33" and element.parameters:
        volts = float(element.parameters.removeprefix("vset=")) * (1 + _PPM_REFERENCE * part)
        return replace(element, parameters=f"vset={volts:.7f}")
    return element


def _times(element: Element, factor: float) -> Element:
    return replace(element, value=f"{element.number * factor:.8g}".replace("e+", "e"))


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
    return round(float(np.interp(at_s, waves["time"], waves["i(v_pat)"])) * 1e3, _DIGITS)


def _calibrated(one: Build) -> float:
    """What the middle level gives when gain and offset were set at the two ends, at 25 °C."""
    low, _, high = one.calibrated_at_ma
    gain = (high - low) / (LEVELS_MA[-1] - LEVELS_MA[0])
    return (one.a_ma[1] - low) / gain + LEVELS_MA[0]


def _spread(values: Sequence[float]) -> dict:
    return {
        "median": round(float(np.median(values)), 3),
        "p99": round(float(np.percentile(values, 99)), 3),
        "worst": round(max(values), 3),
    }
