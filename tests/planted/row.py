"""What a row of the tables is: one defect that is planted, and how rows of one file are written
together.
"""

from typing import NamedTuple


class Defect(NamedTuple):
    """What is wrong, where (`find` stands there once) and what stands there instead, the hazard of
    firmware/SAFETY.md that it belongs to, and the tests that must see it. `why`: of one that no
    test can see, the reason.
    """

    name: str
    file: str
    find: str
    instead: str
    hazard: str
    seen_by: tuple[str, ...]
    why: str = ""


def of(file: str, seen_by: str, *rows: tuple[str, ...]) -> tuple[Defect, ...]:
    """Rows (hazard, name, find, instead) of one file, with the tests that must see them; behind
    these the reason of one that none can see.
    """
    tests = tuple(seen_by.split())
    return tuple(
        Defect(name, f"firmware/{file}", find, instead, hazard, tests, *why)
        for hazard, name, find, instead, *why in rows
    )
