"""docs/reference/board.md: what a board.py must say, from the table that build, host and device
check it with.
"""

from stimcore import board_facts, flash_map

from evenpulse.reference import tables

_ABOUT = """\
What each of them means, and how to add a board, is in [boards/README.md](../../boards/README.md).
A board may only tighten what is compiled in.\
"""
_CHANNELS = 2
# Roles and areas are the checker's own: nothing but it and this page has to know them, hence their
# underscores.


def text() -> str:
    """The page."""
    parts = [tables.head("A board", "`firmware/stimcore/board_facts.py`", _ABOUT)]
    numbers = [
        (f"`{name}`", low, high, _needed(by), source)
        for name, low, high, source, by in board_facts.NUMBERS
    ]
    parts.append(
        "## Numbers\n\n" + tables.table(("fact", "from", "to", "needed", "limit's source"), numbers)
    )
    order = [
        (f"`{name}`", f"`{least}`", _needed(by), why) for name, least, why, by in board_facts.ORDER
    ]
    parts.append(
        "## Not below another\n\n" + tables.table(("fact", "at least", "needed", "why"), order)
    )
    parts.append("## True or False\n\n" + "".join(f"* `{name}`\n" for name in board_facts.SWITCHES))
    parts.append("## Roles of PINS\n\nOf a board with two channels.\n\n" + _roles())
    areas = [(f"`{name}_OFFSET`, `{name}_BYTES`", sectors) for name, sectors in flash_map.AREAS]
    parts.append(
        "## Flash areas\n\n" + tables.table(("facts", "sectors of 4096 bytes at least"), areas)
    )
    return "\n".join(parts)


def _roles() -> str:
    rows = []
    for role, (kind, by) in sorted(board_facts._roles(_CHANNELS).items()):
        direction, active, safe, pull = kind
        rows.append((f"`{role}`", direction, active, safe, pull, _needed(by)))
    return tables.table(("role", "direction", "active", "safe", "pull", "needed"), rows)


def _needed(by: str | None) -> str:
    if by is None:
        return "may be there"
    if by == "":
        return "always"
    return "with an output stage" if by == "OUTPUT_STAGE" else f"with `{by}`"
