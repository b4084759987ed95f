"""The journal handed out in chunks: every record once, whatever tore, and what a chunk costs."""

import pytest
from filled_ring import SECTOR, filled
from samples import Flash, chunk_expected, journal_of

from app.journal_writer import JournalWriter
from stimcore import journal


def test_chunks_hand_out_every_record_once():
    flash = Flash(16 * SECTOR)
    writer = filled(flash, 300)
    got, at = [], 1
    while at:
        frames, at = writer.chunk(at, 1_500)
        got += [number for number, _ in frames]
    assert got == list(range(1, 301))
    assert writer.chunk(301, 1_500) == ([], None)
    assert JournalWriter(Flash(8 * SECTOR)).chunk(1, 1_500) == ([], None)


@pytest.mark.parametrize("seed", range(6))
def test_chunks_of_a_torn_journal_are_what_a_reading_of_the_ring_gives(seed):
    dice = Dice(seed)
    flash = Flash(8 * SECTOR)
    writer = journal_of(
        flash, [(dice(480), dice(dice(500) + 1) if dice(4) == 0 else None) for _ in range(120)]
    )
    for _ in range(3):
        flash.poke(dice(8 * SECTOR), dice(256))
    newest = writer.sequence
    for start in (1, dice(newest), dice(newest), newest, newest + 1):
        bytes_max = 1 + dice(2_000)
        while start:
            frames, after = writer.chunk(start, bytes_max)
            assert frames == chunk_expected(flash, start, bytes_max)
            assert after == (frames[-1][0] + 1 if frames and frames[-1][0] < newest else None)
            # The next chunk begins where this one ended
            start = after  # noqa: PLW2901


class Dice:
    """Numbers below n from a seed, the same on both VMs (the constants of MINSTD would need more
    than 31 bits).
    """

    def __init__(self, seed):
        self._state = seed + 1

    def __call__(self, n):
        self._state = (self._state * 171 + 11_213) % 53_125
        return self._state * n // 53_125


@pytest.mark.parametrize("meanwhile", range(9, 90, 9))
def test_a_download_that_the_ring_overtakes_goes_on_with_the_oldest_it_still_has(meanwhile):
    """Nine records a sector: among these is the ring's oldest sector being the one in which the
    download stopped.
    """
    flash = Flash(8 * SECTOR)
    writer = journal_of(flash, [(400, None)] * 30)
    _, after = writer.chunk(1, 1_500)
    for _ in range(meanwhile):
        while writer.erase_ahead():
            pass
        writer.append({"e": "x" * 400})
    assert writer.chunk(after, 1_500)[0] == chunk_expected(flash, after, 1_500)


def test_a_chunk_costs_what_it_returns_and_not_what_the_sector_holds():
    flash = CountingFlash(8 * SECTOR)
    writer = filled(flash, 200)
    after, most, reads = 1, 0, 0
    while after:
        flash.reads = flash.bytes_read = 0
        _, after = writer.chunk(after, 300)
        most, reads = max(most, flash.bytes_read), max(reads, flash.reads)
    assert reads <= 4 and 300 <= most <= 300 + journal.FRAME_BYTES_MAX + journal.WALK_BYTES
    again = JournalWriter(flash)
    flash.bytes_read = 0
    assert again.chunk(60, 300)[0][0][0] == 60
    assert flash.bytes_read <= 8 * 60 + journal.WALK_BYTES


class CountingFlash(Flash):
    """A flash that counts how often it is read, and how much."""

    bytes_read = reads = 0

    def read(self, offset, n):
        self.reads += 1
        self.bytes_read += n
        return Flash.read(self, offset, n)
