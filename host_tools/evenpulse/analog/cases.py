"""One case: a fault at a moment, a load, an amplitude; played without the interlock, and again with
the pins cut where it would have cut.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from evenpulse.analog import breaking, deck, judge, reactions, spice
from evenpulse.analog.breaking import Fault
from evenpulse.analog.deck import LOADS, Drive, World
from evenpulse.analog.netlist import Circuit

ALWAYS = "always"
# Those first that tell most
MOMENTS = ((ALWAYS, "rest"), ("phase A",), ("gap",))
AMPLITUDES_MA = (10.0, 40.0)
# From 8.5 to 9 mA a current may be above the cap and a tenth, and its phases less than an eighth
# apart: no sample minds. A shorted diode of leg B was unsafe there, when it was the only one.
BETWEEN = (8.7, "1 kΩ and dry skin")
# The strongest current that may flow for the longest phase, 500 µs, by the limit of charge; or a
# board's full scale
STRONG_MA, STRONG_LOAD = 60.0, "500 Ω"
# (mA, load), where most was found first: skin's charge makes a broken bridge look sound to a
# sample, and a low cap is passed by currents that no comparator minds.
WAYS = (
    (40.0, "500 Ω"),
    (40.0, "1 kΩ and dry skin"),
    (10.0, "200 Ω"),
    (10.0, "1 kΩ and dry skin"),
    BETWEEN,
    (40.0, "200 Ω"),
    (40.0, "2 kΩ"),
    (10.0, "500 Ω"),
    (40.0, "500 Ω and skin"),
    (10.0, "2 kΩ"),
    (10.0, "500 Ω and skin"),
)
# {fault: why}: unsafe, known and named in the README and the pages.
_LETS_GO_LATE = "above 45 mA a level that stays lets go after more than 30 µC"
LIMITS = {
    "X_ia stuck high": _LETS_GO_LATE,
    "X_ib stuck high": _LETS_GO_LATE,
    "X_ref 10 % high": "between a tenth above the cap and half a milliampere more nobody acts",
}
# Who would have cut, and what the patient got with that and without
_Both = tuple[reactions.Reaction | None, judge.Outcome, judge.Outcome]
_REST_AFTER_S = 2e-3
# Of direct current: from 58 µA on the comparator at rest acts, within a second.
_MAY_BE_SEEN_UA = 50
# Of a limit of the judge: from there on the solver takes finer steps.
_NEAR = 0.8
# After a cut: the judge looks for current 100 ms later.
_AFTER_S = 150e-3


@dataclass(frozen=True)
class Scale:
    """Of a board: current at 100 % of its amplitude's PWM, and what its converter sees of one."""

    full_ma: float
    mv_per_ma: float


NMES2 = Scale(100.0, reactions.MV_PER_MA)


def scale_of(board: dict) -> Scale:
    return Scale(board["FULL_SCALE_UA"] / 1e3, board["SENSE_NV_PER_UA"] / 1e3)


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


def ways_of(scale: Scale) -> tuple[tuple[float, str], ...]:
    """(mA, load) on a board."""
    return (*WAYS, (min(STRONG_MA, scale.full_ma), STRONG_LOAD))


def all_cases(faults: list[Fault], scale: Scale = NMES2) -> list[Case]:
    """Those that tell most first: every fault once, then at every load and amplitude, then at the
    other moments.
    """
    return [
        Case(fault, moment, load, ma)
        for moments in MOMENTS
        for ma, load in ways_of(scale)
        for moment in moments
        for fault in faults
        if fault.always == (moment == ALWAYS)
    ]


def play(circuit: Circuit, drive: Drive, case: Case, scale: Scale = NMES2) -> dict:
    """The result as a row of JSON."""
    stopped: spice.Stopped | None = None
    for contacts in (breaking.HARD, breaking.SOFT, breaking.SOFTER):
        try:
            row = _row(circuit, drive, case, scale, contacts)
        except spice.Stopped as no:
            stopped = stopped or no
            continue
        return row if contacts is breaking.HARD else {**row, "asked": str(contacts)}
    return {"case": case.key, "stopped": stopped.seen.splitlines()[:1] if stopped else []}


def _row(
    circuit: Circuit, drive: Drive, case: Case, scale: Scale, contacts: breaking.Contacts
) -> dict:
    scaled = Drive(drive.pins, case.ma / scale.full_ma, drive.end_s)
    at_s = moment_s(phases_of(drive), case.moment)
    broken, world = breaking.apply(circuit, World(LOADS[case.load]), case.fault, at_s, contacts)
    played = partial(_played, partial(_both, broken, world, case, at_s, scale), scaled)
    cut, outcome, without = played(deck.OPTIONS)
    near = _near(outcome)
    if near:
        cut, outcome, without = played(deck.FINER)
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
        **({"finer": True} if near else {}),
    }


def _played(both: Callable[[Drive, str], _Both], drive: Drive, steps: str) -> _Both:
    """As long as it takes."""
    found = both(drive, steps)
    longer = _longer(drive, *found[:2])
    return both(longer, steps) if longer else found


def _near(outcome: judge.Outcome) -> bool:
    """What the solver's quick steps may decide wrongly, either way."""
    flows = outcome.flow_uc > _NEAR * judge.FLOW_UC_MAX
    return bool(outcome.unsafe) or flows or abs(outcome.dc_ua) > _NEAR * judge.DC_UA_MAX


def _longer(drive: Drive, cut: reactions.Reaction | None, outcome: judge.Outcome) -> Drive | None:
    """What two pulses cannot say: series capacitors charge, and are seen; or the fault came after
    the first of them, and one pulse above the cap is what a cut may cost.
    """
    goes_on = not cut or cut.at_s >= drive.end_s
    direct = abs(outcome.dc_ua) > _MAY_BE_SEEN_UA
    if goes_on and direct and all("d.c." in text for text in outcome.unsafe):
        return again(drive, round(1 / drive.end_s))
    return again(drive, 2) if goes_on and outcome.pulses_over == 1 else None


def _both(
    broken: Circuit,
    world: World,
    case: Case,
    at_s: float,
    scale: Scale,
    drive: Drive,
    steps: str,
) -> _Both:
    """Who would have cut, and what the patient got with that and without."""
    phases = phases_of(drive)
    period_s = phases[2][0] - phases[0][0]
    bare = deck.solved(deck.text(broken, drive, world), first=steps)
    cut = reactions.first(bare, phases, case.ma, case.ma, scale.mv_per_ma, at_s)
    without = judge.judge(bare, case.ma, at_s, period_s, None)
    if cut and cut.at_s < drive.end_s:
        shorter = replace(drive, end_s=min(drive.end_s, cut.at_s + _AFTER_S))
        stopped = deck.solved(deck.text(broken, shorter.cut(cut.at_s), world), first=steps)
        return cut, judge.judge(stopped, case.ma, at_s, period_s, cut.at_s), without
    lasts_s = min(1.0, cut.at_s) if cut else 1.0
    return cut, judge.judge(bare, case.ma, at_s, period_s, None, lasts_s), without


def again(drive: Drive, times: int) -> Drive:
    """The same pulses so many times."""
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


def rounded(outcome: judge.Outcome) -> dict:
    return {
        name: round(value, 2) if isinstance(value, float) else value
        for name, value in outcome.as_dict().items()
    }
