"""The twin's stage against the circuit: the same programs in ngspice and in closed form."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from evenpulse.analog import spice
from evenpulse.analog.netlist import Circuit
from evenpulse.analog.programs import FINE, FINEST, FIRST_S, OVER, SHORT, SOUND, Program
from evenpulse.twin.load import NS_PER_CLOCK, Electrode
from evenpulse.twin.stage import Stage
from evenpulse.twin.staged import StagedChannel

CURRENT_PART, CURRENT_MA, CHARGE_PART, TRIP_US = 0.02, 0.2, 0.02, 0.5
# Of a comparator's delay: the one at rest has filters of milliseconds.
TRIP_PART = 0.05
CURRENT, CURRENT_SMALL = "current from 10 mA up, %", "current below, mA"
CHARGE, CHARGE_SMALL = "charge from 10 mA mean up, %", "charge below, mA mean"
TRIP, TRIP_LATE = "comparator in a phase, µs", "comparator at rest, % of its delay"
FIGURES = (CURRENT, CURRENT_SMALL, CHARGE, CHARGE_SMALL, TRIP, TRIP_LATE)
# INTERLOCK_N is low below
_LOW_V = 1.4
# Of the end of a phase: where its current is read, and how long its tail is
_BEFORE_S, _TAIL_S = 1e-6, 4.5e-6


@dataclass(frozen=True)
class Phase:
    """Current in the middle and at the end, and the charge."""

    mid_ma: float
    end_ma: float
    nc: float


@dataclass(frozen=True)
class Figures:
    """`trip_us`: after the first pulse began; None when no comparator pulled."""

    phases: tuple[Phase, ...]
    trip_us: float | None


def in_spice(circuit: Circuit, program: Program) -> Figures:
    waves = _waves(program.deck(circuit))
    t, ma = waves["time"], waves["i(v_pat)"] * 1e3
    phase_s = program.phase_us * 1e-6
    tail_s = min(_TAIL_S, 0.9e-6 * program.gap_us)
    phases = []
    for begin_s, sign, _ in program.phases():
        mid, end = np.interp([begin_s + phase_s / 2, begin_s + phase_s - _BEFORE_S], t, sign * ma)
        inside = (t >= begin_s - _BEFORE_S) & (t <= begin_s + phase_s + tail_s)
        nc = float(np.trapezoid(sign * ma[inside], t[inside])) * 1e6
        phases.append(Phase(round(float(mid), 4), round(float(end), 4), round(nc, 3)))
    low = t[(waves["v(il)"] - waves["v(pg)"] < _LOW_V) & (t > FIRST_S)]
    return Figures(tuple(phases), round((low[0] - FIRST_S) * 1e6, 3) if len(low) else None)


def _waves(deck: str) -> dict[str, spice.Wave]:
    """Another way of integrating, then larger steps, where ngspice finds no way on."""
    last: spice.Stopped | None = None
    for steps in (FINEST, FINE):
        for method in ("gear", "trap"):
            try:
                return spice.run(deck.replace(FINEST, steps).replace("=gear", f"={method}"))
            except spice.Stopped as stopped:
                last = stopped
    raise last or spice.Stopped("ngspice was not asked")


def in_twin(stage: Stage, program: Program) -> Figures:
    load = program.load
    skin = (load.skin_ohm, load.skin_nf) if load.skin_ohm > 1 else (0.0, 0.0)
    channel = StagedChannel(Electrode(load.body_ohm, *skin), stage)
    phases: list[Phase] = []
    trips: list[float] = []
    begins_s = [begin_s for begin_s, _, _ in program.phases()]
    phase_s = program.phase_us * 1e-6
    for (begin_s, sign, ma), next_s in zip(
        program.phases(), [*begins_s[1:], program.drive().end_s], strict=True
    ):
        before_nc = channel.total_nc
        channel.set_drive(_clock(begin_s), ma * 1e3, sign)
        trips += _pulls(begin_s, phase_s, channel.over_s(), channel.short_s())
        channel.advance(_clock(begin_s + phase_s / 2))
        mid_ma = channel.current_ua() / 1e3
        channel.advance(_clock(begin_s + phase_s - _BEFORE_S))
        end_ma = channel.current_ua() / 1e3
        end_s = begin_s + phase_s
        channel.set_drive(_clock(end_s), 0, 0)
        trips += _pulls(end_s, next_s - end_s, channel.rest_s())
        phases.append(Phase(mid_ma, end_ma, channel.total_nc - before_nc))
    return Figures(tuple(phases), min(trips, default=None))


def _pulls(from_s: float, lasts_s: float, *delays_s: float | None) -> list[float]:
    """When a comparator pulls that has so long, in µs after the first pulse began."""
    found = [delay_s for delay_s in delays_s if delay_s is not None and delay_s < lasts_s]
    return [(from_s + delay_s - FIRST_S) * 1e6 for delay_s in found]


def _clock(seconds: float) -> int:
    return round(seconds * 1e9 / NS_PER_CLOCK)


def apart(program: Program, circuit: Figures, twin: Figures) -> list[str]:
    """What is further apart than it may be, in words."""
    found = []
    for k, (one, other) in enumerate(zip(circuit.phases, twin.phases, strict=True)):
        name = f"program {program.seed}:{program.number}, phase {k}"
        for what, spice_ma, twin_ma in (
            ("middle", one.mid_ma, other.mid_ma),
            ("end", one.end_ma, other.end_ma),
        ):
            if abs(twin_ma - spice_ma) > max(CURRENT_MA, CURRENT_PART * abs(spice_ma)):
                found.append(f"{name}, {what}: {twin_ma:.3f} mA, ngspice {spice_ma:.3f}")
        most_nc = max(CURRENT_MA * program.phase_us, CHARGE_PART * abs(one.nc))
        if abs(other.nc - one.nc) > most_nc:
            found.append(f"{name}: {other.nc:.1f} nC, ngspice {one.nc:.1f}")
    return found + _trips_apart(program, circuit.trip_us, twin.trip_us)


def _trips_apart(program: Program, spice_us: float | None, twin_us: float | None) -> list[str]:
    if spice_us is None or twin_us is None:
        same = spice_us is twin_us
    else:
        most_us = max(TRIP_US, TRIP_PART * _after_us(program, spice_us))
        same = abs(spice_us - twin_us) <= most_us
    return (
        []
        if same
        else [f"program {program.seed}:{program.number} trips: {twin_us} µs, ngspice {spice_us}"]
    )


def _after_us(program: Program, trip_us: float) -> float:
    """How long after a leg rose or fell."""
    begins_us = [(begin_s - FIRST_S) * 1e6 for begin_s, _, _ in program.phases()]
    changes_us = [begin_us + late_us for begin_us in begins_us for late_us in (0, program.phase_us)]
    return trip_us - max(us for us in changes_us if us <= trip_us)


def of(circuit: Circuit, programs: Sequence[Program]) -> str:
    """Fingerprint of what ngspice was given."""
    decks = "\n".join(program.deck(circuit) for program in programs)
    return hashlib.sha256(decks.encode()).hexdigest()[:16]


def played(
    circuit: Circuit,
    programs: Sequence[Program],
    jobs: int,
    keep: Path,
    say: Callable[[int, int], None] = lambda done, of: None,
) -> list[Figures]:
    """What ngspice says; those that are kept of the same deck are not played again."""
    keep.mkdir(parents=True, exist_ok=True)
    found: dict[Program, Figures] = {}
    with ProcessPoolExecutor(jobs) as pool:
        futures = {}
        for program in programs:
            file = keep / f"{of(circuit, [program])}.json"
            if file.is_file():
                found[program] = from_json(file.read_text())
            else:
                futures[pool.submit(in_spice, circuit, program)] = program, file
        for future in as_completed(futures):
            program, file = futures[future]
            found[program] = future.result()
            file.write_text(to_json(found[program]) + "\n")
            say(len(found), len(programs))
    return [found[program] for program in programs]


def to_json(figures: Figures) -> str:
    """A line."""
    return json.dumps([[list(astuple(phase)) for phase in figures.phases], figures.trip_us])


def from_json(line: str) -> Figures:
    phases, trip_us = json.loads(line)
    return Figures(tuple(Phase(*phase) for phase in phases), trip_us)


def summary(programs: Sequence[Program], circuit: Sequence[Figures], stage: Stage) -> dict:
    """How far apart the two are: of 95 of 100 figures and at worst; and in words what is further
    apart than it may be.
    """
    seen: dict[str, list[float]] = {name: [] for name in FIGURES}
    wrong = []
    for program, one in zip(programs, circuit, strict=True):
        other = in_twin(stage, program)
        wrong += apart(program, one, other)
        for name, value in _figures(program, one, other):
            seen[name].append(value)
    kinds = [program.kind for program in programs]
    return {
        "programs": {kind: kinds.count(kind) for kind in (SOUND, SHORT, OVER)},
        "figures": {name: _spread(values) for name, values in seen.items() if values},
        "apart": wrong,
    }


def _figures(program: Program, one: Figures, other: Figures) -> Iterator[tuple[str, float]]:
    for a, b in zip(one.phases, other.phases, strict=True):
        for spice_ma, twin_ma in ((a.mid_ma, b.mid_ma), (a.end_ma, b.end_ma)):
            yield _either(CURRENT, CURRENT_SMALL, spice_ma, twin_ma)
        mean_ma, twin_mean_ma = a.nc / program.phase_us, b.nc / program.phase_us
        yield _either(CHARGE, CHARGE_SMALL, mean_ma, twin_mean_ma)
    if one.trip_us is not None and other.trip_us is not None:
        late_us, off_us = _after_us(program, one.trip_us), abs(one.trip_us - other.trip_us)
        at_rest = late_us * TRIP_PART > TRIP_US
        yield (TRIP_LATE, off_us / late_us * 100) if at_rest else (TRIP, off_us)


def _either(large: str, small: str, spice_ma: float, twin_ma: float) -> tuple[str, float]:
    """In per cent where two of them are more than 0.2 mA."""
    if abs(spice_ma) > CURRENT_MA / CURRENT_PART:
        return large, abs(twin_ma / spice_ma - 1) * 100
    return small, abs(twin_ma - spice_ma)


def _spread(values: Sequence[float]) -> dict:
    return {
        "count": len(values),
        "p95": round(float(np.percentile(values, 95)), 3),
        "worst": round(max(values), 3),
    }
