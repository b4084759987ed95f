"""docs/reference/scenario.md: what a scenario says, and every event, from the table that the
player reads.
"""

from evenpulse.reference import tables
from evenpulse.scenario import events, parameters

_ABOUT = """\
What happens around a twin, and when: a TOML file for `evenpulse twin run`. `evenpulse twin new`
writes one to begin with, in which each event stands with an example; `evenpulse twin check` says
what is wrong in one. Time 0 is READY after power-on, with the prescription accepted and USB
unplugged.

An event is a table `[[event]]` with `at_ms`, `do`, and the parameters of that event. A fraction of
a millisecond counts, to the clock of 8 ns. Two events that cannot both happen are refused: a
button pressed while it is held, a loop opened that is open.\
"""
_TOP = (
    ("`board`", "a board of this project"),
    ("`prescription`", "a TOML file, relative to this one; signed with the twin's own key"),
    ("`until_ms`", "where the run ends, at most a day"),
    (
        "`circuit`",
        "true: current as the board's circuit gives it; else as board.py promises it",
    ),
    ("`[load]`", "`ch1_ohm`, `ch1_skin_ohm`, `ch1_skin_nf`, and the same of `ch2`"),
    ("`[[event]]`", "what happens, as often as wanted, in any order"),
)


def text() -> str:
    """The page."""
    parts = [
        tables.head(
            "A scenario", "`host_tools/evenpulse/scenario/events.py` and `parameters.py`", _ABOUT
        )
    ]
    parts.append("## The file\n\n" + tables.table(("key", "what"), _TOP))
    kinds = [
        (f"`{name}`", kind.says, _codes(kind.must), _codes(kind.may))
        for name, kind in events.EVENTS.items()
    ]
    parts.append(
        "## Events\n\n" + tables.table(("`do`", "what happens", "needs", "may have"), kinds)
    )
    rows = [
        (f"`{name}`", one.means, one.unit or None, _range(one))
        for name, one in parameters.PARAMETERS.items()
    ]
    parts.append("## Parameters\n\n" + tables.table(("parameter", "means", "unit", "may be"), rows))
    return "\n".join(parts)


def _codes(names: list[str]) -> str | None:
    return ", ".join(f"`{name}`" for name in names) or None


def _range(one: parameters.Parameter) -> str:
    if one.choices:
        return "what the board has" if one.of_board else ", ".join(map(str, one.choices({})))
    kind = "whole, " if one.whole else ""
    step = f", a multiple of {one.multiple_of}" if one.multiple_of > 1 else ""
    return f"{kind}{'above 0' if one.above_0 else '0'} to {one.most}{step}"
