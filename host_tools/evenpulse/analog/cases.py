"""One case: a fault at a moment, a load, an amplitude; played without the interlock, and again with
the pins cut where it would have cut.
"""

from dataclasses import dataclass, replace

from evenpulse.analog import breaking, deck, judge, reactions, spice
from evenpulse.analog.breaking import Fault
from evenpulse.analog.deck import LOADS, Drive, World
from evenpulse.analog.netlist import Circuit

MOMENTS = ("phase A", "gap", "rest")
ALWAYS = "always"
AMPLITUDES_MA = (10.0, 40.0)
_REST_AFTER_S = 2e-3
_FULL_MA = 100.0
# After a cut: the judge looks for current 100 ms later.
_AFTER_S = 150e-3


@dataclass(frozen=True)
class Case:
    """Cap and asked current are the same: the least that may be too much."""

    fault: Fault
    moment: str
    load: str
    ma: float

    @property
    def key(self) -> str:
        return f"{self.fault.name} | {self.moment} | {self.load} | {self.ma:g} mA"


def all_cases(faults: list[Fault]) -> list[Case]:
    """Those that tell most first: every fault at 500 Ω, then the other loads and amplitudes."""
    order = ["500 Ω", "500 Ω and skin", *(name for name in LOADS if "500" not in name)]
    return [
        Case(fault, moment, load, ma)
        for ma, load, moment in _ways(order)
        for fault in faults
        if fault.always == (moment == ALWAYS)
    ]


def _ways(loads: list[str]) -> list[tuple[float, str, str]]:
    ways = [(ma, load, m) for load in loads for ma in AMPLITUDES_MA for m in (ALWAYS, *MOMENTS)]
    first = [(40.0, "500 Ω", "rest"), (40.0, "500 Ω", "phase A"), (40.0, "500 Ω", ALWAYS)]
    return first + [way for way in ways if way not in first]


def play(circuit: Circuit, drive: Drive, case: Case) -> dict:
    """The result as a row of JSON."""
    scaled = Drive(drive.pins, case.ma / _FULL_MA, drive.end_s)
    at_s = moment_s(phases_of(drive), case.moment)
    broken, world = breaking.apply(circuit, World(LOADS[case.load]), case.fault, at_s)
    try:
        cut, outcome, without = _both(broken, world, scaled, case, at_s)
        if not cut and outcome.unsafe and all("d.c." in text for text in outcome.unsafe):
            # What two pulses cannot say: series capacitors charge, and are seen.
            cut, outcome, without = _both(broken, world, for_a_second(scaled), case, at_s)
    except spice.Stopped as stopped:
        return {"case": case.key, "stopped": stopped.seen.splitlines()[:1]}
    return {
        "case": case.key,
        "part": case.fault.part,
        "fault": case.fault.what,
        "moment": case.moment,
        "load": case.load,
        "ma": case.ma,
        "who": cut.who if cut else "",
        "reason": cut.reason if cut else "",
        "after_us": round((cut.at_s - at_s) * 1e6, 2) if cut else None,
        "with": rounded(outcome),
        "without": rounded(without),
    }


def _both(
    broken: Circuit, world: World, drive: Drive, case: Case, at_s: float
) -> tuple[reactions.Reaction | None, judge.Outcome, judge.Outcome]:
    """Who would have cut, and what the patient got with that and without."""
    phases = phases_of(drive)
    period_s = phases[2][0] - phases[0][0]
    bare = waves(deck.text(broken, drive, world))
    # What came before the fault is nobody's reaction.
    later = [phase for phase in phases if phase[0] + reactions.SAMPLE_S > at_s]
    cut = reactions.first(after(bare, at_s), later, case.ma, case.ma)
    without = judge.judge(bare, case.ma, at_s, period_s, None)
    if cut and cut.at_s < drive.end_s:
        shorter = replace(drive, end_s=min(drive.end_s, cut.at_s + _AFTER_S))
        stopped = waves(deck.text(broken, shorter.cut(cut.at_s), world))
        return cut, judge.judge(stopped, case.ma, at_s, period_s, cut.at_s), without
    lasts_s = min(1.0, cut.at_s) if cut else 1.0
    return cut, judge.judge(bare, case.ma, at_s, period_s, None, lasts_s), without


def waves(text: str) -> dict[str, spice.Wave]:
    """A solver that stops is asked once more, with smaller steps."""
    try:
        return spice.run(text)
    except spice.Stopped:
        return spice.run(text.replace(deck.OPTIONS, deck.CAREFUL))


def for_a_second(drive: Drive) -> Drive:
    """The same pulses again and again, for a second."""
    times = round(1 / drive.end_s)
    pins = {
        pin: [(s + k * drive.end_s, level) for k in range(times) for s, level in steps]
        for pin, steps in drive.pins.items()
    }
    return Drive(pins, drive.duty, times * drive.end_s)


def phases_of(drive: Drive) -> list[tuple[float, str]]:
    """(begin, leg) of each phase, as the pins have them."""
    rises = [
        (s, leg)
        for pin, leg in (("pa", "A"), ("pb", "B"))
        for s, level in drive.pins[pin]
        if level and s > 0
    ]
    return sorted(rises)


def moment_s(phases: list[tuple[float, str]], moment: str) -> float:
    """A time inside the first pulse, or after it."""
    (a_s, _), (b_s, _) = phases[:2]
    return {
        ALWAYS: 0.0,
        "phase A": a_s + (b_s - a_s) / 3,
        "gap": b_s - 20e-6,
        "rest": b_s + _REST_AFTER_S,
    }[moment]


def after(waves: dict, at_s: float) -> dict:
    later = waves["time"] >= at_s
    return {name: wave[later] for name, wave in waves.items()}


def rounded(outcome: judge.Outcome) -> dict:
    return {
        name: round(value, 2) if isinstance(value, float) else value
        for name, value in outcome.as_dict().items()
    }
