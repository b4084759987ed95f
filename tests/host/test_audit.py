"""The second reader agrees with the device's on what is sound, and finds what somebody forged."""

import ast
import inspect
import struct
import zlib

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from app.journal_writer import JournalWriter
from audited import PLAYED, found, journals, number, planted, seen_by_the_device
from frames import SECTOR, chain, ring
from samples import Flash, PowerCut

from evenpulse.journal import audit, findings, second_reader
from stimcore import journal


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


@planted
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


@planted
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


def forged(frame, change):
    """The record with another payload and a checksum to match, as somebody who knows the format
    would write it.
    """
    body = frame[:16] + change(frame[16:-4])
    body = body[:2] + struct.pack("<H", len(body) - 16) + body[4:]
    return body + struct.pack("<I", zlib.crc32(body))


@planted
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


@planted
@given(st.binary(max_size=600))
def test_noise_is_never_a_record(data):
    assert audit.audit_ring(data).frames == []


# Power is lost once, twice and three times in the record after the first, and in its checksum
_LOST = (
    [4, 39],
    [4, 20, 30],
    [12, 12, 12, 12],
    [3, 2, 5, 40],
    [44, 44],
    [45, 6, 46],
)


def _with_power_lost(test):
    """Each of them as an example of its own."""
    for cuts in _LOST:
        test = example([(0, None), *((0, cut) for cut in cuts)])(test)
    return test


@planted
@_with_power_lost
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
