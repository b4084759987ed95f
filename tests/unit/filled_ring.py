"""A journal with records in it, as a device writes them. Runs on both VMs."""

from app.journal_writer import JournalWriter
from stimcore import journal

SECTOR = journal.SECTOR_BYTES


def records(flash):
    return list(journal.read_ring(flash.read, flash.size))


def filled(flash, count, start=0):
    """A writer that has appended `count` records, erasing ahead as the supervisor does while
    disarmed.
    """
    writer = JournalWriter(flash)
    for k in range(start, start + count):
        while writer.erase_ahead():
            pass
        assert writer.append({"t": k, "e": "test"})
    return writer
