"""On which line of a TOML file a key stands: tomllib gives values alone, and an error is found by
its line.

Only for text that tomllib has read. Keys inside an inline table or an array are found at the line
where that begins.
"""

import re
import tomllib

_TABLE = re.compile(r"\s*\[(\[)?\s*(.+?)\s*\]")
_STATEMENT_LINES_MAX = 200
_AT = re.compile(r"\(at line (\d+), column \d+\)")


class Lines:
    """Lines of the keys of one document. A field is called as messages call it: `caps.ch1_ma`,
    `program[2].burst.pulses`.
    """

    def __init__(self, text: str):
        self._lines = text.split("\n")
        self._found: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._table = ""
        number = 0
        while number < len(self._lines):
            number = self._read(number)

    def of(self, field: str) -> int | None:
        """The line of a field, or of the closest table around it; None for a field at the top
        that is not there.
        """
        while field:
            if field in self._found:
                return self._found[field]
            field = re.sub(r"(\.[^.\[\]]*|\[\d+\]|^[^.\[\]]*)$", "", field)
        return None

    def _read(self, number: int) -> int:
        """Take the statement that begins on a line (from 0); the line after it."""
        line = self._lines[number]
        if not line.strip() or line.lstrip().startswith("#"):
            return number + 1
        if header := _TABLE.match(line):
            self._table = self._named(header[2], bool(header[1]))
            self._found.setdefault(self._table, number + 1)
            return number + 1
        last = min(len(self._lines), number + _STATEMENT_LINES_MAX)
        for end in range(number + 1, last + 1):
            try:
                statement = tomllib.loads("\n".join(self._lines[number:end]))
            except tomllib.TOMLDecodeError:
                continue
            self._keep(self._table, statement, number + 1)
            return end
        # A value of that length: what follows is not looked for
        return len(self._lines)

    def _named(self, written: str, is_one_of_many: bool) -> str:
        """A table's name with the number of each array it is in; `written` as in its header."""
        name = ""
        parts = _parts(written)
        for index, part in enumerate(parts):
            name = f"{name}.{part}" if name else part
            if is_one_of_many and index == len(parts) - 1:
                self._counts[name] = self._counts.get(name, 0) + 1
            if name in self._counts:
                name += f"[{self._counts[name]}]"
        return name

    def _keep(self, table: str, statement: dict, line: int) -> None:
        """A statement is one key, dotted or not: a chain of tables down to a value."""
        for key, value in statement.items():
            name = f"{table}.{key}" if table else key
            self._found.setdefault(name, line)
            if isinstance(value, dict):
                self._keep(name, value, line)


def _parts(header: str) -> list[str]:
    """The names in a table's header, quoted or not."""
    names, table = [], tomllib.loads(f"[{header}]")
    while table:
        names.append(next(iter(table)))
        table = table[names[-1]]
    return names


def of_error(error: tomllib.TOMLDecodeError) -> int | None:
    """The line that a syntax error is on."""
    found = _AT.search(str(error))
    return int(found[1]) if found else None


def where(path: object, line: int | None) -> str:
    """How a message begins: FILE:LINE, or FILE."""
    return f"{path}:{line}" if line else str(path)
