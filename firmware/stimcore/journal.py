"""Journal records: framing, and reading them back from a raw flash ring whatever a power cut left
behind.

A frame: 0xE7, version 1, payload length (u16), sequence (u32), first 8 bytes of the SHA-256 of the
frame before, payload (JSON), CRC-32 of all that. Little-endian. Erased flash reads 0xFF. A frame
never crosses a sector.
"""

import binascii
import hashlib
import json
import struct

MAGIC = 0xE7
VERSION = 1
HEAD = "<BBHI8s"
HEAD_BYTES = 16
CRC_BYTES = 4
PAYLOAD_BYTES_MAX = 512
SECTOR_BYTES = 4_096
FRAME_BYTES_MAX = HEAD_BYTES + PAYLOAD_BYTES_MAX + CRC_BYTES
WALK_BYTES = 2 * FRAME_BYTES_MAX
# A head as far as the sequence
_HEAD_START = "<BBHI"
_HEAD_START_BYTES = 8
_ERASED = b"\xff" * SECTOR_BYTES
_MAGIC_BYTE = bytes((MAGIC,))
_START = bytes((MAGIC, VERSION))
# In a head: from here on a record's sequence and link are those of its place
_KNOWN_AT = 4
# What the very first record names as the one before
NO_LINK = b"\0" * 8


class Record:
    """One record read back: sequence, payload (dict), raw frame, and whether the link to the one
    before holds.
    """

    def __init__(self, sequence, payload, frame, linked):
        self.sequence = sequence
        self.payload = payload
        self.frame = frame
        self.linked = linked


def link_of(frame):
    """What the next record names: first 8 bytes of the frame's SHA-256."""
    return hashlib.sha256(frame).digest()[:8]


def frame(sequence, link, payload):
    """Frame of a payload (dict). Raises ValueError when it is longer than PAYLOAD_BYTES_MAX."""
    text = json.dumps(payload, separators=(",", ":")).encode()
    if len(text) > PAYLOAD_BYTES_MAX:
        raise ValueError("journal payload of %d bytes: at most %d" % (len(text), PAYLOAD_BYTES_MAX))
    body = struct.pack(HEAD, MAGIC, VERSION, len(text), sequence, link) + text
    return body + struct.pack("<I", binascii.crc32(body))


def frame_end(data, at):
    """Where the whole frame that starts at `at` ends, or 0 when there is none. Looks at head and
    CRC, not into the payload.
    """
    if len(data) - at < HEAD_BYTES + CRC_BYTES:
        return 0
    magic, version, length = struct.unpack_from("<BBH", data, at)
    end = at + HEAD_BYTES + length
    if (
        magic != MAGIC
        or version != VERSION
        or length > PAYLOAD_BYTES_MAX
        or end + CRC_BYTES > len(data)
    ):
        return 0
    if struct.unpack_from("<I", data, end)[0] != binascii.crc32(memoryview(data)[at:end]):
        return 0
    return end + CRC_BYTES


def torn(rest, sequence, link):
    """True when `rest`, what stands behind the last whole record, can be what power cuts left of
    the one that comes next: each piece begins as it does, and stops short of its end. Anything
    else was whole once and is damaged.
    """
    known = struct.pack("<I", sequence) + link
    while rest:
        behind = rest.find(known, _KNOWN_AT + 1)
        piece = rest if behind < 0 else rest[: behind - _KNOWN_AT]
        if not (_begins(piece, known) and _stops_short(_first_cut(piece, known))):
            return False
        rest = rest[len(piece) :]
    return True


def _first_cut(piece, known):
    """Without the head that a second cut tore, if it ends in one."""
    for at in range(max(1, len(piece) - HEAD_BYTES + 1), len(piece)):
        if _begins(piece[at:], known):
            return piece[:at]
    return piece


def _begins(piece, known):
    head = piece[:HEAD_BYTES]
    return _START.startswith(head[:2]) and known.startswith(head[_KNOWN_AT:])


def _stops_short(piece):
    if len(piece) < HEAD_BYTES:
        return True
    end = HEAD_BYTES + struct.unpack_from("<BBH", piece)[2]
    if len(piece) < end:
        # One that is whole ends in a brace and its CRC: then the length is what is damaged.
        last = piece[max(HEAD_BYTES, len(piece) - CRC_BYTES - 1) :]
        return end <= HEAD_BYTES + PAYLOAD_BYTES_MAX and b"}" not in last
    crc = struct.pack("<I", binascii.crc32(piece[:end]))
    return piece[end - 1 : end] == b"}" and crc[: CRC_BYTES - 1].startswith(piece[end:])


def sequence_at(data, at):
    """Sequence of the whole frame at `at`."""
    return struct.unpack_from(_HEAD_START, data, at)[3]


def parse(raw):
    """(sequence, link, payload, frame) of the frame at the start of `raw`, or None when there is
    no whole one.
    """
    end = frame_end(raw, 0)
    if not end:
        return None
    try:
        payload = json.loads(raw[HEAD_BYTES : end - CRC_BYTES].decode())
    except (ValueError, UnicodeError):
        return None
    return sequence_at(raw, 0), raw[_HEAD_START_BYTES:HEAD_BYTES], payload, raw[:end]


def scan_sector(sector):
    """Frames of one sector in order, skipping torn ones: list of (offset, sequence, link,
    payload, frame).
    """
    found = []
    at = sector.find(_MAGIC_BYTE)
    # Ends: `at` goes on, behind a frame or by one
    while at >= 0:
        hit, behind = parse(sector[at : at + FRAME_BYTES_MAX]), at + 1
        if hit:
            sequence, link, payload, frame = hit
            found.append((at, sequence, link, payload, frame))
            behind = at + len(frame)
        at = sector.find(_MAGIC_BYTE, behind)
    return found


def walk(read, begin, end):
    """Whole frames between two offsets: (sequence, frame, offset behind it). `read(offset, n)`
    gives bytes.

    Finds what scan_sector finds, but takes a sound CRC for enough and reads no payload as JSON. A
    small window of flash is in memory at a time.
    """
    while begin < end:
        data = read(begin, min(WALK_BYTES, end - begin))
        # A frame further on may be cut off
        sure = len(data) if begin + len(data) == end else len(data) - FRAME_BYTES_MAX
        at = data.find(_MAGIC_BYTE)
        while 0 <= at <= sure:
            stop = frame_end(data, at)
            if stop:
                yield sequence_at(data, at), data[at:stop], begin + stop
            at = data.find(_MAGIC_BYTE, stop or at + 1)
        begin += len(data) if at < 0 else at


def skip(read, begin, end, sequence):
    """An offset from which `walk` still finds every frame from `sequence` on; `begin` at worst.
    Reads heads only.

    Sequences rise along a sector, and a torn record's number is given again to the one behind it:
    so what a head's length jumps over, torn or not, is older than the head it lands on.
    """
    at = begin
    while at + HEAD_BYTES <= end:
        magic, version, length, number = struct.unpack(_HEAD_START, read(at, _HEAD_START_BYTES))
        if magic != MAGIC or version != VERSION or number >= sequence:
            break
        begin = at
        at += HEAD_BYTES + length + CRC_BYTES
    return begin


def used_bytes(sector):
    """Where free space starts: after the last byte that is not erased. Halves its stride, so
    that a sector is quick.
    """
    if sector == _ERASED[: len(sector)]:
        return 0
    end, stride = len(sector), SECTOR_BYTES // 2
    while stride:
        if stride <= end and sector[end - stride : end] == _ERASED[:stride]:
            end -= stride
        stride //= 2
    return end


def read_ring(read, size):
    """Records of a ring in order of sequence. `read(offset, n)` gives bytes (not a bytearray);
    `size` is whole sectors.

    A record is `linked` when the one before it in the ring is there and its hash matches; the
    oldest has nothing to match. One sector is held in memory at a time.
    """
    first = []
    for index in range(size // SECTOR_BYTES):
        frames = scan_sector(read(index * SECTOR_BYTES, SECTOR_BYTES))
        if frames:
            _, sequence, _, _, _ = frames[0]
            first.append((sequence, index))
    first.sort()
    before = None
    for _, index in first:
        for _, sequence, link, payload, raw in scan_sector(
            read(index * SECTOR_BYTES, SECTOR_BYTES)
        ):
            linked = before is None or link == before
            before = link_of(raw)
            yield Record(sequence, payload, raw, linked)
