"""The MicroPython sources that everything is built from: Debian's packages put together, or
MICROPY_DIR.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from . import cache
from .debian import Archive, mirror
from .errors import ToolchainError
from .pins import SUITE, Pin, Release
from .release import chosen
from .steps import Step

_TREE, _VERSIONS = "micropython", "versions.json"
_ADVICE = (
    "see that the network is there and run again. EVENPULSE_DEBIAN_MIRROR names another Debian "
    "mirror; MICROPY_DIR uses a MicroPython checkout with its submodules instead."
)
# What a checkout must hold, and so what its identity is made of.
_CHECKOUT_PARTS = (
    "py",
    "extmod",
    "shared",
    "drivers",
    "tools",
    "mpy-cross",
    "ports/rp2",
    "ports/unix",
    "lib/littlefs",
    "lib/pico-sdk/src",
    "lib/tinyusb/src",
    "lib/mbedtls/library",
)


def tree() -> Path:
    """The folder of the sources; ToolchainError when they are not there."""
    return _checkout() or artefact().find() / _TREE


def identity() -> dict:
    """What the sources are, for the keys of what is made from them: versions and hashes as
    fetched.
    """
    if checkout := _checkout():
        return {"checkout": str(checkout), "state": _state(checkout)}
    return json.loads((artefact().find() / _VERSIONS).read_text())


def fetch() -> None:
    """Makes sure that the sources are there."""
    if not _checkout():
        artefact().get()


def artefact() -> cache.Artefact:
    release = chosen()
    return cache.Artefact(
        "sources",
        {"suite": release.suite, "pins": [asdict(pin) for pin in release.pins]},
        lambda finished: _assemble(release, finished),
    )


def _checkout() -> Path | None:
    chosen()
    given = os.environ.get("MICROPY_DIR")
    if not given:
        return None
    path = Path(given).expanduser().absolute()
    missing = [
        part
        for part in _CHECKOUT_PARTS
        if not (path / part).is_dir() or not any((path / part).iterdir())
    ]
    if missing:
        raise ToolchainError(
            f"MICROPY_DIR={given}: not a MicroPython checkout to build from; missing or empty: "
            f"{', '.join(missing)}.\nTry: make -C {path}/ports/rp2 submodules; or unset "
            f"MICROPY_DIR."
        )
    return path


@lru_cache(maxsize=1)
def _state(checkout: Path) -> str:
    """A hash over name, size and time of each source file: quick, and different after any edit."""
    state = hashlib.sha256()
    for part in _CHECKOUT_PARTS:
        for folder, names, files in os.walk(checkout / part):
            names[:] = sorted(
                name for name in names if not name.startswith((".", "build", "__pycache__"))
            )
            for file in sorted(files):
                facts = Path(folder, file).lstat()
                state.update(f"{folder}/{file} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return state.hexdigest()


def _assemble(release: Release, finished: Path) -> None:
    with (
        Step("fetch MicroPython, SDK, TinyUSB, mbedTLS", _ADVICE) as step,
        tempfile.TemporaryDirectory() as scratch,
    ):
        archives = {
            suite: Archive(Path(scratch) / suite, step, suite)
            for suite in dict.fromkeys((release.suite, SUITE))
        }
        step.note(f"from {mirror()} {' and '.join(archives)}")
        for archive in archives.values():
            archive.open()
        own, *others = release.pins
        where = [(own, release.suite), *((pin, SUITE) for pin in others)]
        versions = {
            pin.package: _place(pin, archives[suite], finished / _TREE, step)
            for pin, suite in where
        }
    # The ports ask for this file before they build; nothing of micropython-lib is used.
    readme = finished / _TREE / "lib" / "micropython-lib" / "README.md"
    readme.parent.mkdir(parents=True, exist_ok=True)
    readme.write_text("Not used: this tree is put together from packages.\n")
    (finished / _VERSIONS).write_text(json.dumps(versions, indent=1) + "\n")


def _place(pin: Pin, archive: Archive, tree_folder: Path, step: Step) -> dict:
    file, version = archive.fetch(pin)
    into = tree_folder / pin.into
    if pin.is_source:
        into.mkdir(parents=True, exist_ok=True)
        left_out = [f"--exclude=*/{name}" for name in pin.leave_out]
        step.run(
            [
                "tar",
                "-xf",
                file,
                "-C",
                into,
                "--strip-components=1",
                "--no-same-owner",
                "--no-wildcards-match-slash",
                *left_out,
            ]
        )
    else:
        unpacked = file.with_suffix(".unpacked")
        step.run(["dpkg", "-x", file, unpacked])
        into.rmdir()
        step.run(["mv", unpacked / pin.inside, into])
    return {"version": version, "sha256": cache.file_hash(file)}
