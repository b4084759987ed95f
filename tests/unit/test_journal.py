"""Journal: frames, what survives torn and flipped bytes, and the writer through power cuts, wrap
and refusal.
"""

import pytest
from filled_ring import SECTOR, filled, records
from samples import Flash, PowerCut, journal_of

from app.journal_writer import AHEAD_SECTORS, JournalWriter
from stimcore import journal


def test_the_frame_is_the_documented_one():
    # Assembled by hand: E7 01, length 7, sequence 1, no link, {"a":1}, CRC-32 by `crc32` of zlib.
    raw = journal.frame(1, journal.NO_LINK, {"a": 1})
    assert raw[:16] == b"\xe7\x01\x07\x00\x01\x00\x00\x00" + b"\x00" * 8
    assert raw[16:23] == b'{"a":1}'
    assert raw[23:] == b"\x33\x8a\xf8\x6a"


def test_every_flipped_bit_of_a_frame_is_found():
    raw = journal.frame(7, b"12345678", {"t": 5, "e": "boot"})
    for bit in range(8 * len(raw)):
        bad = bytearray(raw)
        bad[bit // 8] ^= 1 << bit % 8
        assert journal.parse(bytes(bad)) is None


def test_a_payload_that_is_too_long_is_refused():
    with pytest.raises(ValueError):
        journal.frame(1, journal.NO_LINK, {"text": "x" * 512})


def test_records_come_back_in_order_and_linked_across_sectors():
    flash = Flash(16 * SECTOR)
    filled(flash, 300)
    got = [
        (r.sequence, r.payload["t"], r.linked) for r in journal.read_ring(flash.read, flash.size)
    ]
    assert got == [(k + 1, k, True) for k in range(300)]


def test_a_new_writer_goes_on_where_the_old_one_stopped():
    flash = Flash(16 * SECTOR)
    filled(flash, 10)
    again = JournalWriter(flash)
    assert again.sequence == 10 and again.last == {"t": 9, "e": "test"}
    filled(flash, 10, start=10)
    assert [r.payload["t"] for r in records(flash)] == list(range(20)) and all(
        r.linked for r in records(flash)
    )


def test_a_new_writer_spares_a_checksum_that_ends_as_erased_flash_reads():
    """One record in 256 ends in 0xFF: what a start writes next begins behind that byte, not on
    it.
    """
    flash, count = Flash(16 * SECTOR), 1
    writer = filled(flash, 1)
    while writer.chunk(count, 1)[0][0][1][-1] != 0xFF:
        assert writer.append({"t": count, "e": "test"})
        count += 1
    filled(flash, 1, start=count)
    assert [number for number, _ in JournalWriter(flash).chunk(count, 999)[0]] == [count, count + 1]


def test_the_ring_wraps_and_keeps_the_newest():
    flash = Flash(8 * SECTOR)
    filled(flash, 1_200)
    got = [(r.sequence, r.linked) for r in journal.read_ring(flash.read, flash.size)]
    assert got == [(k, True) for k in range(got[0][0], 1_201)]
    assert len(got) > 200


def test_wear_is_even():
    flash = Flash(8 * SECTOR)
    filled(flash, 3_000)
    counts = [flash.erased.count(sector) for sector in range(8)]
    assert max(counts) - min(counts) <= 1 and min(counts) > 0


def test_power_cut_at_every_byte_of_a_record_loses_only_that_record():
    length = len(journal.frame(1, journal.NO_LINK, {"t": 3, "e": "test"}))
    for cut in range(length):
        flash = Flash(8 * SECTOR)
        writer = filled(flash, 3)
        flash.budget = [cut]
        with pytest.raises(PowerCut):
            writer.append({"t": 3, "e": "test"})
        flash.budget = None
        assert [r.sequence for r in records(flash)] == [1, 2, 3]
        filled(flash, 2, start=10)
        got = records(flash)
        assert [r.payload["t"] for r in got] == [0, 1, 2, 10, 11] and all(r.linked for r in got)


def test_a_removed_record_shows_in_the_chain():
    flash = Flash(8 * SECTOR)
    filled(flash, 5)
    flash.poke(SECTOR + flash.read(SECTOR, SECTOR).find(records(flash)[2].frame), 0)
    got = records(flash)
    assert [r.sequence for r in got] == [1, 2, 4, 5]
    assert [r.linked for r in got] == [True, True, False, True]
    assert JournalWriter(flash).breaks() == 1, "what the self-test is told of it"


def of_a_day(number, waits):
    """Made anew each time: what is kept in between lies all over the memory of the device."""
    yield {"t": number, "e": "start", "day": [number]}
    for k in range(waits):
        yield {"t": number, "e": "wait", "n": k}


@pytest.mark.parametrize("between", [0, 1, 60, 150])
def test_what_came_since_the_newest_of_a_kind_is_told_in_order(between):
    """HZ6: the day is the newest record that carries it, however many sectors lie between."""
    flash = Flash(12 * SECTOR)
    writer = filled(flash, 1)
    assert list(JournalWriter(Flash(8 * SECTOR)).since("day")) == []
    assert list(writer.since("day")) == [None]
    for number in (1, 2):
        for payload in of_a_day(number, between):
            while writer.erase_ahead():
                pass
            assert writer.append(payload)
    assert list(writer.since("day")) == list(of_a_day(2, between))
    assert list(JournalWriter(flash).since("day")) == list(of_a_day(2, between))


def test_a_sound_journal_has_no_break():
    flash = Flash(8 * SECTOR)
    assert filled(flash, 5).breaks() == 0 == JournalWriter(flash).breaks()


def test_without_erased_space_a_record_is_refused_and_nothing_is_overwritten():
    flash = Flash(8 * SECTOR)
    writer = filled(flash, 1)
    while writer.append({"t": 1, "e": "x" * 400}):
        pass
    first = flash.read(SECTOR, SECTOR)
    assert writer.append({"t": 1, "e": "x" * 400}) == 0 and writer.lost == 2
    got = [r.sequence for r in journal.read_ring(flash.read, flash.size)]
    assert got == list(range(1, writer.sequence + 1)) and len(got) >= AHEAD_SECTORS * 9
    assert flash.read(SECTOR, SECTOR) == first


def test_appending_never_erases():
    flash = Flash(8 * SECTOR)
    writer = filled(flash, 1)
    erased = len(flash.erased)
    while writer.append({"t": 1, "e": "x" * 400}):
        pass
    assert len(flash.erased) == erased


def test_a_full_ring_reads_and_appends_after_a_power_cycle():
    flash = Flash(8 * SECTOR)
    writer = filled(flash, 1)
    while writer.append({"t": 1, "e": "x" * 400}):
        pass
    again = JournalWriter(flash)
    assert again.sequence == writer.sequence
    while again.erase_ahead():
        pass
    assert again.ready and again.append({"t": 9, "e": "after"}) == writer.sequence + 1


@pytest.mark.parametrize("hidden", [[460], [0, 432], [0, 0, 0]])
def test_a_torn_record_that_covers_the_ones_behind_it_hides_none(hidden):
    """Record 2's head is whole and says 480 + 28 bytes; it ends after 20, and what is `hidden`
    in the rest has 28 bytes more each.
    """
    flash = Flash(8 * SECTOR)
    journal_of(
        flash,
        [(0, None), (480, 20)] + [(length, None) for length in hidden] + [(0, None), (0, None)],
    )
    lengths = [0] + hidden + [0, 0]
    for start in range(1, len(lengths) + 1):
        frames, _ = JournalWriter(flash).chunk(start, 9_999)
        assert [(number, len(raw)) for number, raw in frames] == [
            (k + 1, 28 + lengths[k]) for k in range(start - 1, len(lengths))
        ]


@pytest.mark.parametrize("used", [0, 1, 2, 255, 256, 257, 2_047, 2_048, 4_094, 4_095, 4_096])
def test_free_space_starts_after_the_last_written_byte(used):
    assert journal.used_bytes(b"\x00" * used + b"\xff" * (SECTOR - used)) == used
    if used > 1:
        assert (
            journal.used_bytes(b"\xff" * (used - 1) + b"\x00" + b"\xff" * (SECTOR - used)) == used
        )


def test_garbage_flash_gives_no_records():
    flash = Flash(8 * SECTOR)
    for i in range(2 * SECTOR):
        flash.poke(3 * SECTOR + i, (i * 167 + 0xE7) & 0xFF)
    assert records(flash) == []
    writer = JournalWriter(flash)
    while writer.erase_ahead():
        pass
    assert writer.append({"t": 0, "e": "first"}) == 1
