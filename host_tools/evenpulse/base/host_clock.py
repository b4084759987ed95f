"""Whether this computer's clock can be right, from what is known of dates elsewhere: a
prescription's day of issue, the device's date.

A wrong clock at one visit moves a device's date for good where it is ahead. Pure: takes moments,
says what is odd.
"""

import datetime
from evenpulse.base.printable import counted

# No clinic uses a prescription, or leaves a device unread, for longer without a thought
_AHEAD_DAYS = 2 * 366
# A day east or west of here it is another date
_BEHIND_DAYS = 1


def odd(now: datetime.datetime, issued: datetime.date, device: datetime.datetime | None) -> str:
    """What does not fit, or "". `device`: its own time, None where no computer has ever told it
    one.
    """
    today = now.date()
    if (issued - today).days > _BEHIND_DAYS:
        return f"it says {today}, before the prescription was issued on {issued}"
    if device and (device.date() - today).days > _BEHIND_DAYS:
        return f"it says {today}, and the device has {device.date()} already"
    if (today - max(issued, device.date() if device else issued)).days > _AHEAD_DAYS:
        ahead = today.year - max(issued, device.date() if device else issued).year
        return (
            f"it says {today}, {counted(ahead, 'year')} after the prescription was "
            f"issued ({issued}) or the device last knew the date"
        )
    return ""


def told(device: datetime.datetime | None) -> str:
    """The device's date for a reader."""
    return f"{device:%Y-%m-%d}" if device else "none yet"
