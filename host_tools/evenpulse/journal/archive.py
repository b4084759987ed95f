"""Journals kept on the host: a folder with one file of raw records for each device. Records are
appended, nothing is ever rewritten; an interrupted pull leaves at most one torn record, which the
next pull steps over.
"""

import datetime
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from evenpulse.base.errors import BadUsage, Problem
from evenpulse.base.files import read_bounded
from evenpulse.base.printable import printable
from evenpulse.journal import fetch as journal
from evenpulse.link.client import Device

# Decades of a busy device: its whole ring is below 2 MB.
_BYTES_MAX = 256 * 1024 * 1024

SUFFIX = ".journal"
# Beside it, a line a pull: the host's clock is right when the device's stood still
_PULLS = ".pulls.jsonl"
_NAMED_MOST = 20
_FILL = "evenpulse log pull --archive FOLDER fills one"
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Pulled(NamedTuple):
    """What a pull did. `lost`: numbers that the device no longer had, (first, last), or None."""

    file: Path
    new: int
    first: int | None
    last: int | None
    lost: tuple[int, int] | None


def pull(
    device: Device,
    folder: Path,
    now: datetime.datetime,
    progress: Callable[[int, int | None], None],
) -> Pulled:
    """Append what the archive does not hold yet. Raises Problem when the device's journal does
    not continue it.
    """
    file = file_of(folder, device.info["serial"])
    _make(folder)
    held = journal.frames_in(_read(file)) if file.exists() else []
    last = held[-1] if held else None
    with _Appender(file) as out:
        new, lost = _append_new(device, out, last, progress)
    _note_pull(file, device, now, new)
    numbers = [journal.sequence_of(frame) for frame in ([last] if last else []) + new]
    return Pulled(
        file,
        len(new),
        journal.sequence_of(new[0]) if new else None,
        numbers[-1] if numbers else None,
        lost,
    )


def _append_new(
    device: Device,
    out: "_Appender",
    last: bytes | None,
    progress: Callable[[int, int | None], None],
) -> tuple[list[bytes], tuple[int, int] | None]:
    """Append each record after `last`; the last one is asked for again, to see that it is the
    same journal.
    """
    before = journal.sequence_of(last) if last else 0
    new: list[bytes] = []
    lost, met = None, last is None
    for frame in journal.fetch(device, progress, max(before, 1)):
        number = journal.sequence_of(frame)
        if not met and number == before and frame != last:
            raise _other_journal(out.file, before, "another record of this number")
        if not met and number > before + 1:
            lost = before + 1, number - 1
        met = True
        if number > before:
            out.append(frame)
            new.append(frame)
    if not met:
        raise _other_journal(out.file, before, "no record from there on")
    return new, lost


def _other_journal(file: Path, number: int, seen: str) -> Problem:
    return Problem(
        f"the device's journal does not continue {file}",
        tried=f"record {number}, the last one in the archive",
        seen=seen,
        do_next=(
            "keep that file; pull into another folder: the device's flash was erased, or it is "
            "another device"
        ),
    )


def _note_pull(file: Path, device: Device, now: datetime.datetime, new: list[bytes]) -> None:
    line = {
        "at": now.isoformat(timespec="seconds"),
        "new": len(new),
        "board": device.info["board"],
        "firmware": device.info.get("version"),
    }
    try:
        with _beside(file).open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
    except OSError as error:
        raise _cannot_write(file, error) from error


class _Appender:
    """Appends whole records to a file, and stops when somebody else does so too."""

    def __init__(self, file: Path):
        self.file = file

    def __enter__(self) -> "_Appender":
        try:
            self._out = os.open(
                self.file,
                os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0),
                0o644,
            )
        except OSError as error:
            raise _cannot_write(self.file, error) from error
        self._size = os.fstat(self._out).st_size
        return self

    def append(self, frame: bytes) -> None:
        if os.fstat(self._out).st_size != self._size:
            raise Problem(
                f"another pull is writing {self.file}",
                do_next="let it end, then pull again: nothing is lost",
            )
        try:
            done = os.write(self._out, frame)
            if done < len(frame):
                raise OSError(None, "the disk is full")
        except OSError as error:
            raise _cannot_write(self.file, error) from error
        self._size += done

    def __exit__(self, *_exc: object) -> None:
        try:
            os.fsync(self._out)
        finally:
            os.close(self._out)


def file_of(folder: Path, serial: str) -> Path:
    """Where the records of a device are kept."""
    if not _SERIAL.fullmatch(serial):
        raise Problem(
            "the device's serial cannot name a file",
            seen=printable(serial)[:80],
            do_next="report this",
        )
    return folder / (serial + SUFFIX)


def find(path: Path) -> Path:
    """The one archive file meant by a file or a folder; raises BadUsage when that is none or
    several.
    """
    if path.is_file():
        return path
    if not path.exists():
        raise BadUsage(
            f"there is no archive {path}", do_next="evenpulse log pull --archive FOLDER makes one"
        )
    found = sorted(path.glob("*" + SUFFIX))
    if len(found) != 1:
        raise BadUsage(
            f"{path} holds the journals of {len(found)} devices",
            seen="\n".join(map(str, found[:_NAMED_MOST])),
            do_next=(
                "name one of the files; for a patient on several devices: evenpulse report "
                "--patient"
            )
            if found
            else _FILL,
        )
    return found[0]


def files(path: Path) -> list[Path]:
    """Every archive file of a folder, or the one that is named."""
    if path.is_file():
        return [path]
    found = sorted(path.glob("*" + SUFFIX)) if path.is_dir() else []
    if not found:
        raise BadUsage(f"there are no journals in {path}", do_next=_FILL)
    return found


def read(file: Path) -> bytes:
    """Every byte of an archive file."""
    return _read(file)


def last_pull(file: Path) -> datetime.datetime | None:
    """When the device was last read, by the host's clock; None where that is not known."""
    try:
        lines = _beside(file).read_text(encoding="utf-8").splitlines()
        return datetime.datetime.fromisoformat(json.loads(lines[-1])["at"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _beside(file: Path) -> Path:
    return file.with_name(file.name.removesuffix(SUFFIX) + _PULLS)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _read(file: Path) -> bytes:
    return read_bounded(file, _BYTES_MAX)


def _cannot_write(path: Path, error: OSError) -> Problem:
    return Problem(
        f"cannot write {path}: {error.strerror}",
        do_next="choose a folder that can be written, with free space",
    )
