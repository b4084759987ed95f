"""The journal as a table for spreadsheets and statistics: the same columns for every record, units in their names.

What no column fits, such as the fields of newer firmware, stands in `other` as it was recorded.
"""

import csv
import datetime
import io
import json

from evenpulse.printable import printable

_CHANNELS = (1, 2)
_SET_S = 1_600_000_000  # earlier than this (2020) was never a time that a host gave
_END_S = 4_102_444_800  # 2100
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"  # what makes a spreadsheet calculate; the last four are wide forms

# (column, field of the payload, type); `rating` has columns of its own for before and after
_SINGLE = (
    ("prescription_id", "id", str),
    ("prescription_counter", "counter", int),
    ("program", "program", str),
    ("left_s", "left_s", int),
    ("reason", "reason", str),
    ("state", "state", str),
    ("state_before", "before", str),
    ("cause", "cause", str),
    ("why", "why", str),
    ("pain_before_0_10", "before", int),
    ("pain_after_0_10", "after", int),
    ("skin", "skin", str),
)
# (columns, field of the payload): one number a channel
_PER_CHANNEL = (("set_ua", "ua"), ("peak_ua", "peak_ua"), ("pulses", "pulses"), ("charge_uc", "uc"), ("measured_uc", "muc"))

COLUMNS = (
    "seq", "time_utc", "t_s", "uptime_ms", "event",
    *(column for column, _, _ in _SINGLE),
    *(f"{column}_ch{channel}" for column, _ in _PER_CHANNEL for channel in _CHANNELS),
    "other", "linked",
)  # fmt: skip


def utc(unix_s: object) -> datetime.datetime | None:
    """The device's time; None on a device that no host has ever told the time, which starts near 0."""
    if type(unix_s) is not int or not _SET_S <= unix_s < _END_S:
        return None
    return datetime.datetime.fromtimestamp(unix_s, datetime.UTC)


def row(entry: dict) -> dict[str, object]:
    """A record (journal.as_dict) as a row: every column, None where the record says nothing."""
    left = dict(entry)
    out: dict[str, object] = dict.fromkeys(COLUMNS)
    out["seq"], out["linked"] = left.pop("seq"), left.pop("linked")
    when = utc(left.get("t"))
    out["time_utc"] = when and when.strftime("%Y-%m-%dT%H:%M:%SZ")
    for column, name, kind in (("t_s", "t", int), ("uptime_ms", "ms", int), ("event", "e", str), *_SINGLE):
        if type(left.get(name)) is kind:
            out[column] = left.pop(name)
    for column, name in _PER_CHANNEL:
        values = left.get(name)
        if values and _numbers(values):
            out |= {f"{column}_ch{channel}": value for channel, value in zip(_CHANNELS, values, strict=False)}
            del left[name]
    out["other"] = json.dumps(left) if left else None
    return out


def _numbers(values: object) -> bool:
    return isinstance(values, list) and 0 < len(values) <= len(_CHANNELS) and all(type(v) is int for v in values)


def as_csv(rows: list[dict[str, object]]) -> str:
    """Rows as CSV with a heading. A text that a spreadsheet would calculate gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(one[column]) for column in COLUMNS] for one in rows)
    return out.getvalue()


def cell(value: object) -> object:
    """A value as a CSV cell: one line, and never a formula."""
    if not isinstance(value, str):
        return value if value is None or type(value) is int else str(value).lower()
    text = printable(value)
    return "'" + text if text.lstrip()[:1] in tuple(_FORMULA) else text


def as_lines(rows: list[dict[str, object]]) -> str:
    """Rows as JSON Lines."""
    return "".join(json.dumps(one) + "\n" for one in rows)


FORMATS = {"csv": as_csv, "jsonl": as_lines}
