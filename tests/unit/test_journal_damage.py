"""HZ6: damage never gives more treatment. A record that was whole and is damaged may have said that
a session ended just now; one that a power cut tore was never kept, and costs nobody a rest.
"""

import pytest
from samples import Flash, PowerCut

from app.journal_writer import JournalWriter
from stimcore import journal
from stimcore.dose import Dose

SECTOR = journal.SECTOR_BYTES
REST_S, LENGTH_S = 1_800, 1_200


def appended(flash, payload):
    writer = JournalWriter(flash)
    while writer.erase_ahead():
        pass
    assert writer.append(payload)


def day(flash, until, fill=0):
    """The first session of a day, as a device writes it: boot, start, 5 minutes, END, and two
    later records; as far as `until`. `fill`: records of a life before.
    """
    writer, dose = JournalWriter(flash), Dose()
    dose.prescribe(3, REST_S)
    for number in range(fill):
        while writer.erase_ahead():
            pass
        assert writer.append({"e": "key", "ms": number})
    rows = [
        ("boot", 0, lambda: dose.told(0)),
        ("start", 60, lambda: dose.begin(60, 0, LENGTH_S)),
        ("progress", 360, lambda: {"left_s": 900}),
        ("end", 420, lambda: dose.stop(420, 840, False) or {"left_s": 840}),
        ("rating", 430, lambda: {"value": 3}),
        ("wait", 720, lambda: {"wait_s": 1_500}),
    ]
    for event, at_s, fields in rows:
        while writer.erase_ahead():
            pass
        assert writer.append(dict(fields(), e=event, ms=1_000 * at_s))
        if event == until:
            return writer


def fill_up(flash, left):
    """Records that change nothing, until `left` bytes of the sector are free."""
    writer = JournalWriter(flash)
    head = len(journal.frame(1, journal.NO_LINK, {"e": "key", "ms": 720_000, "x": ""}))
    room = SECTOR - writer._free - left
    while room:
        n = min(room, 400)
        if 0 < room - n < head:
            n -= head
        assert writer.append({"e": "key", "ms": 720_000, "x": "x" * (n - head)})
        room -= n
    assert SECTOR - writer._free == left


def newborn(flash):
    """What a device that starts with this flash gives and how long it waits:
    (seconds that may go on, wait, of one session a day).
    """
    dose = Dose()
    dose.prescribe(3, REST_S)
    dose.rebuild(JournalWriter(flash).since("day"))
    now_s = dose.now_s(0)
    return dose.left_s(now_s, 0), dose.wait_s(now_s, 0, LENGTH_S)


def frames(flash):
    """(offset, frame) of every record."""
    found = []
    for sector in range(flash.size // SECTOR):
        rows = journal.scan_sector(flash.read(sector * SECTOR, SECTOR))
        found += [(row[1], sector * SECTOR + row[0], row[4]) for row in rows]
    return [row[1:] for row in sorted(found)]


# What is the newest record, which one is damaged (counted from the newest), each how manieth bit,
# what it would hide.
DAMAGED = [
    ("start", 0, 1, "that a session began"),
    ("progress", 1, 11, "that a session began, before a sound record"),
    ("progress", 0, 11, "how far it is"),
    ("end", 0, 1, "that a person ended it: it may not go on"),
    ("end", 2, 11, "that a session began and ended"),
    ("rating", 1, 11, "that it ended, before a sound record"),
    ("wait", 4, 11, "of the whole session, from its start on"),
    ("boot", 0, 11, "the only record there is"),
]


@pytest.mark.parametrize("row", DAMAGED)
def test_every_flipped_bit_of_a_record_that_was_whole_means_the_rest_in_full(row):
    until, back, step, hides = row
    flash = Flash(8 * SECTOR)
    day(flash, until)
    sound = newborn(flash)
    offset, raw = frames(flash)[-1 - back]
    for bit in range(0, 8 * len(raw), step):
        at, byte = offset + bit // 8, raw[bit // 8]
        flash.poke(at, byte ^ 1 << bit % 8)
        assert newborn(flash) == (0, REST_S), (bit, hides)
        flash.poke(at, byte)
    assert newborn(flash) == sound


@pytest.mark.parametrize("byte", [0x00, 0x5A])
def test_damage_over_many_bytes_means_the_rest_in_full(byte):
    flash = Flash(8 * SECTOR)
    day(flash, "end")
    first, last = frames(flash)[0], frames(flash)[-1]
    for offset in range(first[0], last[0] + len(last[1])):
        flash.poke(offset, byte)
    assert newborn(flash) == (0, REST_S)


def test_the_doubt_is_waited_for_once():
    """The next boot carries the day with what may have been: from then on the journal is sound."""
    flash = Flash(8 * SECTOR)
    day(flash, "end")
    offset, raw = frames(flash)[-1]
    flash.poke(offset + 20, raw[20] ^ 1)
    dose = Dose()
    dose.prescribe(3, REST_S)
    dose.rebuild(JournalWriter(flash).since("day"))
    appended(flash, dict(dose.told(dose.now_s(0)), e="boot", ms=0))
    appended(flash, {"e": "wait", "ms": 1_000 * REST_S, "wait_s": 1})
    assert newborn(flash) == (0, 0)


@pytest.mark.parametrize("fill", [0, 90])
def test_damage_in_what_the_newest_day_has_taken_over_means_nothing(fill):
    flash = Flash(8 * SECTOR)
    day(flash, "boot", fill)
    day(flash, "wait")
    sound = newborn(flash)
    for offset, raw in frames(flash)[:-5]:
        flash.poke(offset + 20, raw[20] ^ 1)
    assert newborn(flash) == sound and sound[1] == REST_S - 300


# The newest record that was kept, and what the one that is torn must leave as it is.
TORN = ["", "boot", "start", "progress", "end", "rating"]


@pytest.mark.parametrize("left", [0, 20, 60])
def test_the_first_record_of_a_sector_and_the_last_of_one_are_like_all_others(left):
    """A sector that holds nothing but the damaged record, or ends in it."""
    flash = Flash(8 * SECTOR)
    day(flash, "boot")
    fill_up(flash, left)
    sound = newborn(flash)
    assert sound == (0, 0)
    appended(flash, {"e": "wait", "ms": 720_000, "wait_s": 1})
    offset, raw = frames(flash)[-1]
    assert (offset % SECTOR == 0) == (left < len(raw))
    for bit in range(0, 8 * len(raw), 5):
        at, byte = offset + bit // 8, raw[bit // 8]
        flash.poke(at, byte ^ 1 << bit % 8)
        assert newborn(flash) == (0, REST_S), bit
        flash.poke(at, byte)
    assert newborn(flash) == sound


@pytest.mark.parametrize("left", [None, 0, 30, 60])
@pytest.mark.parametrize("until", TORN)
def test_a_power_cut_at_any_byte_of_a_record_is_no_damage(until, left):
    """Also when the next record is torn as well: two cuts in a row."""
    payload = {"e": "wait", "ms": 900_000, "wait_s": 1_500}
    length = len(journal.frame(1, journal.NO_LINK, payload))
    flash = Flash(8 * SECTOR)
    if until:
        day(flash, until)
        if left is not None:
            fill_up(flash, left)
    sound = newborn(flash)
    kept = flash.image()
    for cut in range(0, length, 1 if left is None else 9):
        flash.restore(kept)
        for again in (cut, (cut + length // 2) % length):
            writer = JournalWriter(flash)
            while writer.erase_ahead():
                pass
            flash.budget = [again]
            with pytest.raises(PowerCut):
                writer.append(payload)
            flash.budget = None
            assert newborn(flash) == sound, (cut, again)


def test_a_power_cut_while_a_sector_is_erased_is_no_damage():
    flash = Flash(6 * SECTOR)
    day(flash, "end", 400)
    writer = JournalWriter(flash)
    for _ in range(80):
        assert writer.append({"e": "key", "ms": 420_000})
    sound, kept = newborn(flash), flash.image()
    for cut in range(16):
        flash.restore(kept)
        flash.budget = [cut]
        with pytest.raises(PowerCut):
            JournalWriter(flash).erase_ahead()
        flash.budget = None
        assert newborn(flash) == sound, cut


def test_a_new_device_has_nothing_to_wait_for_and_one_whose_journal_is_ruined_has():
    assert newborn(Flash(8 * SECTOR)) == (0, 0)
    for sector in (0, 1, 5):
        flash = Flash(8 * SECTOR)
        for offset in range(40):
            flash.poke(sector * SECTOR + offset, 7 * offset % 256)
        assert newborn(flash) == (0, REST_S), sector


@pytest.mark.parametrize("sectors", [(0,), (1,), (5,), (1, 5)])
def test_a_first_record_is_torn_where_the_first_one_goes_and_nowhere_else(sectors):
    flash = Flash(8 * SECTOR)
    for sector in sectors:
        flash.poke(sector * SECTOR, journal.MAGIC)
    assert newborn(flash) == ((0, 0) if sectors == (1,) else (0, REST_S))


def test_what_begins_unlike_a_record_has_not_been_torn():
    flash = Flash(8 * SECTOR)
    flash.poke(SECTOR, journal.MAGIC ^ 4)
    assert newborn(flash) == (0, REST_S)
