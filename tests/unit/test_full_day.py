"""The fullest day that there can be, as a record of the journal."""

from stimcore import journal
from stimcore.dose import Dose

NOON_S, MIN = 1_795_348_800, 60


def test_the_fullest_day_fits_a_record():
    """24 sessions and the longest of everything else: journal.frame refuses a payload that is
    too long.
    """
    dose = Dose()
    dose.prescribe(24, 30 * MIN)
    for hour in range(24):
        dose.begin(NOON_S + hour * 59 * MIN, 0, MIN)
        dose.stop(NOON_S + hour * 59 * MIN + MIN, 0, False)
    now_s = NOON_S + 24 * 59 * MIN
    assert len(dose.told(now_s)["day"]) == 24
    fields = {
        "t": now_s,
        "ms": 10**10,
        "e": "start",
        "program": "x" * 32,
        "pain": 10,
        "n": 7,
        "of_s": 3_600,
        "left_s": 3_599,
        "open": [7, 3_599],
        "broken": 59,
    }
    journal.frame(10**9, journal.NO_LINK, dict(dose.told(now_s), **fields))
    journal.frame(
        10**9,
        journal.NO_LINK,
        dict(
            dose.told(now_s),
            e="boot",
            t=now_s,
            ms=10**10,
            cause="watchdog",
            before="RUNNING",
            version="1" * 16,
            open=[7, 3_599],
            broken=59,
            locked=True,
        ),
    )
