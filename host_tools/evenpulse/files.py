"""Writing files: whole or not at all, and never over another by accident."""

import os
import tempfile
from pathlib import Path

from evenpulse.errors import BadUsage, Problem


def refuse_existing(path: Path, force: bool) -> None:
    """Raise BadUsage for a file that is already there; ask before the work, not after it."""
    if path.is_dir():
        raise BadUsage(f"{path} is a folder", do_next="name a file")
    if path.exists() and not force:
        raise BadUsage(
            f"{path} is already there", do_next="choose another name, or add --force to replace it"
        )


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file that is either complete or not there; text as UTF-8."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
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
            f"cannot write {path}: {error.strerror}", do_next="choose a folder that exists, with free space"
        ) from error
