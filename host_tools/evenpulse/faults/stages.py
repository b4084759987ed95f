"""Where a session is when the fault strikes: one row each. How a copy of a twin gets there, and
what a person does afterwards.

`case` is what is played: its twin, its random numbers, its clocks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from evenpulse.faults.judge import Prescription
from evenpulse.faults.situations import ENDING_MINUTES, ENDING_MS, SITUATIONS, begun
from evenpulse.faults.table import Fault
from evenpulse.twin.flash_time import flash_takes_time
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

# Most time before the fault
_WAIT_MS = 250
# After it: more than the watchdog's time and a boot, and a full second of output
_LOOK_MS = 1_050
_STOP_HELD_MS, _STOP_LOOK_MS = 100, 140
_START_HOLD_MS, _HELD_MS = 1_000, 1_100
_ARM_MS, _FIRST_STEPS = 1_200, 3
# From a press to the last pulse: debouncing, a round, and what a fault may take to be answered
_END_MS = 160
_SELF_TEST_MS = 450
# What the second timer allows the first, a round, the last pulse
_OVER_MS = 300
# A change of the current is journaled two seconds later
_WRITE_MS = 2_400


class Played(Protocol):
    """A case, as far as a stage goes. Clocks are those of all its lives together."""

    twin: Twin
    rng: Random
    rx: Prescription
    situation: int
    risen: int
    stop: int | None
    started: int | None
    over: int | None
    asked: int | None

    @property
    def now(self) -> int: ...
    def attach(self) -> None: ...
    def alive(self) -> bool: ...
    def run_ms(self, milliseconds: float) -> None: ...
    def run_until_high(self, role: str, limit_ms: float) -> bool: ...
    def run_until_ready(self) -> None: ...


@dataclass(frozen=True)
class Stage:
    """`base`: the twin that is copied. `steps`: current asked for, in steps; None: the
    situation's.
    """

    name: str
    base: str
    walk: Callable[[Played], None]
    after: Callable[[Played], None]
    fits: Callable[[Fault], bool] = lambda fault: True
    steps: int | None = None
    weight: int = 1


def look(case: Played) -> None:
    """A second of whatever comes; and then STOP."""
    case.run_ms(_LOOK_MS)
    if case.alive():
        case.stop = case.now
        case.twin.press("STOP", _STOP_HELD_MS)
        case.run_ms(_STOP_LOOK_MS)


# --- ways there -----------------------------------------------------------------------------------


def _anywhere(case: Played) -> None:
    """Anywhere in time, or (as often) anywhere in the neighbourhood of a pulse."""
    rng, loop = case.rng, case.twin.chip.loop
    loop.run_to(loop.now + rng.randrange(_WAIT_MS * CLOCKS_PER_MS))
    if rng.random() < 0.5:
        channel = rng.choice(SITUATIONS[case.situation].channels)
        if case.run_until_high(f"CH{channel}_A", _LOOK_MS):
            loop.run_to(max(loop.now, case.risen + rng.randrange(1, 2 * case.rx.pulse_clocks)))


def _some(case: Played, milliseconds: float) -> None:
    case.run_ms(case.rng.uniform(0, milliseconds))


def _in_ready(case: Played) -> None:
    _some(case, _WAIT_MS)


def _armed(case: Played) -> None:
    """START held; then ARMED, the first pulses at 0, the first steps."""
    _begin(case)
    case.run_until_high("HV_EN", 2 * _HELD_MS)
    _some(case, _ARM_MS)


def _begin(case: Played) -> None:
    """START held, and UP pressed a few times once the session runs."""
    twin = case.twin
    twin.press("START", _HELD_MS)
    for step in range(_FIRST_STEPS):
        twin.at(
            twin.now + (_HELD_MS + 300 + 300 * step) * CLOCKS_PER_MS, lambda: twin.press("UP", 60)
        )


def _pausing(case: Played) -> None:
    case.twin.press("START", 60)
    case.asked, case.over = case.now, case.now + _END_MS * CLOCKS_PER_MS
    _some(case, 2 * _END_MS)


def _ending(case: Played) -> None:
    """SELECT held, and held again when it asks. When it is over the session says itself."""
    case.twin.press("SELECT", _HELD_MS)
    case.run_ms(_HELD_MS + _END_MS)
    case.twin.press("SELECT", _HELD_MS)
    _some(case, _HELD_MS + 2 * _END_MS)


def _near_its_end(case: Played) -> None:
    """The end by the session's own time is still to come."""
    case.asked = begun(case.twin) + round(ENDING_MINUTES * 60_000) * CLOCKS_PER_MS
    case.over = case.asked + _OVER_MS * CLOCKS_PER_MS
    _some(case, ENDING_MS)


def _booting(case: Played) -> None:
    case.twin.power_off()
    case.twin.power_on(usb=False)
    case.attach()
    _some(case, _SELF_TEST_MS)


def _writing(case: Played) -> None:
    """Flash takes its time, as on silicon, and the core stands still meanwhile."""
    case.twin.press("DOWN", 60)
    flash_takes_time(case.twin)
    end = case.now + _WRITE_MS * CLOCKS_PER_MS
    while not case.twin.chip.loop.frozen and case.now < end:
        case.run_ms(1)
    _some(case, 4)


# --- what a person does then ----------------------------------------------------------------------


def _let_it_end(case: Played) -> None:
    """Nobody presses anything: how long the session is shows by itself."""
    case.run_ms(max(0, (case.over or 0) - case.now) / CLOCKS_PER_MS + _END_MS)


def _start_and_look(case: Played) -> None:
    """The device as it now is: does it start, and is what it gives then as it must be?"""
    case.run_ms(300)
    if case.twin.state == 0:
        case.run_until_ready()
    case.started = case.now
    _begin(case)
    case.run_ms(_HELD_MS)
    look(case)


def _resume_and_look(case: Played) -> None:
    case.run_ms(300)
    case.started = max(case.now, case.over or 0) + 1
    case.twin.press("START", _HELD_MS)
    case.run_ms(_HELD_MS)
    look(case)


def _leave_alone(case: Played) -> None:
    """Unplugged, with nobody holding anything: nothing may come."""
    case.run_ms(300)
    case.twin.plug(False)
    case.over = case.now
    case.run_ms(400)


def _in_session(fault: Fault) -> bool:
    """It needs pulses, or words on their way."""
    return not fault.session and not fault.by_pulse


STAGES = (
    Stage("running", "running", _anywhere, look, weight=9),
    Stage(
        "READY", "ready", _in_ready, _start_and_look, lambda fault: not fault.by_pulse, _FIRST_STEPS
    ),
    Stage(
        "ARMED and the first steps",
        "ready",
        _armed,
        look,
        lambda fault: not fault.by_pulse,
        _FIRST_STEPS,
        weight=2,
    ),
    Stage("PAUSE", "running", _pausing, _resume_and_look, lambda fault: not fault.by_pulse),
    Stage("END", "running", _ending, look, lambda fault: not fault.by_pulse),
    Stage("near its end", "ending", _near_its_end, _let_it_end),
    Stage("self-test", "ready", _booting, _start_and_look, _in_session, _FIRST_STEPS),
    Stage("while a prescription is offered", "offered", _in_ready, _leave_alone, _in_session, 0),
    Stage("while flash is written", "running", _writing, look),
)
BY_WEIGHT = tuple(stage for stage in STAGES for _ in range(stage.weight))
RUNNING_STAGE = STAGES[0]
