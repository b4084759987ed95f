"""What ngspice answered to a deck, kept from run to run under a key of all that it comes from: the
deck, the program with its models, and what reads its file.
"""

import functools
import hashlib
import platform
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from evenpulse.analog import spice
from toolchain import cache

# Below the folder that has its bin: what it loads when it starts
_LOADED = ("lib/ngspice/*.cm", "lib/*/ngspice/*.cm", "share/ngspice/scripts/*")
_FILE = "waves.npz"


def of(ask: Callable[..., dict[str, spice.Wave]]) -> Callable[..., dict[str, spice.Wave]]:
    """`ask`, which is spice.run, but of each deck once; what has no answer is asked each time."""

    def _answer(deck: str, command: str = "ngspice") -> dict[str, spice.Wave]:
        if shutil.which(command) is None:
            return ask(deck, command)
        inputs = {
            "deck": hashlib.sha256(deck.encode()).hexdigest(),
            "program": _program(command),
            "reader": cache.file_hash(Path(spice.__file__)),
        }
        entry = cache.Artefact("spice", inputs, lambda folder: _keep(folder, ask(deck, command)))
        return _kept(entry.get())

    return _answer


@functools.cache
def _program(command: str) -> str:
    """Of the program, its models and scripts, and the library whose functions it calls."""
    found = shutil.which(command)
    assert found is not None
    path = Path(found).resolve()
    prefix = path.parents[1]
    files = [path, *(file for where in _LOADED for file in prefix.glob(where) if file.is_file())]
    return cache.digest(
        {
            "files": cache.file_hashes(prefix, files),
            "machine": platform.machine(),
            "libc": platform.libc_ver(),
        }
    )


def _keep(folder: Path, waves: dict[str, spice.Wave]) -> None:
    names, rows = list(waves), np.array(list(waves.values()))
    np.savez_compressed(folder / _FILE, names=names, rows=rows)


def _kept(folder: Path) -> dict[str, spice.Wave]:
    with np.load(folder / _FILE) as kept:
        return dict(zip(map(str, kept["names"]), kept["rows"], strict=True))
