"""A folder outside the checkout where each thing lies under a hash of everything it is made from.

An entry is built in a temporary folder under its own lock and moved into place: what is there is
whole.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import ToolchainError

INPUTS_FILE = "inputs.json"


def root() -> Path:
    """EVENPULSE_CACHE, or evenpulse/ in the user's cache folder."""
    if own := os.environ.get("EVENPULSE_CACHE"):
        folder = Path(own).expanduser()
        if not folder.is_absolute():
            raise ToolchainError(
                f"cache: EVENPULSE_CACHE is {own!r}: another folder for whoever runs elsewhere.\n"
                f"Set it to {folder.absolute()}."
            )
        return folder
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "evenpulse"


def digest(inputs: Mapping) -> str:
    """The key of a mapping of plain values: 16 hex digits."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def file_hashes(base: Path, files: Iterable[Path]) -> dict[str, str]:
    """{path below base: SHA-256}, so that a renamed file changes the key too."""
    return {file.relative_to(base).as_posix(): file_hash(file) for file in sorted(files)}


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Only one process a name at a time; the operating system frees the lock of a process that
    dies.
    """
    path = root() / "locks" / name
    _make_folder(path.parent)
    with open(path, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another run that builds {name}", file=sys.stderr)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def used(path: Path) -> None:
    """Notes on an entry that somebody has just used it: `make clean-cache` takes away what
    nobody does.
    """
    # Somebody else's cache may be there to read only.
    with contextlib.suppress(OSError):
        os.utime(path)


@dataclass(frozen=True)
class Artefact:
    """Something that can be in the cache: what it is made from, how, and the make target that
    does it.
    """

    kind: str
    inputs: Mapping
    build: Callable[[Path], None]
    make_target: str = "toolchain"

    @property
    def name(self) -> str:
        return f"{self.kind}-{digest(self.inputs)}"

    @property
    def path(self) -> Path:
        return root() / self.name

    def find(self) -> Path:
        """Its folder; ToolchainError with the command to run when it is not there."""
        if not self.path.is_dir():
            raise ToolchainError(
                f"{self.kind}: not built for this state of the sources (looked for {self.path}).\n"
                f"Run: make {self.make_target}"
            )
        used(self.path)
        return self.path

    def get(self) -> Path:
        """Its folder, built now if it is not there."""
        if not self.path.is_dir():
            with locked(self.name):
                if not self.path.is_dir():
                    self._build_in_place()
        used(self.path)
        return self.path

    def _build_in_place(self) -> None:
        work = Path(tempfile.mkdtemp(prefix=f".{self.name}-", dir=root()))
        try:
            finished = work / "finished"
            finished.mkdir()
            self.build(finished)
            (finished / INPUTS_FILE).write_text(
                json.dumps(dict(self.inputs), indent=1, sort_keys=True) + "\n"
            )
            finished.rename(self.path)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolchainError(
            f"cache: cannot make {path}: {error.strerror}.\n"
            "Set EVENPULSE_CACHE to a folder that you may write."
        ) from error
