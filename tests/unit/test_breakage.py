"""Faults that mean broken hardware: how often, how long ago, who may go on; and all of it after
a loss of power.
"""

import pytest

from stimcore import interlock
from stimcore.breakage import Breakage

HOUR_S = 3_600
# From issue and SAFETY.md, not from the code.
BROKEN = ["no_measurement", "over_current", "registers", "short", "unbalanced", "width"]


def test_which_reasons_mean_broken_hardware():
    assert sorted(interlock.BROKEN) == BROKEN and all(
        reason in interlock.CODES for reason in BROKEN
    )


@pytest.mark.parametrize(
    "apart_s,locked",
    [(1, True), (600, True), (HOUR_S - 1, True), (HOUR_S, False), (HOUR_S + 1, False)],
)
def test_a_second_one_within_an_hour_locks(apart_s, locked):
    breakage = Breakage()
    breakage.found(1_000)
    assert not breakage.locked
    breakage.found(1_000 + apart_s)
    assert breakage.locked == locked


def reborn(*records):
    """(powered seconds, record) each, taken up by a device that has just been switched on."""
    breakage = Breakage()
    for now_s, record in records:
        breakage.recall(record, now_s)
    return breakage


def fault(reason):
    return {"e": "fault", "reason": reason}


@pytest.mark.parametrize("reason", BROKEN)
def test_the_journal_carries_it(reason):
    boot = {"e": "boot", "day": []}
    once = reborn((0, boot), (100, fault(reason)))
    assert not once.locked and once.told(160) == {"broken": 1}
    assert reborn((0, boot), (100, fault(reason)), (200, fault("width"))).locked
    # The next boot carries it on
    again = reborn((0, dict(boot, **once.told(160))))
    again.found(3_000)
    assert again.locked
    locked = reborn((0, dict(boot, **again.told(3_010))))
    assert locked.locked and locked.told(10 * HOUR_S) == {"locked": True}
    assert not reborn((0, dict(boot, **locked.told(0))), (5, {"e": "service"})).locked


@pytest.mark.parametrize("reason", [row[0] for row in interlock.REASONS if row[0] not in BROKEN])
def test_other_faults_are_no_broken_hardware(reason):
    assert (
        reborn(
            (0, {"e": "boot", "day": []}),
            (1, fault(reason)),
            (2, fault(reason)),
            (3, fault(reason)),
        ).told(4)
        == {}
    )


def test_rounding_keeps_it_longer():
    breakage = Breakage()
    breakage.found(0)
    # 119 s ago is told as one minute
    again = reborn((0, dict(breakage.told(119), e="boot", day=[])))
    again.found(HOUR_S - 119)
    assert again.locked
