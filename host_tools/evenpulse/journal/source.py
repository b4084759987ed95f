"""Where a journal is read from: a device, an archive of pulled records, or an image of its
flash.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stimcore import journal as ring

from evenpulse.base.printable import counted
from evenpulse.base import boards
from evenpulse.base.errors import BadUsage, Problem
from evenpulse.base.files import read_bounded
from evenpulse.connect.ports import connect
from evenpulse.journal import archive
from evenpulse.journal import entries as journal_entries
from evenpulse.journal import fetch as journal
from evenpulse.journal.audit import audit_ring, audit_stream
from evenpulse.journal.findings import Audit


@dataclass
class Source:
    """A journal read whole: records by the device's reader, `audit` by the second one.
    `read_on`: host's clock.
    """

    name: str
    serial: str | None
    records: list[ring.Record]
    audit: Audit
    read_on: datetime.datetime | None

    @property
    def entries(self) -> list[journal_entries.Entry]:
        """What its records say."""
        return journal_entries.entries(self.records)

    def require_whole(self) -> None:
        """Raise Problem where records are damaged or gone: nothing may rely on what is left
        without a word.
        """
        self.audit.require_whole(self.name)


def load(
    port: str | None,
    archived: Path | None,
    image: Path | None,
    board: str,
    progress: Callable[[int, int | None], None],
) -> Source:
    """Read the one place that is named; a port only where neither of the others is."""
    if archived and image:
        raise BadUsage("--archive and --image are two places to read from", do_next="name one")
    if archived:
        return _archive(archived)
    return _image(image, board) if image else _device(port, progress)


def _device(port: str | None, progress: Callable[[int, int | None], None]) -> Source:
    with connect(port) as device:
        frames = list(journal.fetch(device, progress))
        name, serial = device.transport.name, device.info["serial"]
    now = datetime.datetime.now(datetime.UTC)
    return Source(name, serial, list(journal.linked(frames)), audit_stream(b"".join(frames)), now)


def load_all(folder: Path) -> list[Source]:
    """The journals of every device in an archive."""
    return [_archive(file) for file in archive.files(folder)]


def _archive(path: Path) -> Source:
    file = archive.find(path)
    data = archive.read(file)
    records = list(journal.linked(journal.frames_in(data)))
    if not records:
        seen = (
            f"{counted(len(data), 'byte')}, and no sound record in them"
            if data
            else "an empty file"
        )
        raise Problem(
            f"{file} holds no journal",
            seen=seen,
            do_next="name a file that evenpulse log pull has written",
        )
    return Source(
        str(file),
        file.name.removesuffix(archive.SUFFIX),
        records,
        audit_stream(data),
        archive.last_pull(file),
    )


def _image(path: Path, board: str) -> Source:
    """A dump of the ring alone, or of the whole flash of `board`."""
    data = read_bounded(path, boards.FLASH_BYTES_MAX)
    facts = boards.load(board)
    start, length = facts["JOURNAL_OFFSET"], facts["JOURNAL_BYTES"]
    if len(data) > length:
        data = data[start : start + length]
    sectors = data.ljust(-(-len(data) // ring.SECTOR_BYTES) * ring.SECTOR_BYTES, b"\xff")
    records = list(ring.read_ring(lambda at, count: sectors[at : at + count], len(sectors)))
    if not records and sectors.strip(b"\xff"):
        do_next = (
            f"--image takes a dump of its flash or journal, from a board {board}: --board "
            f"names another"
        )
        raise Problem(
            f"{path} holds no journal",
            seen=f"{counted(len(data), 'byte')}, and no sound record in them",
            do_next=do_next,
        )
    return Source(str(path), None, records, audit_ring(data), None)
