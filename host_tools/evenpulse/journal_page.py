"""docs/journal.md: every event of the journal with its fields, from the table that firmware and
tools share.

`python -m evenpulse.journal_page` writes it; a test holds it.
"""

from pathlib import Path

from evenpulse.journal_entries import BASE, TABLE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "journal.md"
_NEED = {"": "", "null": "may be null", "may": "may be absent"}
_HEAD = """\
# The journal's records

Written by `python -m evenpulse.journal_page` from `firmware/stimcore/records.py`: do not edit. How
a record lies in flash is in [firmware/README.md](../firmware/README.md#journal). Every reader shows
every event (`log list`, `log show`, `log export`); *read by* says who else makes something of it:
`dose`, the device at power-on; `session`, `course` and `notes`, the report.
"""


def text() -> str:
    """The page."""
    parts = [_HEAD, _table("In every record", list(BASE.values()))]
    for event in TABLE.values():
        told = (
            f"{event.says[0].upper()}{event.says[1:]}. Since {event.since}, read by "
            f"{', '.join(event.readers)}."
        )
        parts.append(f"## {event.name}\n\n{told}\n")
        if event.fields:
            parts.append(_table("", list(event.fields)))
    return "\n".join(parts)


def _table(name: str, fields: list) -> str:
    rows = [
        "| field | column | kind | from | to | unit | | since | says |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in fields:
        least, most = (one.low, one.high) if one.kind not in ("flag", "tables") else ("", "")
        kind = {
            "text": "text of so many letters",
            "each": "a whole number a channel",
            "whole": "whole number",
        }.get(one.kind, one.kind)
        cells = (
            f"`{one.name}`",
            f"`{one.column}`" if one.column else "in `other`",
            kind,
            least,
            most,
            one.unit,
            _NEED[one.need],
            one.since,
            one.says,
        )
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return (f"**{name}**\n\n" if name else "") + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
