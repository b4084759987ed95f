"""One broken part with the real firmware: SPICE with the firmware's edges, the firmware with
SPICE's lines, and again with the edges that it then made, until both say the same.
"""

from dataclasses import dataclass

from evenpulse.analog import breaking, cases, judge, reactions
from evenpulse.analog.deck import LOADS, Drive, World, solved, text
from evenpulse.analog.netlist import Circuit
from evenpulse.analog.spice import Wave
from evenpulse.base.errors import Problem
from evenpulse.looped.session import Answer, Session

SHORT_S, LONG_S = 40e-3, 1.0
_AFTER_S = 150e-3
# The solver's steps are not the same when a run ends elsewhere. A comparator that is reached slowly
# is found some microseconds sooner each time, until its steps are small there.
_SAME_S, _TRIES = 2e-6, 8


@dataclass(frozen=True)
class Way:
    """What a broken part is played at."""

    ma: int
    load: str


# Two loads and two amplitudes: skin's charge makes a broken bridge look sound to a sample, and a
# low cap is passed by currents that no comparator minds.
FIRST, *OTHERS = (Way(ma, load) for load in ("500 Ω", "1 kΩ and dry skin") for ma in (40, 10))
WAYS = (FIRST, *OTHERS)


@dataclass(frozen=True)
class Looped:
    """What came of it: the firmware's answer, and what the patient got."""

    answer: Answer
    outcome: judge.Outcome
    modelled: reactions.Reaction | None


def play(
    session: Session, circuit: Circuit, fault: breaking.Fault, moment: str, way: Way = FIRST
) -> dict:
    """The result as a row of JSON; the session is one at the way's amplitude."""
    at_s = cases.moment_s(cases.phases_of(session.drive(SHORT_S)), moment)
    broken, world = breaking.apply(circuit, World(LOADS[way.load]), fault, at_s)
    found = looped(session, broken, world, at_s, SHORT_S, way.ma)
    if found.answer.at_s is None and (
        found.outcome.unsafe or found.outcome.pulses_over or found.modelled
    ):
        # What two pulses cannot say: means, and series capacitors that charge.
        found = looped(session, broken, world, at_s, LONG_S, way.ma)
    told = {"part": fault.part, "fault": fault.what, "moment": moment}
    return {**told, "load": way.load, "ma": way.ma, **_row(found, at_s)}


def looped(
    session: Session, broken: Circuit, world: World, at_s: float, end_s: float, ma: int
) -> Looped:
    drive = session.drive(end_s)
    waves = solved(text(broken, drive, world))
    phases = cases.phases_of(drive)
    modelled = reactions.first(waves, phases, ma, ma, since_s=at_s)
    answer, waves = _settled(session, broken, world, session.answer(waves, end_s), drive, waves)
    period_s = phases[2][0] - phases[0][0]
    return Looped(answer, judge.judge(waves, ma, at_s, period_s, answer.at_s), modelled)


def _settled(
    session: Session,
    broken: Circuit,
    world: World,
    answer: Answer,
    drive: Drive,
    waves: dict[str, Wave],
) -> tuple[Answer, dict[str, Wave]]:
    """The firmware's answer to waves that its own edges made."""
    for _ in range(_TRIES):
        if answer.at_s is None:
            return answer, waves
        end_s = min(drive.end_s, answer.at_s + _AFTER_S)
        waves = solved(text(broken, Drive(answer.pins, drive.duty, end_s), world))
        again = session.answer(waves, end_s)
        if again.at_s is not None and abs(again.at_s - answer.at_s) < _SAME_S:
            return again, waves
        answer = again
    raise Problem("firmware and circuit do not agree on when it cut", seen=str(answer.at_s))


def _row(found: Looped, at_s: float) -> dict:
    answer, modelled = found.answer, found.modelled
    return {
        "reason": answer.reason,
        "after_us": _after_us(answer.at_s, at_s),
        "modelled": modelled.who if modelled else "",
        "modelled_us": _after_us(modelled.at_s if modelled else None, at_s),
        "with": cases.rounded(found.outcome),
    }


def _after_us(when_s: float | None, at_s: float) -> float | None:
    return None if when_s is None else round((when_s - at_s) * 1e6, 2)
