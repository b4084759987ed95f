"""The boot ROM's USB drive as this computer sees it: finds it, checks whose it is, writes a UF2
onto it.
"""

import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evenpulse.base.errors import NoBoard, PortBusy, Problem

INFO_FILE = "INFO_UF2.TXT"
# Every RP2040's; an RP2350 says another
BOARD_ID = "RPI-RP2"
LABEL = Path("/dev/disk/by-label/RPI-RP2")
MOUNTS = Path("/proc/mounts")
USUAL_PLACES = ("/media/*/*", "/run/media/*/*", "/media/*", "/mnt/*", "/Volumes/*")
_POLL_S = 0.1
_CHUNK_BYTES = 65_536
_GONE = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.ENOTCONN)
_NAME = "evenpulse.uf2"


@dataclass(frozen=True)
class Drive:
    """One drive that a boot loader presents; `board_id` as its INFO_UF2.TXT tells."""

    folder: Path
    board_id: str


def at(folder: Path) -> Drive | None:
    """The drive mounted at a folder, or None."""
    try:
        lines = (folder / INFO_FILE).read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    told = {
        name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    return Drive(folder, told.get("Board-ID", ""))


def mounted() -> list[Drive]:
    """Every drive of any UF2 boot loader, wherever it is mounted."""
    folders = [path for pattern in USUAL_PLACES for path in Path("/").glob(pattern.lstrip("/"))]
    try:
        folders += [Path(_unescaped(line.split()[1])) for line in MOUNTS.read_text().splitlines()]
    except OSError:
        # Not Linux: the usual places must do
        pass
    found = [drive for folder in sorted(set(folders)) if (drive := at(folder))]
    return list({drive.folder.resolve(): drive for drive in found}.values())


def ours() -> list[Drive]:
    """Those of an RP2040."""
    return [drive for drive in mounted() if drive.board_id == BOARD_ID]


def check(drive: Drive) -> None:
    """Refuse the drive of another chip."""
    if drive.board_id != BOARD_ID:
        raise Problem(
            f"the drive {drive.folder} is not an RP2040's",
            seen=f"{INFO_FILE} says Board-ID {drive.board_id or '(nothing)'}; {BOARD_ID} is wanted",
            do_next="choose the right one with --drive",
        )


def wait(folder: Path | None, before: set[Path], timeout_s: float) -> Drive:
    """The drive that appears: at `folder`, or anywhere where none was `before`. NoBoard when
    none does.
    """
    until_s = time.monotonic() + timeout_s
    while True:
        found = (
            at(folder)
            if folder
            else next((drive for drive in ours() if drive.folder not in before), None)
        )
        if found:
            return found
        if time.monotonic() > until_s:
            raise not_mounted(
                folder, f"waiting for {timeout_s:g} s after the device went into its boot loader"
            )
        time.sleep(_POLL_S)


def not_mounted(folder: Path | None, tried: str) -> NoBoard:
    """The error for a drive that is not there."""
    if LABEL.exists():
        seen, do_next = (
            f"{LABEL} is there, but not mounted",
            f"mount it: udisksctl mount -b {LABEL}; then run the command again",
        )
    else:
        seen, do_next = (
            "no such drive",
            (
                "name its folder with --drive; if a board is in its boot loader, see whether this "
                "computer mounts drives"
            ),
        )
    return NoBoard(
        f"the boot loader's drive is not mounted{f' at {folder}' if folder else ''}",
        tried=tried,
        seen=seen,
        do_next=do_next,
    )


def write(drive: Drive, data: bytes, progress: Callable[[int, int], None]) -> None:
    """Write a UF2 file onto the drive, whole and down to the device; raises Problem."""
    done = 0
    try:
        target = os.open(drive.folder / _NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            while done < len(data):
                done += os.write(target, data[done : done + _CHUNK_BYTES])
                progress(done, len(data))
                if done < len(data):
                    os.fsync(target)
            _finish(target)
        finally:
            _close(target)
    except OSError as error:
        raise _cannot_write(drive, done, len(data), error) from error


def _finish(target: int) -> None:
    """With its last block the device restarts, and may be gone before it says that all is well:
    the read-back decides.
    """
    try:
        os.fsync(target)
    except OSError as error:
        if error.errno not in _GONE:
            raise


def _close(target: int) -> None:
    try:
        os.close(target)
    except OSError as error:
        if error.errno not in _GONE:
            raise


def _cannot_write(drive: Drive, done: int, total: int, error: OSError) -> Problem:
    details = {
        "tried": f"writing {total} bytes to {drive.folder}",
        "seen": f"{error.strerror or error} after {done} bytes",
    }
    if error.errno == errno.ENOSPC:
        return Problem(
            "the drive is full",
            **details,
            do_next=(
                "unplug the board, plug it in again with BOOTSEL held, and run the command again"
            ),
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return PortBusy(
            f"no permission to write to {drive.folder}",
            **details,
            do_next="mount the drive so that you may write to it, then run the command again",
        )
    return Problem(
        "the drive went away while the firmware was being written"
        if error.errno in _GONE
        else "the drive could not be written",
        **details,
        do_next=(
            "the board has no whole firmware now: plug it in with BOOTSEL held and run the "
            "command again with --board NAME"
        ),
    )


def wait_gone(drive: Drive, timeout_s: float) -> None:
    """Until the device has taken the file and restarted; raises Problem when it does not."""
    until_s = time.monotonic() + timeout_s
    while at(drive.folder):
        if time.monotonic() > until_s:
            raise Problem(
                "the boot loader did not take the firmware",
                tried=f"waiting {timeout_s:g} s for its drive to go",
                seen=f"{drive.folder} is still there",
                do_next="unplug the board, plug it in with BOOTSEL held, and run the command again",
            )
        time.sleep(_POLL_S)


def _unescaped(text: str) -> str:
    """A path of /proc/mounts: blanks are written \\040."""
    return text.encode("ascii", "backslashreplace").decode("unicode_escape")
