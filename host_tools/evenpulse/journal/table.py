"""The journal as a table for spreadsheets and statistics: the same columns for every record, units
in their names.

Columns are those of stimcore/records.py. What no column fits, such as the fields of newer firmware,
stands in `other` as it was recorded.
"""

import csv
import io
import json
from collections.abc import Callable

from evenpulse.base.printable import printable
from evenpulse.journal.entries import BASE, TABLE, Entry, utc, words

__all__ = ["COLUMNS", "FORMATS", "as_csv", "as_lines", "cell", "row", "utc"]
_CHANNELS = (1, 2)
# What makes a spreadsheet calculate; the last four are wide forms
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"


def _columns() -> list[str]:
    """Of every field of every event once: one column, or one a channel."""
    found: dict[str, None] = {}
    for event in TABLE.values():
        for field in event.fields:
            if field.column and field.kind == "each":
                found |= {f"{field.column}_ch{channel}": None for channel in _CHANNELS}
            elif field.column:
                found[field.column] = None
    return list(found)


# Column: what it says of a record, whatever its event
_OF_EACH: dict[str, Callable[[Entry], object]] = {
    "seq": lambda entry: entry.sequence,
    "time_utc": lambda entry: entry.at and entry.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    BASE["t"].column: lambda entry: entry.time_s,
    BASE["ms"].column: lambda entry: entry.ms,
    BASE["e"].column: lambda entry: entry.event or None,
}
COLUMNS = (*_OF_EACH, *_columns(), "other", "linked")


def row(entry: Entry) -> dict[str, object]:
    """A record as a row: every column, None where the record says nothing."""
    out: dict[str, object] = dict.fromkeys(COLUMNS)
    out |= {column: says(entry) for column, says in _OF_EACH.items()}
    other = dict(entry.odd)
    for field in TABLE[entry.event].fields if entry.known else ():
        if field.name not in entry.fields:
            continue
        value = entry.fields[field.name]
        if not field.column:
            other[field.name] = value
        elif field.kind == "each":
            out |= {
                f"{field.column}_ch{channel}": one
                for channel, one in zip(_CHANNELS, value, strict=False)
            }
        else:
            out[field.column] = words(entry.event, field.name, value)
    out |= {"other": json.dumps(other) if other else None, "linked": entry.linked}
    return out


def as_csv(rows: list[dict[str, object]]) -> str:
    """Rows as CSV with a heading. A text that a spreadsheet would calculate gets an apostrophe
    before it.
    """
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
