"""Files: read within a bound; written whole or not at all, and never over another by accident."""

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from evenpulse.base.errors import BadUsage, Problem


def refuse_existing(path: Path, force: bool) -> None:
    """Raise BadUsage for a file that is already there; ask before the work, not after it."""
    if path.is_dir():
        raise BadUsage(f"{path} is a folder", do_next="name a file")
    if path.exists() and not force:
        raise BadUsage(
            f"{path} is already there", do_next="choose another name, or add --force to replace it"
        )
    if not path.parent.is_dir():
        raise BadUsage(
            f"{path}: there is no folder {path.parent}", do_next="make it, or choose another"
        )


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file that is either complete or not there; text as UTF-8."""
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as new:
            try:
                new.write(content.encode() if isinstance(content, str) else content)
                new.flush()
                os.fsync(new.fileno())
                Path(new.name).replace(path)
            except BaseException:
                Path(new.name).unlink()
                raise
    except OSError as error:
        raise Problem(
            f"cannot write {path}: {error.strerror}",
            do_next="choose a folder that exists, with free space",
        ) from error


def read_bounded(
    path: Path,
    bytes_max: int,
    refuse: Callable[..., Problem] = Problem,
    do_next: str = "check the file's name",
) -> bytes:
    """A file's bytes, never more than `bytes_max` of them read; `refuse(what, do_next=…)` makes the
    error.

    Only a plain file or a pipe is read: a device file may have no end, or do something when read.
    """
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            kind = "a folder" if stat.S_ISDIR(mode) else "no plain file"
            raise refuse(f"{path}: is {kind}", do_next="name a file")
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise refuse(f"{path}: cannot be read: {why}", do_next=do_next) from error
    if len(data) > bytes_max:
        raise refuse(
            f"{path}: too large: such a file has at most {bytes_max} bytes",
            do_next="is this the right file?",
        )
    return data
