"""`make clean-cache`: how large the cache is, and away with what nobody has used for a month."""

import json
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import cache, venv

KEPT_DAYS = 30
# What the cache itself makes: a kind and a hash; half built, or on its way out; and its logs. The
# folder may be anything that EVENPULSE_CACHE names, a home too.
_OWN = re.compile(r"\.?(removed-\d+-\.?)?[a-z0-9_+.-]+-[0-9a-f]{16}(-[a-z0-9_]{8})?", re.ASCII)
_OWN_LOG = re.compile(r"[A-Za-z0-9-]+-\d+-\d+\.log", re.ASCII)
_DAY_S = 86_400


@dataclass(frozen=True)
class Entry:
    """A folder or file of the cache: its size, and how long nobody has used it."""

    path: Path
    size_bytes: int
    unused_days: float


def run() -> None:
    """Removes, then prints a line for each entry that went and one for the whole."""
    found, needed = entries(time.time()), _needed()
    old = [entry for entry in found if entry.unused_days > KEPT_DAYS and entry.path not in needed]
    gone = [entry for entry in old if _remove(entry.path)]
    for entry in gone:
        print(
            f"removed {entry.path.name}: {_mb(entry.size_bytes)}, not used for "
            f"{entry.unused_days:.0f} days"
        )
    left = [entry for entry in found if entry not in gone]
    print(
        f"{cache.root()}: {_mb(_total(found))} in {len(found)} entries; {_mb(_total(gone))} in "
        f"{len(gone)} removed, {_mb(_total(left))} in {len(left)} left. What no checkout has used "
        f"for {KEPT_DAYS} days goes; make builds it again."
    )


def entries(now_s: float) -> list[Entry]:
    """What the cache has made, the one that is longest unused first; not the locks, which are
    empty, and nothing that somebody else has put there.
    """
    root = cache.root()
    paths = [
        path
        for folder, own in ((root, _OWN), (root / "logs", _OWN_LOG))
        for path in (folder.iterdir() if folder.is_dir() else ())
        if own.fullmatch(path.name)
    ]
    found = [
        Entry(path, _size_bytes(path), (now_s - path.lstat().st_mtime) / _DAY_S) for path in paths
    ]
    return sorted(found, key=lambda entry: -entry.unused_days)


def _needed() -> set[Path]:
    """What this checkout's .venv stands on, however long ago make looked at it."""
    if not venv.STAMP.is_file():
        return set()
    return {Path(json.loads(venv.STAMP.read_text())["packages"]).parent}


def _remove(path: Path) -> bool:
    """A folder goes out of the way first, under its lock, so that what is there stays whole.
    False where it may not be.
    """
    try:
        if not path.is_dir() or path.is_symlink():
            path.unlink()
            return True
        aside = path.with_name(f".removed-{os.getpid()}-{path.name}")
        with cache.locked(path.name):
            path.rename(aside)
        shutil.rmtree(aside)
    except OSError as error:
        print(f"cannot remove {path}: {error.strerror}", file=sys.stderr)
        return False
    return True


def _size_bytes(path: Path) -> int:
    """Of its files; what is hard-linked counts each time."""
    files = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(file.lstat().st_size for file in files)


def _total(found: list[Entry]) -> int:
    return sum(entry.size_bytes for entry in found)


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:.1f} MB"
