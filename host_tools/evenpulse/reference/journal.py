"""docs/reference/journal.md: every event of the journal with its fields, from the table that
firmware and tools share.
"""

from evenpulse.journal.entries import BASE, TABLE
from evenpulse.reference import tables

_NEED = {"": "", "null": "may be null", "may": "may be absent"}
_ABOUT = """\
How a record lies in flash is in [firmware/README.md](../../firmware/README.md#journal). Every
reader shows every event (`log list`, `log show`, `log export`); *read by* says who else makes
something of it: `dose`, the device at power-on; `session`, `course` and `notes`, the report.
`column` is that of `evenpulse log export`. How to add a field: [add a
column](../how-to/add-a-csv-column.md).\
"""
_COLUMNS = ("field", "column", "kind", "from", "to", "unit", "", "since", "says")
_KINDS = {
    "text": "text of so many letters",
    "each": "a whole number a channel",
    "whole": "whole number",
}


def text() -> str:
    """The page."""
    head = tables.head("The journal's records", "`firmware/stimcore/records.py`", _ABOUT)
    parts = [head, "## In every record\n", _table(list(BASE.values()))]
    for event in TABLE.values():
        told = (
            f"{event.says[0].upper()}{event.says[1:]}. Since {event.since}, read by "
            f"{', '.join(event.readers)}."
        )
        parts.append(f"## {event.name}\n\n{told}\n")
        if event.fields:
            parts.append(_table(list(event.fields)))
    return "\n".join(parts)


def _table(fields: list) -> str:
    rows = []
    for one in fields:
        least, most = (one.low, one.high) if one.kind not in ("flag", "tables") else ("", "")
        column = f"`{one.column}`" if one.column else "in `other`"
        kind = _KINDS.get(one.kind, one.kind)
        rows.append(
            (
                f"`{one.name}`",
                column,
                kind,
                least,
                most,
                one.unit,
                _NEED[one.need],
                one.since,
                one.says,
            )
        )
    return tables.table(_COLUMNS, rows)
