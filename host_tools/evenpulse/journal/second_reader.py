"""The bytes of a journal, taken apart from the format's description alone: sound records,
scraps, and what a scrap was.
"""

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass

FIRST_LINK = bytes(8)
SECTOR_BYTES = 4_096
_HEAD = struct.Struct("<BBHI8s")
_CRC = struct.Struct("<I")
_START = b"\xe7\x01"
_PAYLOAD_MAX = 512
_AROUND = _HEAD.size + _CRC.size
_FIELDS = ((1, "start mark"), (2, "version"), (4, "length"), (8, "sequence"), (16, "link"))
# The two bytes of a start may also stand inside a record
_STARTS_TRIED = 3


@dataclass(frozen=True)
class Frame:
    """A sound record: where it stands, its number, the link it names, its payload (None: no JSON
    object), its bytes.
    """

    offset: int
    sequence: int
    link: bytes
    payload: dict | None
    raw: bytes


@dataclass(frozen=True)
class Scrap:
    """Bytes that are no sound record."""

    offset: int
    raw: bytes


def link_of(raw: bytes) -> bytes:
    """What the record after this one names."""
    return hashlib.sha256(raw).digest()[:8]


def _frame_at(data: bytes, at: int, base: int) -> Frame | None:
    if data[at : at + 2] != _START or at + _AROUND > len(data):
        return None
    _, _, length, sequence, link = _HEAD.unpack_from(data, at)
    end = at + _HEAD.size + length
    if length > _PAYLOAD_MAX or end + _CRC.size > len(data):
        return None
    if _CRC.unpack_from(data, end)[0] != zlib.crc32(data[at:end]):
        return None
    return Frame(
        base + at, sequence, link, _object(data[at + _HEAD.size : end]), data[at : end + _CRC.size]
    )


def _object(text: bytes) -> dict | None:
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def scan(data: bytes, base: int) -> list[Frame | Scrap]:
    """Records and scraps in the order they stand; erased bytes around a scrap are not part of
    it.
    """
    items: list[Frame | Scrap] = []
    at = begin = 0
    while at < len(data):
        frame = _frame_at(data, at, base)
        if frame is None:
            following = data.find(_START, at + 1)
            at = len(data) if following < 0 else following
            continue
        items += _scrap(data, begin, at, base)
        items.append(frame)
        at = begin = at + len(frame.raw)
    return items + _scrap(data, begin, len(data), base)


def _scrap(data: bytes, begin: int, end: int, base: int) -> list[Frame | Scrap]:
    left = data[begin:end].lstrip(b"\xff")
    raw = left.rstrip(b"\xff")
    return [Scrap(base + end - len(left), raw)] if raw else []


def pieces_of(raw: bytes) -> list[bytes]:
    """Cut a scrap into single records: where one bit turned back makes one, where the same record
    begins anew, where a header says, or at the next start.
    """
    pieces, at = [], 0
    while at < len(raw):
        longest = raw[at : at + _AROUND + _PAYLOAD_MAX]
        ends = [*_starts(longest), len(longest)]
        end = next((end for end in ends if one_bit(longest[:end])), 0)
        end = end or _another_try(longest)
        if not end and _whole(longest):
            end = min(len(longest), _AROUND + _HEAD.unpack_from(longest)[2])
        pieces.append(raw[at : at + end] if end else raw[at : _next_start(raw, at)])
        at += len(pieces[-1])
    return pieces


def _another_try(raw: bytes) -> int:
    """Where the record that begins here begins anew, by its number and link: power was lost in it,
    and what a battery that dies leaves is several beginnings of one record. 0: nowhere.
    """
    for at in _starts(raw):
        # The last byte of each may be half set
        ends = (_before_one_byte(raw, start) - 1 for start in (at, _next_start(raw, at)))
        own, anew = (raw[of + 4 : end] for of, end in zip((0, at), ends, strict=True))
        there = min(len(own), len(anew), _HEAD.size - 4)
        if own[:there] == anew[:there]:
            return at
    return 0


def _before_one_byte(raw: bytes, at: int) -> int:
    """Where tries begin that have a first byte only, half set perhaps; `at` if none ends there."""
    while at > 1 and raw[at - 1] & _START[0] == _START[0]:
        at -= 1
    return at


def _next_start(raw: bytes, at: int) -> int:
    found = raw.find(_START, at + 1)
    return len(raw) if found < 0 else found


def _starts(raw: bytes) -> list[int]:
    """The next few places where a record seems to start."""
    found: list[int] = []
    at = _next_start(raw, 0)
    while len(found) < _STARTS_TRIED and at < len(raw):
        found.append(at)
        at = _next_start(raw, at)
    return found


def _whole(raw: bytes) -> bool:
    """A header is there and all that it announces; the last bytes of a checksum may read as
    erased.
    """
    if len(raw) < _HEAD.size or raw[:2] != _START:
        return False
    length = _HEAD.unpack_from(raw)[2]
    return length <= _PAYLOAD_MAX and _HEAD.size + length < len(raw)


def one_bit(raw: bytes) -> tuple[str, bytes] | None:
    """(name of the field, the record as it was) if turning one bit back makes a sound record of
    these bytes.
    """
    for erased in range(_CRC.size):
        bad = bytearray(raw + b"\xff" * erased)
        if not _AROUND <= len(bad) <= _AROUND + _PAYLOAD_MAX:
            continue
        start_fits = bad[:2] == _START and _HEAD.unpack_from(bad)[2] == len(bad) - _AROUND
        # A wrong start or length can only be mended in those bytes, and a right one only elsewhere.
        for bit in range(32, 8 * len(bad)) if start_fits else range(32):
            bad[bit // 8] ^= 1 << bit % 8
            if bad[:2] == _START and _frame_fits(bad):
                return _field(bit // 8, len(bad)), bytes(bad)
            bad[bit // 8] ^= 1 << bit % 8
    return None


def _frame_fits(raw: bytearray) -> bool:
    body = len(raw) - _CRC.size
    return _HEAD.unpack_from(raw)[2] == len(raw) - _AROUND and _CRC.unpack_from(raw, body)[
        0
    ] == zlib.crc32(raw[:body])


def _field(index: int, length: int) -> str:
    if index >= length - _CRC.size:
        return "checksum"
    return next((name for end, name in _FIELDS if index < end), "payload")


def is_beginning(piece: bytes, number: int, before: bytes | None) -> bool:
    """The first bytes of record `number` and no more, as a power cut leaves them, with or without
    the first byte of later tries behind them.
    """
    link = FIRST_LINK if number == 1 else link_of(before) if before else piece[8:16].ljust(8, b"\0")
    head = _HEAD.pack(*_START, 0, number, link)
    least = _before_one_byte(piece, len(piece))
    return any(_begins(piece[:end], head) for end in range(len(piece), least - 1, -1))


def _begins(piece: bytes, head: bytes) -> bool:
    """The last byte may be half set: flash only clears bits, so what is 1 in the record is 1 there
    too.
    """
    last = len(piece) - 1
    # 2 and 3: any length
    fits = all(
        piece[i] == head[i] or i == last and piece[i] & head[i] == head[i]
        for i in range(min(len(piece), _HEAD.size))
        if i not in (2, 3)
    )
    return fits and (not _whole(piece) or stops_in_checksum(piece)) and not _complete(piece)


def is_all_there(piece: bytes) -> bool:
    """As many bytes as its header announces, or a header that announces what none may."""
    if len(piece) < 4:
        return False
    length = int.from_bytes(piece[2:4], "little")
    return length > _PAYLOAD_MAX or len(piece) >= _AROUND + length


def _complete(piece: bytes) -> bool:
    """Every byte of a record is there, whatever its header says: a payload to its last brace,
    and four bytes behind it.
    """
    text = piece[_HEAD.size : -_CRC.size]
    return len(piece) >= _AROUND + 2 and text.endswith(b"}") and _object(text) is not None


def stops_in_checksum(piece: bytes) -> bool:
    """Everything is there and right but the last bytes of the checksum."""
    if not _whole(piece):
        return False
    body = _HEAD.size + _HEAD.unpack_from(piece)[2]
    there = piece[body:]
    return len(there) < _CRC.size and _CRC.pack(zlib.crc32(piece[:body])).startswith(there)


def sequence_in(raw: bytes) -> int:
    """The number that a record's header names."""
    return _HEAD.unpack_from(raw)[3]
