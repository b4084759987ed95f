"""A second reader of the journal, written from its description in firmware/README.md and sharing no
code with the device's: says of every damage which record, what it is, and what it means. The
device's own reader shows the records, this one checks them.
"""

from bisect import bisect_left
from statistics import median_low

from evenpulse.journal.findings import Audit, Finding
from evenpulse.journal.second_reader import (
    FIRST_LINK,
    SECTOR_BYTES,
    Frame,
    Scrap,
    is_all_there,
    is_beginning,
    link_of,
    one_bit,
    pieces_of,
    scan,
    sequence_in,
    stops_in_checksum,
)

# What a start finds damaged is written just before its boot record
_BOOT_WITHIN = 4


def audit_stream(data: bytes) -> Audit:
    """Check records that follow one another, as an archive holds them: a file has no erased
    bytes at its end.
    """
    items = scan(data, 0)
    audit = _examine(items)
    last = audit.findings[-1] if audit.findings else None
    if (
        last
        and last.kind == "unfinished"
        and isinstance(items[-1], Scrap)
        and is_all_there(data[items[-1].offset :])
    ):
        audit.findings[-1] = Finding(
            last.record, "damaged", "its end was overwritten with 255: nothing was cut off"
        )
    return audit


def audit_ring(image: bytes) -> Audit:
    """Check a raw flash ring: sectors in ring order, from the oldest on."""
    sectors = [scan(image[at : at + SECTOR_BYTES], at) for at in range(0, len(image), SECTOR_BYTES)]
    ages = [
        (median_low(item.sequence for item in items if isinstance(item, Frame)), index)
        for index, items in enumerate(sectors)
        if any(isinstance(item, Frame) for item in items)
    ]
    oldest = min(ages)[1] if ages else 0
    audit = _examine([item for items in sectors[oldest:] + sectors[:oldest] for item in items])
    if len(image) % SECTOR_BYTES:
        last = audit.frames[-1].sequence if audit.frames else 0
        what = f"{len(image)} bytes are not whole sectors of {SECTOR_BYTES}"
        audit.findings.append(Finding(last, "cut_off", what))
    return audit


def _examine(items: list[Frame | Scrap]) -> Audit:
    findings: list[Finding] = []
    standing = [item for item in items if isinstance(item, Frame)]
    in_order = _longest_rising(standing)
    in_place = {frame.offset for frame in in_order}
    kept = {frame.sequence: frame for frame in in_order}
    named = {(frame.sequence - 1, frame.link) for frame in standing}
    for frame in standing:
        if frame.offset not in in_place:
            findings.append(_about_another(frame, kept, named))
    frames = [kept[number] for number in sorted(kept)]
    known = {frame.sequence: frame.raw for frame in frames}
    for before, pieces in _by_neighbour(items, in_place):
        findings += _about_pieces(before, pieces, frames, known)
    findings += _gaps(frames, findings) + _breaks(known) + _payloads(frames) + _times(frames)
    return Audit(frames, sorted(findings, key=lambda finding: finding.record))


def _about_another(frame: Frame, kept: dict[int, Frame], named: set[tuple[int, bytes]]) -> Finding:
    """What a record is that does not stand in the order of numbers: moved, a copy, or a rival of
    the one in place.

    It joins `kept`, where of two rivals the one stays that its successor names.
    """
    other = kept.setdefault(frame.sequence, frame)
    where = f"bytes {other.offset} and {frame.offset} hold"
    if other is frame:
        return Finding(
            frame.sequence,
            "out_of_order",
            f"stands at byte {frame.offset}, not between its neighbours",
        )
    if other.raw == frame.raw:
        return Finding(frame.sequence, "duplicated", f"{where} the same record")
    if (frame.sequence, link_of(other.raw)) not in named:
        kept[frame.sequence] = frame
    return Finding(frame.sequence, "conflict", f"{where} different records of this number")


def _longest_rising(frames: list[Frame]) -> list[Frame]:
    """The most frames that stand in the order of their numbers."""
    # Lowest number that ends a rising run of each length
    ends: list[int] = []
    # And which frame that is
    last: list[int] = []
    before = [-1] * len(frames)
    for index, frame in enumerate(frames):
        length = bisect_left(ends, frame.sequence)
        before[index] = last[length - 1] if length else -1
        ends[length : length + 1] = [frame.sequence]
        last[length : length + 1] = [index]
    run, index = [], last[-1] if last else -1
    while index >= 0:
        run.append(frames[index])
        index = before[index]
    return run[::-1]


def _by_neighbour(
    items: list[Frame | Scrap], in_place: set[int]
) -> list[tuple[int | None, list[bytes]]]:
    """Scraps cut into what may be single records, each with the number of the record in place
    before it.
    """
    out: list[tuple[int | None, list[bytes]]] = []
    before: int | None = None
    for item in items:
        if isinstance(item, Scrap):
            out.append((before, pieces_of(item.raw)))
        elif item.offset in in_place:
            before = item.sequence
    return out


def _about_pieces(
    before: int | None, pieces: list[bytes], frames: list[Frame], known: dict[int, bytes]
) -> list[Finding]:
    """Which record each piece was. One that turning a bit back makes whole again joins `known`,
    for the chain's sake.
    """
    after = next(
        (frame.sequence for frame in frames if before is None or frame.sequence > before), None
    )
    first = after - len(pieces) if before is None and after is not None else (before or 0) + 1
    missing = [n for n in range(max(first, 1), first + len(pieces)) if after is None or n < after]
    findings, left = [], []
    for piece in pieces:
        mended = one_bit(piece) if missing and not stops_in_checksum(piece) else None
        if mended:
            where, raw = mended
            number = sequence_in(raw)
            findings.append(Finding(number, "damaged", f"one bit of its {where} is turned over"))
            known.setdefault(number, raw)
            missing = [n for n in missing if n != number]
        else:
            left.append(piece)
    for piece in left:
        at_end = (
            after is None and missing and is_beginning(piece, missing[0], known.get(missing[0] - 1))
        )
        at_start = before is None and after is not None and is_beginning(piece, after, None)
        if at_end:
            findings.append(
                Finding(missing[0], "unfinished", f"only its first {len(piece)} bytes are there")
            )
        elif (
            at_start
            or not missing
            and is_beginning(piece, after or first, known.get((after or first) - 1))
        ):
            findings.append(
                Finding(
                    after or first,
                    "unfinished",
                    f"{len(piece)} bytes of an earlier try stand before it",
                )
            )
        elif not missing:
            findings.append(
                Finding(
                    after or first,
                    "damaged",
                    f"{len(piece)} bytes stand before it that are no beginning of it",
                )
            )
        else:
            why = (
                "its checksum does not fit, in several bits"
                if any(piece)
                else "overwritten with zeros"
            )
            findings.append(Finding(missing.pop(0), "damaged", f"{len(piece)} bytes: {why}"))
    return findings


def _gaps(frames: list[Frame], findings: list[Finding]) -> list[Finding]:
    """Numbers that neither a record nor a damaged one accounts for: one finding a stretch."""
    told = {frame.sequence for frame in frames} | {
        f.record for f in findings if f.kind == "damaged"
    }
    numbers = sorted(told)
    return [
        Finding(
            one + 1,
            "removed",
            "is not there"
            if other == one + 2
            else f"is not there, nor any other up to {other - 1}",
        )
        for one, other in zip(numbers, numbers[1:], strict=False)
        if other > one + 1
    ]


def _breaks(known: dict[int, bytes]) -> list[Finding]:
    """Records whose joints in the hash chain do not hold; of two broken joints in a row the
    record between is to blame.
    """
    if 1 in known and known[1][8:16] != FIRST_LINK:
        first = [Finding(1, "replaced", "the first record names one before it")]
    else:
        first = []
    broken = {n for n in known if n + 1 in known and known[n + 1][8:16] != link_of(known[n])}
    blamed = {n for n in broken if n - 1 in broken or n + 1 not in broken}
    return first + [
        Finding(n, "replaced", f"record {n + 1} was written after another record {n}")
        for n in sorted(blamed)
    ]


def _payloads(frames: list[Frame]) -> list[Finding]:
    return [Finding(f.sequence, "payload", "no JSON object") for f in frames if f.payload is None]


def _times(frames: list[Frame]) -> list[Finding]:
    """Device time never falls; uptime falls only where the device starts anew, which a missing
    record may have said.
    """
    out = []
    for index in range(1, len(frames)):
        before, here = frames[index - 1].payload or {}, frames[index].payload or {}
        if _falls(before, here, "t"):
            out.append(
                Finding(
                    frames[index].sequence,
                    "time_back",
                    f"t falls from {before['t']} to {here['t']}",
                )
            )
        follows = frames[index].sequence == frames[index - 1].sequence + 1
        if (
            follows
            and _falls(before, here, "ms")
            and not _boots(frames[index : index + _BOOT_WITHIN])
        ):
            out.append(
                Finding(
                    frames[index].sequence,
                    "uptime_back",
                    f"ms falls from {before['ms']} to {here['ms']}",
                )
            )
    return out


def _falls(before: dict, here: dict, name: str) -> bool:
    was, now = before.get(name), here.get(name)
    return type(was) is int and type(now) is int and now < was


def _boots(frames: list[Frame]) -> bool:
    return any((frame.payload or {}).get("e") == "boot" for frame in frames)
