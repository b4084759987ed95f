"""The same firmware built again elsewhere: another checkout path, another cache, nothing taken over
that was compiled here. For comparison.

Half a minute of two cores for each state of MicroPython's C, then some seconds for each of our
modules: what was compiled elsewhere stays there. The result is kept in the cache like everything
else.
"""

import os
import shutil
from pathlib import Path

from . import cache, firmware, made_from, native, release, sources
from .cache import Artefact
from .steps import Step, build_environment, python

_PARTS = ("firmware", "boards", "host_tools")
_BUILD = "import sys; from toolchain import firmware; print(firmware.artefact(sys.argv[1]).get())"
_KEPT = ("MICROPY_DIR", release.VARIABLE)


def artefact(board: str) -> Artefact:
    """firmware.uf2, .json and .cdx.json of the second build."""
    return Artefact(
        f"rebuilt-{board}",
        firmware.artefact(board).inputs,
        lambda finished: _build(board, finished),
    )


def place(board: str) -> str:
    """The name below the cache of where it is built: another one for each state of what the C is
    compiled from, so that nothing of an older state is taken over.
    """
    return f"elsewhere-{board}-{cache.digest(firmware.tree_inputs(board))}"


def _build(board: str, finished: Path) -> None:
    name = place(board)
    elsewhere = cache.root() / name / "another" / "and-longer" / "path"
    checkout, own_cache = elsewhere / "checkout", elsewhere / "cache"
    with cache.locked(name):
        own_cache.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(checkout, ignore_errors=True)
        for old in own_cache.glob("firmware-*"):
            shutil.rmtree(old)
        for part in _PARTS:
            shutil.copytree(
                made_from.CHECKOUT / part,
                checkout / part,
                ignore=shutil.ignore_patterns("__pycache__", "*.so"),
            )
        # The tools and the sources are the same files; what is compiled from them for the RP2040 is
        # compiled there.
        shared = [native.mpy_cross().get(), native.pioasm().get()]
        if "MICROPY_DIR" not in os.environ:
            shared.append(sources.artefact().get())
        for folder in shared:
            if not (own_cache / folder.name).is_dir():
                shutil.copytree(
                    folder, own_cache / folder.name, copy_function=os.link, symlinks=True
                )
        environment = build_environment(
            EVENPULSE_CACHE=str(own_cache),
            PYTHONPATH=str(checkout / "host_tools"),
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
        )
        with Step(
            f"build firmware for {board} again elsewhere",
            f"read the log; make firmware BOARD={board} must work first.",
        ) as step:
            step.run([python(), "-c", _BUILD, board], cwd=checkout, env=environment)
        (built,) = own_cache.glob(f"firmware-{board}-*")
        for file in built.glob("firmware.*"):
            shutil.copy(file, finished)
        cache.used(cache.root() / name)


def compare(board: str) -> dict[str, tuple[str, str]]:
    """{file: (SHA-256 here, SHA-256 elsewhere)} of what a release consists of."""
    here, there = firmware.artefact(board).get(), artefact(board).get()
    return {
        name: (cache.file_hash(here / name), cache.file_hash(there / name))
        for name in firmware.RELEASED
    }
