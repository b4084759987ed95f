"""I1 to I6: each fault at many random clocks of the pulse period, in copies of one running twin;
the worst of all is told.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from evenpulse.bench import stock
from evenpulse.bench.rows import Row, row
from evenpulse.emulator import crash, fork
from evenpulse.twin.states import RUNNING
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

_RATE_PPS, _PHASE_US, _GAP_US, _UPS = 100, 400, 100, 5
_PERIOD = 125_000_000 // _RATE_PPS
_CLOCKS_PER_US = 125
_LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")
# A second, in which the device does all that it ever does; else a period
_SPANS = {"I5": 125_000_000}
_LOOK_EVERY = 10 * _CLOCKS_PER_US
_C_WORKS_MOST = 100 * CLOCKS_PER_MS
_EXCEPTIONS = ("RuntimeError", "MemoryError", "SystemExit", "KeyboardInterrupt")


@dataclass(frozen=True)
class _Case:
    """A twin at the clock of its fault, chance for the rest, and the symbols of its firmware."""

    twin: Twin
    chance: random.Random
    symbols: dict[str, tuple[int, int]]
    began: int


def _pin(twin: Twin, role: str) -> int:
    return twin.board["PINS"][role][0]


def _off_after(case: _Case, roles: tuple[str, ...] = (*_LEGS, "HV_EN")) -> int | None:
    """Clocks until all of them are low for good; None when one still is high."""
    twin, began = case.twin, case.began
    pins = {_pin(twin, role) for role in roles}
    if any(twin.chip.pads.levels[pin] for pin in pins):
        return None
    return max(
        [
            clock - began
            for clock, pin, level in twin.edges
            if pin in pins and not level and clock >= began
        ],
        default=0,
    )


def _pull(case: _Case) -> int | None:
    case.twin.world.pull_interlock("bench", True)
    case.twin.run_clocks(64)
    return _off_after(case)


def _freeze(case: _Case) -> int | None:
    case.twin.freeze()
    case.twin.run_ms(110)
    return _off_after(case)


def _stick(case: _Case) -> int | None:
    """A leg's driver stays high: until HV_EN, and with it the current, is off; counted from
    where the leg would have been low.
    """
    twin, role = case.twin, case.chance.choice(_LEGS)
    high_since = next(
        (clock for clock, pin, level in reversed(twin.edges) if pin == _pin(twin, role)), 0
    )
    was_high = twin.chip.pads.levels[_pin(twin, role)]
    twin.stick(role)
    twin.run_ms(2)
    off = _off_after(case, ("HV_EN",))
    return None if off is None else off + (case.began - high_since if was_high else 0)


def _reset_by_watchdog(case: _Case) -> int | None:
    twin = case.twin
    twin.freeze()
    resets = twin.chip.resets
    twin.run_until(lambda: twin.chip.resets > resets, 600, 0.5)
    return (
        twin.now - case.began
        if twin.chip.resets > resets and _off_after(case) is not None
        else None
    )


def _raise(case: _Case) -> int | None:
    """From where the interpreter raises it: an exception is raised by what it executes, and while C
    works for it (memory is collected, a page of flash written) it executes nothing.
    """
    twin = case.twin
    to_come = crash.raise_exception(twin.chip, case.symbols, case.chance.choice(_EXCEPTIONS))
    raised = twin.now
    while to_come() and twin.now < case.began + _C_WORKS_MOST:
        raised = twin.now
        twin.run_clocks(_LOOK_EVERY)
    twin.run_ms(2)
    alive = any(machine.enabled for pio in twin.chip.rp2040.pio for machine in pio.machines)
    return None if alive or to_come() else _off_after(replace(case, began=raised))


def _lead(case: _Case) -> int | None:
    """Pulses of the channel that begin after its lead came off or was shorted; the first of them
    shows it.
    """
    twin, index = case.twin, case.chance.randrange(2)
    twin.world.change_electrode(index, **case.chance.choice(({"open": True}, {"series_ohm": 0.0})))
    twin.run_ms(45)
    leg = _pin(twin, _LEGS[2 * index])
    begun = sum(
        pin == leg and bool(level) and clock >= case.began for clock, pin, level in twin.edges
    )
    return None if twin.state == RUNNING else max(0, begun - 1)


# Id: (fault, clocks in a unit, unit, limit, what)
Fault = Callable[[_Case], int | None]
ROWS: dict[str, tuple[Fault, int, str, int, str]] = {
    "I1": (
        _pull,
        1,
        "clocks",
        8,
        "INTERLOCK_N low to all outputs low (silicon adds 2 clocks of synchroniser)",
    ),
    "I2": (_freeze, CLOCKS_PER_MS, "ms", 100, "CPU frozen to outputs low and high-Z"),
    "I3": (
        _stick,
        _CLOCKS_PER_US,
        "us",
        _PHASE_US + 5,
        f"a leg stuck high to off; phases of the program {_PHASE_US} us",
    ),
    "I4": (
        _reset_by_watchdog,
        CLOCKS_PER_MS,
        "ms",
        500,
        "CPU frozen to the watchdog's reset, outputs off",
    ),
    "I5": (
        _raise,
        CLOCKS_PER_MS,
        "ms",
        1,
        "exception raised (out of memory, soft reset, Ctrl-C too) to outputs low, no state machine "
        "alive",
    ),
    "I6": (
        _lead,
        1,
        "pulses",
        0,
        f"pulses beyond the one that shows it, after lead-off or short at {_UPS} mA",
    ),
}


def measure(cases: int, say: Callable[[str], None]) -> list[Row]:
    """A row for each, from `cases` random clocks of the pulse period."""
    twin = stock.running(rate_pps=_RATE_PPS, phase_us=_PHASE_US, gap_us=_GAP_US)
    for _ in range(_UPS):
        twin.press("UP", 60)
        twin.run_ms(260)
    twin.run_ms(300)
    symbols = crash.symbols(twin.firmware.with_suffix(".elf"))
    rows = []
    for id_, (fault, scale, unit, limit, what) in ROWS.items():
        say(f"{id_}: {cases} random clocks")

        def _case(number: int, fault: Fault = fault, id_: str = id_) -> int | None:
            chance = random.Random(f"{id_} {number}")
            twin.run_clocks(chance.randrange(_SPANS.get(id_, _PERIOD)))
            return fault(_Case(twin, chance, symbols, twin.now))

        found = fork.each(range(cases), _case)
        span = "second" if id_ in _SPANS else "period"
        value = None if None in found else round(max(found) / scale, 3)
        rows.append(
            row(id_, value, unit, limit, f"{what}; worst of {cases} random clocks of a {span}")
        )
    return rows
