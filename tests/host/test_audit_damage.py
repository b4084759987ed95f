"""The second reader finds every planted damage: bits, records, sectors, tails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from audited import IMAGE, LAST, found, journals, number, planted
from frames import SECTOR, chain, ring

from evenpulse.journal import audit

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


@pytest.mark.parametrize(
    ("begin", "end", "name"), _FIELDS, ids=[row[2].replace(" ", "-") for row in _FIELDS]
)
@planted
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


@planted
@given(journals(at_least=3), st.data())
def test_flipped_bits_in_several_records_are_told_apart(frames, data):
    chosen = data.draw(st.sets(st.integers(0, len(frames) - 1), min_size=2, max_size=4))
    spoilt = [
        bytes(f[:20]) + bytes([f[20] ^ 4]) + f[21:] if k in chosen else f
        for k, f in enumerate(frames)
    ]
    assert found(spoilt) == [("damaged", number(frames[k])) for k in sorted(chosen)]


@planted
@given(journals(at_least=3), st.data())
def test_many_flipped_bits_or_zeros_are_a_damaged_record(frames, data):
    k = data.draw(st.integers(1, len(frames) - 2))
    bad = data.draw(st.sampled_from([bytes(len(frames[k])), bytes(b ^ 0x55 for b in frames[k])]))
    assert found([*frames[:k], bad, *frames[k + 1 :]]) == [("damaged", number(frames[k]))]


@planted
@given(journals(at_least=3), st.data())
def test_a_removed_record_is_found(frames, data):
    k = data.draw(st.integers(1, len(frames) - 2))
    assert found(frames[:k] + frames[k + 1 :]) == [("removed", number(frames[k]))]


@planted
@given(journals(at_least=4), st.data())
def test_a_removed_stretch_is_one_finding(frames, data):
    k = data.draw(st.integers(1, len(frames) - 3))
    told = audit.audit_stream(b"".join(frames[:k] + frames[k + 2 :])).findings
    assert [(f.kind, f.record) for f in told] == [("removed", number(frames[k]))]
    assert str(number(frames[k + 1])) in told[0].what


@planted
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


@planted
@given(journals(), st.data())
def test_a_duplicate_is_found(frames, data):
    k, to = data.draw(st.integers(0, len(frames) - 1)), data.draw(st.integers(0, len(frames)))
    assert found([*frames[:to], frames[k], *frames[to:]]) == [("duplicated", number(frames[k]))]


@planted
@given(journals(at_least=2), st.data())
def test_a_cut_tail_is_found_wherever_it_leaves_a_piece(frames, data):
    whole, cut = b"".join(frames), data.draw(st.integers(1, len(frames[-1]) - 1))
    assert found([whole[:-cut]]) == [("unfinished", number(frames[-1]))]


@planted
@given(st.integers(1, SECTOR - 1))
def test_a_cut_image_is_found(cut):
    told = audit.audit_ring(IMAGE[:-cut])
    assert [(f.kind, f.record) for f in told.findings] == [("cut_off", LAST)] and not told.whole
