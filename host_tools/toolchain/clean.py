"""`make clean-cache`: how large the cache is, and away with what nobody has used for a month."""

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import cache, venv

KEPT_DAYS = 30
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
    """What lies in the cache, the one that is longest unused first; not the locks, which are
    empty.
    """
    root = cache.root()
    paths = (
        [path for path in root.iterdir() if path.name not in ("locks", "logs")]
        if root.is_dir()
        else []
    )
    paths += (root / "logs").iterdir() if (root / "logs").is_dir() else []
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
