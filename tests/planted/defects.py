"""The defects that are planted: each a small change to the firmware that could hurt somebody or hide something.

One row: what is wrong, where (`find` stands there once) and what stands there instead, the hazard of firmware/SAFETY.md that
it belongs to, and the tests that must see it. `why`: of one that no test can see, the reason.
"""

from typing import NamedTuple


class Defect(NamedTuple):
    name: str
    file: str
    find: str
    instead: str
    hazard: str
    seen_by: tuple[str, ...]
    why: str = ""


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "a supply outside its window is no fault",
        "firmware/stimcore/interlock.py",
        'if not inputs.supply_ok:',
        'if False and not inputs.supply_ok:',
        "HZ10",
        ("tests/unit/test_interlock_reasons.py",),
    ),
)
