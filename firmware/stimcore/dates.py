"""Days as ISO text and as a number since 1970: the device has no calendar of its own."""

from stimcore.errors import Refused


def days(iso, field="date"):
    """Days since 1970-01-01 of an ISO date text. Raises Refused, naming `field`, for anything
    else.
    """
    parts = iso.split("-") if isinstance(iso, str) else ()
    if len(parts) == 3 and [len(p) for p in parts] == [4, 2, 2] and all(p.isdigit() for p in parts):
        year, month, day = [int(p) for p in parts]
        if 1970 <= year < 2100 and 1 <= month <= 12 and 1 <= day <= _month_days(year, month):
            return _civil_days(year, month, day)
    raise Refused(field, iso, "a day like 2026-11-22", "prescription format", "correct it")


def iso(number):
    """The day `number` days after 1970-01-01, as ISO text."""
    year, month = 1970, 1
    while number >= _civil_days(year + 1, 1, 1) - _civil_days(year, 1, 1):
        number -= _civil_days(year + 1, 1, 1) - _civil_days(year, 1, 1)
        year += 1
    while number >= _month_days(year, month):
        number -= _month_days(year, month)
        month += 1
    return "%d-%02d-%02d" % (year, month, number + 1)


def _month_days(year, month):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _civil_days(year, month, day):
    full = (year - 1970) * 365 + (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    return full + sum(_month_days(year, m) for m in range(1, month)) + day - 1
