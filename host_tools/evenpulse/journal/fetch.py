"""The device's journal on the host: fetched in chunks, every frame and link of the chain
verified.
"""

from collections.abc import Callable, Iterable, Iterator

from stimcore import journal

from evenpulse.base.errors import LinkLost
from evenpulse.base.printable import printable
from evenpulse.link.client import Device

# Sequences start at 1; a device starts with the oldest it still has
_FIRST = 1
_OUR_RELEASE = "use the tool and the firmware of one release (make flash)"


def fetch(
    device: Device, progress: Callable[[int, int | None], None], start: int = _FIRST
) -> Iterator[bytes]:
    """Raw frames of every record from `start` on that the device still has, oldest first.

    Calls progress(number so far, None).
    """
    following: int | None = start
    count = 0
    while following is not None:
        chunk = device.call("log", {"from": following})
        for sequence, text in _rows(chunk):
            yield _frame(sequence, text)
        count += len(chunk["records"])
        progress(count, None)
        following = _next(following, chunk)


def _rows(chunk: dict) -> list:
    rows = chunk.get("records")
    if not isinstance(rows, list) or not all(
        isinstance(row, list) and len(row) == 2 for row in rows
    ):
        raise LinkLost(
            "the device's answer to log is not a list of records",
            seen=printable(chunk)[:200],
            do_next=_OUR_RELEASE,
        )
    return rows


def _next(start: int, chunk: dict) -> int | None:
    """Where the next chunk starts; a device that does not go forwards must not keep us for ever."""
    following = chunk.get("next")
    if following is not None and (not isinstance(following, int) or following <= start):
        raise LinkLost(
            "the device's log does not go forwards",
            seen=f"from {start}, next {following}",
            do_next=_OUR_RELEASE,
        )
    return following


def _frame(sequence: object, text: object) -> bytes:
    try:
        raw = bytes.fromhex(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raw = b""
    number, _, payload, frame = journal.parse(raw) or (None, b"", None, b"")
    if number is None or number != sequence or frame != raw or not isinstance(payload, dict):
        raise LinkLost(
            f"journal record {sequence} is not a sound frame",
            seen=printable(text)[:80],
            do_next=(
                "read the log again; if it stays, the flash is damaged: keep the device for "
                "inspection"
            ),
        )
    return raw


def frames_in(data: bytes) -> list[bytes]:
    """Sound frames that follow one another in a file, torn ones skipped."""
    return [frame for *_, frame in journal.scan_sector(data)]


def sequence_of(frame: bytes) -> int:
    """The number of a sound frame."""
    return journal.parse(frame)[0]


def linked(frames: Iterable[bytes]) -> Iterator[journal.Record]:
    """Records with `linked` False where the one before is missing or another.

    The oldest has none before it.
    """
    before: bytes | None = None
    for raw in frames:
        sequence, link, payload, _ = journal.parse(raw)
        yield journal.Record(
            sequence, payload, raw, before is None or link == journal.link_of(before)
        )
        before = raw


def as_dict(record: journal.Record) -> dict:
    """A record as a JSON object: its number, what it says, and whether its link to the one
    before holds.
    """
    payload = record.payload if isinstance(record.payload, dict) else {"payload": record.payload}
    return {"seq": None, **payload} | {"seq": record.sequence, "linked": record.linked}
