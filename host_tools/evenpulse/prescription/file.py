"""From a clinician's TOML file to what is signed and a device keeps: reads, converts, checks.

Conversion and limits are the device's own code (stimcore), so both sides refuse alike; none is
written here.
"""

import datetime
import difflib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path

from stimcore import prescription as rules
from stimcore.dates import days
from stimcore.errors import Refused

from evenpulse.base import boards, toml_file, toml_lines
from evenpulse.base.errors import Problem
from evenpulse.prescription import refusals

_DIGITS_MAX = (
    # Beyond this a number is a slip of the keyboard, and no longer exact in the decimal arithmetic
    15
)
_TABLES = ("checks", "caps", "program")
_DATES = ("issued", "expires")


class BadPrescription(Problem):
    """A prescription file that cannot be used; `refusal` is set where one field of it is to
    blame.
    """

    def __init__(self, what: str, refusal: Refused | None = None, **details: str):
        super().__init__(what, **details)
        self.refusal = refusal


def read(path: Path, board_name: str) -> dict:
    """Device form of a prescription file, checked against the compiled and the board's limits.

    Raises BadPrescription, which tells every mistake in it.
    """
    board = boards.load(board_name)
    try:
        rx = load(path)
        check(path, rx, board_name)
    except BadPrescription as first:
        if first.refusal is None:
            raise
        found = refusals.every(
            parse(path),
            lambda document: rules.check(rules.from_toml_dict(_plain(document, "")), board),
        )
        if len(found) < 2:
            raise
        raise _several(path, found) from first
    return rx


def _several(path: Path, found: list[Refused]) -> BadPrescription:
    """All of them in one message, a line each, in the order of the file."""
    told = sorted(
        (_line(path, one), str(refused("", one)).lstrip(": ").replace("\n  next:", "; next:"))
        for one in found
    )
    lines = [f"line {line}: {text}" if line else text for line, text in told]
    return BadPrescription(
        f"{path}: {len(found)} mistakes",
        found[0],
        seen="\n".join(lines),
        do_next="correct each; then check it again",
    )


def _line(path: Path, refusal: Refused) -> int:
    file = toml_file.read(path, BadPrescription)
    with suppress(KeyError):
        there = toml_file.written(file.document, refusal.field)
        if refusal.value in (there, repr(there)):
            refusal.value = toml_file.shown(there)
    return toml_lines.Lines(file.text).of(refusal.field) or 0


def check_dates(path: Path, rx: dict, today: datetime.date) -> None:
    """Refuse to sign what has expired already."""
    if today > datetime.date.fromisoformat(rx["expires"]):
        with _named(path):
            limit, source = f"today ({today}) or later", "this computer's date"
            raise Refused(
                "expires",
                rx["expires"],
                limit,
                source,
                "give it a new last day; or correct this computer's clock",
            )


def load(path: Path) -> dict:
    """Device form of a prescription file, not yet checked against limits; raises
    BadPrescription.
    """
    document = parse(path)
    with _named(path):
        return rules.from_toml_dict(_plain(document, ""))


def check(path: Path, rx: dict, board_name: str) -> None:
    """Refuse a prescription outside the compiled or the board's limits."""
    board = boards.load(board_name)
    with _named(path):
        rules.check(rx, board)


def check_for_device(path: Path, rx: dict, serial: str, today: datetime.date) -> None:
    """Refuse what this device would refuse by its serial or by the date.

    Its counter only the device knows.
    """
    with _named(path):
        rules.check_accept(rx, serial, days(today.isoformat()), rx["counter"] - 1)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """A refusal inside becomes one message that names the file and the line, in the words of the
    file.
    """
    try:
        yield
    except Refused as refusal:
        try:
            file = toml_file.read(path, BadPrescription)
        except BadPrescription:
            # A signed prescription: it is no TOML, and has one line.
            raise refused(str(path), refusal) from refusal
        line = toml_lines.Lines(file.text).of(refusal.field)
        with suppress(KeyError):
            there = toml_file.written(file.document, refusal.field)
            if refusal.value in (there, repr(there)):
                refusal.value = toml_file.shown(there)
        raise refused(toml_lines.where(path, line), refusal) from refusal


def parse(path: Path) -> dict:
    """The TOML document in a file, numbers exact; raises BadPrescription with the line of a
    syntax error.
    """
    return toml_file.read(path, BadPrescription).document


def _plain(value: object, at: str) -> object:
    """The document with dates as ISO text, and only finite numbers of sensible size."""
    if isinstance(value, dict):
        return {key: _plain(item, f"{at}.{key}" if at else key) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{at}[{number}]") for number, item in enumerate(value, 1)]
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, (datetime.datetime, datetime.time)):
        raise Refused(
            at,
            value.isoformat(),
            "a day like 2026-11-22",
            "prescription format",
            "leave the time of day out",
        )
    if isinstance(value, Decimal):
        _check_number(at, value)
    if at in _DATES:
        _check_date(at, value)
    return value


def _check_date(at: str, value: object) -> None:
    try:
        datetime.date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Refused(
            at,
            value,
            "a day like 2026-11-22",
            "prescription format",
            "write the day without quotes",
        ) from None


def _check_number(at: str, value: Decimal) -> None:
    if not value.is_finite():
        raise Refused(at, value, "a finite number", "prescription format", "write a number")
    if value and (
        len(value.as_tuple().digits) > _DIGITS_MAX or abs(value.adjusted()) > _DIGITS_MAX
    ):
        raise Refused(
            at,
            value,
            f"a number of at most {_DIGITS_MAX} digits",
            "prescription format",
            "correct it",
        )


def refused(where: str, refusal: Refused) -> BadPrescription:
    """One clear message for a refused field: file, field, value, limit, source, what to do."""
    if refusal.value == "unknown key":
        return BadPrescription(
            f"{where}: unknown key {refusal.field}", refusal, do_next=_nearest(refusal)
        )
    # TOML has no null: None is what is not there
    if refusal.value in ("missing", None):
        return BadPrescription(
            f"{where}: {refusal.field} is missing: {refusal.limit}", refusal, do_next=refusal.advice
        )
    return BadPrescription(
        (
            f"{where}: {refusal.field} = {refusal.value} is refused: {refusal.limit} "
            f"({refusal.source})"
        ),
        refusal,
        do_next=refusal.advice,
    )


def _nearest(refusal: Refused) -> str:
    known = refusal.limit.removeprefix("one of ").split(", ")
    if "." not in refusal.field:
        known += _TABLES
    close = difflib.get_close_matches(refusal.field.rpartition(".")[2], known, 1)
    return f"did you mean {close[0]}?" if close else "remove it; known here: " + ", ".join(known)
