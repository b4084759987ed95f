"""The one place that asks what day it is where a prescription's days count; tests put a day of
their own here.
"""

import datetime


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def day() -> datetime.date:
    """In UTC, as a device counts days."""
    return now().date()
