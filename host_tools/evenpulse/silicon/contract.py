"""The rows of the contract that the CPU's pace decides, as the bench measures them. Whoever asks
has put every twin on silicon's time.
"""

from collections.abc import Callable

from evenpulse.bench import cost, interlock, reaction
from evenpulse.bench.rows import Row
from evenpulse.connect import bring_up

_BOOT_MS = 5_000
# As the bench: in a shorter window no collection may fall.
_CPU_MS = 4_000


def self_test() -> list[list[object]]:
    """Each check at power-on: what it is, its value, its window, its unit, whether it is kept."""
    twin = bring_up.new()
    twin.power_on(usb=True)
    twin.run_until(lambda: twin.state != 0, _BOOT_MS)
    _failed, checks = bring_up.device(twin).self_test()
    return [
        [check.id, check.value, f"{check.lowest} to {check.highest}", check.unit, check.ok]
        for check in checks
    ]


def rows(cases: int, presses: int, say: Callable[[str], None]) -> list[Row]:
    """F2, F3, F4, and I1 to I6, which are measured together."""
    return [
        reaction.f3(say),
        *cost.f2(_CPU_MS, say),
        *reaction.f4(presses, say),
        *interlock.measure(cases, say),
    ]
