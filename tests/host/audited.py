"""The second reader finds every planted damage and no other, and agrees with the device's reader
on what is sound.
"""

import ast
import inspect
import struct
import zlib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from app.journal_writer import JournalWriter
from frames import SECTOR, chain, ring
from played import Played
from samples import Flash, PowerCut

from evenpulse.journal import audit, findings, second_reader
from stimcore import journal

_planted = settings(max_examples=60)
_PAYLOAD = st.dictionaries(
    st.sampled_from(["a", "b", "ua"]),
    st.integers(-9, 10**6) | st.text('x"\xe7\x01', max_size=9),
    max_size=3,
)
# (bytes from the start of a frame, name in findings): README, "Journal"
_FIELDS = [
    (0, 1, "start mark"),
    (1, 2, "version"),
    (2, 4, "length"),
    (4, 8, "sequence"),
    (8, 16, "link"),
    (16, -4, "payload"),
    (-4, None, "checksum"),
]


PLAYED = Played(sectors=8).prescribe().session(before=5, after=4, skin=True)
IMAGE, LAST = PLAYED.image(), len(PLAYED.frames())


@st.composite
def journals(draw, at_least=1, at_most=14, first=st.sampled_from([1, 1, 7, 5_000])):
    """Frames as a device writes them: time and uptime rise, uptime starts again at a boot."""
    payloads, t, ms = [], draw(st.integers(0, 10**9)), 0
    for fields in draw(st.lists(_PAYLOAD, min_size=at_least, max_size=at_most)):
        boot = draw(st.integers(0, 9)) == 0
        t += draw(st.integers(0, 500))
        ms = 0 if boot else ms + draw(st.integers(0, 10**6))
        payloads.append({**fields, "t": t, "ms": ms, "e": "boot" if boot else "test"})
    return chain(payloads, draw(first))


def number(frame):
    return struct.unpack_from("<I", frame, 4)[0]


def found(frames):
    return [(one.kind, one.record) for one in audit.audit_stream(b"".join(frames)).findings]


def seen_by_the_device(image):
    return [
        (r.sequence, r.frame)
        for r in journal.read_ring(lambda at, n: image[at : at + n], len(image))
    ]


def test_the_second_reader_shares_no_code_with_the_first():
    def imports(module):
        nodes = [
            n
            for n in ast.walk(ast.parse(inspect.getsource(module)))
            if isinstance(n, (ast.Import, ast.ImportFrom))
        ]
        return {
            node.module if isinstance(node, ast.ImportFrom) else alias.name
            for node in nodes
            for alias in node.names
        }

    ours = {
        name
        for module in (audit, findings, second_reader)
        for name in imports(module)
        if name.startswith(("stimcore", "evenpulse", "app"))
    }
    its_own = {"evenpulse.journal.findings", "evenpulse.journal.second_reader"}
    assert ours - {"evenpulse.base.errors"} == its_own


@_planted
@given(journals(), st.integers(0, 20))
def test_sound_journals_have_no_findings_and_both_readers_agree(frames, start):
    assert found(frames) == []
    image = ring(frames, start)
    told = audit.audit_ring(image)
    assert told.findings == [] and told.whole
    assert (
        [(f.sequence, f.raw) for f in told.frames]
        == seen_by_the_device(image)
        == [(number(f), f) for f in frames]
    )


def test_a_ring_that_has_wrapped():
    frames = chain([{"t": k, "ms": k, "e": "x" * 90} for k in range(200)], first=900)
    count = len(ring(frames)) // SECTOR - 1
    for start in range(count):
        image = ring(frames, start, count)
        assert audit.audit_ring(image).findings == []
        assert (
            [f.sequence for f in audit.audit_ring(image).frames]
            == [n for n, _ in seen_by_the_device(image)]
            == list(range(900, 1_100))
        )


@_planted
@given(journals(at_least=2), st.data())
def test_a_power_cut_costs_one_record_and_is_no_alarm(frames, data):
    """The record that was being written stops anywhere; the next start writes another one of its
    number after it.
    """
    k = data.draw(st.integers(1, len(frames) - 1))
    cut = data.draw(st.integers(1, len(frames[k]) - 1))
    # Else what is not written reads as it would be
    assume(frames[k][cut:].strip(b"\xff"))
    torn = frames[k][:cut]
    again = chain_on(frames[:k], [{"t": 2 * 10**9, "ms": 0, "e": "boot"}], number(frames[k]))
    for rest in ([], again):
        image = ring([*frames[:k], torn, *rest])
        told = audit.audit_ring(image)
        torn_seen = bool(torn.strip(b"\xff"))
        assert [(f.kind, f.record) for f in told.findings] == [
            ("unfinished", number(frames[k]))
        ] * torn_seen
        assert told.whole
        assert [(f.sequence, f.raw) for f in told.frames] == seen_by_the_device(image)
        assert len(told.frames) == k + len(rest)


def chain_on(frames, payloads, first):
    """Frames that go on after others."""
    out = list(frames)
    for sequence, payload in enumerate(payloads, first):
        out.append(journal.frame(sequence, journal.link_of(out[-1]), payload))
    return out[len(frames) :]


@pytest.mark.parametrize(
    ("begin", "end", "name"), _FIELDS, ids=[row[2].replace(" ", "-") for row in _FIELDS]
)
@_planted
@given(frames=journals(at_least=1, at_most=12), data=st.data())
def test_a_flipped_bit_is_found_in_its_field_of_its_record(begin, end, name, frames, data):
    k = data.draw(st.integers(0, len(frames) - 1))
    where = data.draw(st.sampled_from(range(len(frames[k]))[begin:end]))
    bad = bytearray(frames[k])
    bad[where] ^= 1 << data.draw(st.integers(0, 7))
    told = audit.audit_stream(b"".join([*frames[:k], bytes(bad), *frames[k + 1 :]]))
    assert [(f.kind, f.record) for f in told.findings] == [("damaged", number(frames[k]))]
    what = told.findings[0].what
    # FE with its last bit turned over is FF at a record's end, as flash that was not written.
    ends_as_erased = bad[-1] == 0xFF and where == len(bad) - 1 and "overwritten with 255" in what
    assert (name in what or ends_as_erased) and not told.whole


@_planted
@given(journals(at_least=3), st.data())
def test_flipped_bits_in_several_records_are_told_apart(frames, data):
    chosen = data.draw(st.sets(st.integers(0, len(frames) - 1), min_size=2, max_size=4))
    spoilt = [
        bytes(f[:20]) + bytes([f[20] ^ 4]) + f[21:] if k in chosen else f
        for k, f in enumerate(frames)
    ]
    assert found(spoilt) == [("damaged", number(frames[k])) for k in sorted(chosen)]


@_planted
@given(journals(at_least=3), st.data())
def test_many_flipped_bits_or_zeros_are_a_damaged_record(frames, data):
    k = data.draw(st.integers(1, len(frames) - 2))
    bad = data.draw(st.sampled_from([bytes(len(frames[k])), bytes(b ^ 0x55 for b in frames[k])]))
    assert found([*frames[:k], bad, *frames[k + 1 :]]) == [("damaged", number(frames[k]))]


@_planted
@given(journals(at_least=3), st.data())
def test_a_removed_record_is_found(frames, data):
    k = data.draw(st.integers(1, len(frames) - 2))
    assert found(frames[:k] + frames[k + 1 :]) == [("removed", number(frames[k]))]


@_planted
@given(journals(at_least=4), st.data())
def test_a_removed_stretch_is_one_finding(frames, data):
    k = data.draw(st.integers(1, len(frames) - 3))
    told = audit.audit_stream(b"".join(frames[:k] + frames[k + 2 :])).findings
    assert [(f.kind, f.record) for f in told] == [("removed", number(frames[k]))]
    assert str(number(frames[k + 1])) in told[0].what


@_planted
@given(journals(at_least=2), st.data())
def test_swapped_records_are_found(frames, data):
    i, j = sorted(data.draw(st.sets(st.integers(0, len(frames) - 1), min_size=2, max_size=2)))
    swapped = list(frames)
    swapped[i], swapped[j] = swapped[j], swapped[i]
    kinds = found(swapped)
    assert kinds and {kind for kind, _ in kinds} == {"out_of_order"}
    if j - i > 2:
        assert {n for _, n in kinds} == {number(frames[i]), number(frames[j])}
    else:
        # Neighbours: which of them was moved cannot be told
        assert {n for _, n in kinds} <= {number(f) for f in frames[i : j + 1]}


def test_swapped_sectors_are_found():
    frames = chain([{"t": k, "ms": k, "e": "x" * 90} for k in range(200)])
    image = ring(frames)
    swapped = (
        image[:SECTOR]
        + image[3 * SECTOR : 4 * SECTOR]
        + image[2 * SECTOR : 3 * SECTOR]
        + image[SECTOR : 2 * SECTOR]
        + image[4 * SECTOR :]
    )
    told = audit.audit_ring(swapped)
    assert {f.kind for f in told.findings} == {"out_of_order"} and len(told.frames) == 200


@_planted
@given(journals(), st.data())
def test_a_duplicate_is_found(frames, data):
    k, to = data.draw(st.integers(0, len(frames) - 1)), data.draw(st.integers(0, len(frames)))
    assert found([*frames[:to], frames[k], *frames[to:]]) == [("duplicated", number(frames[k]))]


@_planted
@given(journals(at_least=2), st.data())
def test_a_cut_tail_is_found_wherever_it_leaves_a_piece(frames, data):
    whole, cut = b"".join(frames), data.draw(st.integers(1, len(frames[-1]) - 1))
    assert found([whole[:-cut]]) == [("unfinished", number(frames[-1]))]


@_planted
@given(st.integers(1, SECTOR - 1))
def test_a_cut_image_is_found(cut):
    told = audit.audit_ring(IMAGE[:-cut])
    assert [(f.kind, f.record) for f in told.findings] == [("cut_off", LAST)] and not told.whole


def forged(frame, change):
    """The record with another payload and a checksum to match, as somebody who knows the format
    would write it.
    """
    body = frame[:16] + change(frame[16:-4])
    body = body[:2] + struct.pack("<H", len(body) - 16) + body[4:]
    return body + struct.pack("<I", zlib.crc32(body))


@_planted
@given(journals(at_least=3), st.data())
def test_a_record_rewritten_with_a_right_checksum_is_found(frames, data):
    k = data.draw(st.integers(0, len(frames) - 2))
    bad = forged(frames[k], lambda text: text[:-1] + b',"x":1}')
    assert found([*frames[:k], bad, *frames[k + 1 :]]) == [("replaced", number(frames[k]))]


def test_a_rewritten_link_is_blamed_on_its_record():
    frames = chain([{"t": k, "ms": k, "e": "test"} for k in range(6)])
    body = frames[3][:8] + b"whatever" + frames[3][16:-4]
    assert found([*frames[:3], body + struct.pack("<I", zlib.crc32(body)), *frames[4:]]) == [
        ("replaced", 4)
    ]


def test_two_records_of_one_number():
    frames = chain([{"t": k, "ms": k, "e": "test"} for k in range(6)])
    other = forged(frames[3], lambda text: text.replace(b"test", b"tess"))
    assert found([*frames[:3], other, *frames[3:]]) == [("conflict", 4)]
    assert found([*frames[:4], other, *frames[4:]]) == [("conflict", 4)]


@pytest.mark.parametrize("payload", [b"[1,2]", b"7", b"not json", b"\xff\xfe"])
def test_a_payload_that_is_no_object(payload):
    frames = chain([{"t": 1, "ms": 1, "e": "test"}])
    assert found([forged(frames[0], lambda text: payload)]) == [("payload", 1)]


def test_a_chain_forged_as_a_whole_still_cannot_run_backwards():
    payloads = [{"t": 100 + k, "ms": 1_000 * k, "e": "test"} for k in range(8)]
    payloads[5]["t"] = 90
    payloads[3]["ms"] = 1_500
    assert found(chain(payloads)) == [("uptime_back", 4), ("time_back", 6)]


def test_uptime_may_start_again_just_before_a_boot():
    """What a start finds damaged in flash is written before its boot record."""
    events = [
        ("boot", 0),
        ("start", 900),
        ("prescription_bad", 0),
        ("calibration_bad", 0),
        ("boot", 0),
        ("start", 5),
    ]
    assert found(chain([{"t": 5, "ms": ms, "e": e} for e, ms in events])) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff" * 2 * SECTOR, b"\x00" * 7, b"\xe7", b"\xe7\x01" * 10_000, bytes(range(256)) * 16],
)
def test_any_bytes_give_an_answer(data):
    assert audit.audit_stream(data).frames == [] and audit.audit_ring(data).frames == []


@_planted
@given(st.binary(max_size=600))
def test_noise_is_never_a_record(data):
    assert audit.audit_ring(data).frames == []


@_planted
@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.none() | st.integers(0, 120)), min_size=1, max_size=12
    )
)
def test_whatever_the_device_writes_is_whole_and_read_alike(story):
    """The device's own writer on a flash that loses power, round its ring more than once: no
    alarm, the same records.
    """
    flash, t = Flash(8 * SECTOR), 0
    for count, cut in story:
        writer = JournalWriter(flash)
        while writer.erase_ahead():
            pass
        for ms in range(count):
            while writer.erase_ahead():
                pass
            t += 1
            assert writer.append(
                {"t": t, "ms": ms, "e": "test" if ms else "boot", "why": "x" * (t * 37 % 300)}
            )
        flash.budget = None if cut is None else [cut]
        try:
            writer.append({"t": t, "ms": 90, "e": "last"})
        except PowerCut:
            pass
        flash.budget = None
    image = b"".join(flash.read(at, SECTOR) for at in range(0, flash.size, SECTOR))
    told = audit.audit_ring(image)
    assert told.whole, told.findings
    assert [(f.sequence, f.raw) for f in told.frames] == seen_by_the_device(image)


_TAIL = b"".join(PLAYED.frames())


@pytest.mark.parametrize(
    "begin", [-len(PLAYED.frames()[-1]), -len(PLAYED.frames()[-1]) - len(PLAYED.frames()[-2])]
)
@settings(max_examples=400)
@given(data=st.data())
def test_found_damage_near_the_end_is_never_told_as_a_loss_of_power(begin, data):
    """The last record, or one of the last two, changed anyhow while every byte stays there: no
    file loses power.
    """
    first = len(_TAIL) + begin
    at = data.draw(st.integers(first, len(_TAIL) - 1))
    length = data.draw(st.integers(1, min(9, len(_TAIL) - at)))
    new = data.draw(
        st.one_of(
            st.binary(min_size=length, max_size=length),
            st.sampled_from([bytes(length), b"\xff" * length]),
        )
    )
    spoilt = _TAIL[:at] + new + _TAIL[at + length :]
    assume(spoilt != _TAIL)
    told = audit.audit_stream(spoilt)
    assert not told.whole, [(one.kind, one.what) for one in told.findings]
