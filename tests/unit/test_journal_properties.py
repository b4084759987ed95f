"""The journal read in chunks is the journal: any records, any power cuts, any damage, reading
and writing in any order.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from samples import Flash, chunk_expected, journal_of

from stimcore import journal

_SECTORS = 8
_STEPS = st.lists(
    st.tuples(st.integers(0, 490), st.one_of(st.none(), st.integers(0, 530))), max_size=150
)
_BYTES = st.one_of(st.integers(0, 255), st.sampled_from([journal.MAGIC, journal.VERSION]))
_DAMAGE = st.lists(
    st.tuples(st.integers(0, _SECTORS * journal.SECTOR_BYTES - 1), _BYTES), max_size=12
)


@settings(max_examples=60)
@given(_STEPS, _DAMAGE, st.integers(1, 160), st.integers(1, 3_000))
def test_chunks_are_the_records_of_the_ring(steps, damage, start, bytes_max):
    flash = Flash(_SECTORS * journal.SECTOR_BYTES)
    writer = journal_of(flash, steps)
    for offset, byte in damage:
        flash.poke(offset, byte)
    got, at = [], start
    while at:
        frames, at = writer.chunk(at, bytes_max)
        got += frames
    assert got == chunk_expected(flash, start, 1 << 30)


@settings(max_examples=60)
@given(_STEPS, _DAMAGE, st.integers(1, 160))
def test_walking_finds_what_scanning_finds(steps, damage, sequence):
    flash = Flash(_SECTORS * journal.SECTOR_BYTES)
    journal_of(flash, steps)
    for offset, byte in damage:
        flash.poke(offset, byte)
    for sector in range(_SECTORS):
        begin, end = sector * journal.SECTOR_BYTES, (sector + 1) * journal.SECTOR_BYTES
        scanned = [
            (number, raw, begin + at + len(raw))
            for at, number, _, _, raw in journal.scan_sector(flash.read(begin, end - begin))
        ]
        assert list(journal.walk(flash.read, begin, end)) == scanned
        near = journal.skip(flash.read, begin, end, sequence)
        assert [row for row in journal.walk(flash.read, near, end) if row[0] >= sequence] == [
            row for row in scanned if row[0] >= sequence
        ]


_WORK = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 490)),
        st.tuples(st.just("erase"), st.just(0)),
        st.tuples(st.just("go on"), st.integers(1, 2_000)),
        st.tuples(st.just("from"), st.integers(1, 400)),
    ),
    max_size=200,
)


@settings(max_examples=60)
@given(st.integers(0, 120), _WORK)
def test_a_download_while_records_are_written_and_sectors_erased(before, work):
    """Each chunk is right at its moment, whether it goes on where the last one ended or begins
    elsewhere.
    """
    flash = Flash(_SECTORS * journal.SECTOR_BYTES)
    writer = journal_of(flash, [(300, None)] * before)
    after = 1
    for what, n in work:
        if what == "append":
            writer.append({"e": "x" * n})
        elif what == "erase":
            writer.erase_ahead()
        else:
            start, bytes_max = (after or 1, n) if what == "go on" else (n, 700)
            frames, after = writer.chunk(start, bytes_max)
            assert frames == chunk_expected(flash, start, bytes_max)
