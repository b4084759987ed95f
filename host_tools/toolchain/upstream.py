"""MicroPython as its makers build it for a Raspberry Pi Pico, and their benchmarks: what people
measured on silicon.

The port's linker script means to have the interpreter, the collector and the parser in RAM, and
names objects that the SDK names otherwise since (micropython/micropython pull request 19370): so
they lie in flash. The firmware is linked both ways, because figures from before and after are
compared.
"""

import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from . import firmware, made_from, native, sources
from .cache import Artefact
from .debian import Archive
from .pins import SOURCE_DATE_EPOCH, Release
from .release import chosen
from .steps import Step

FLASH, RAM = "vm_in_flash", "vm_in_ram"
BENCH = "perf_bench"
_SCRIPT = Path("ports/rp2/memmap_mp_rp2040.ld")
_NAMED, _NAMED_RIGHT = (
    "*gc.c.obj *vm.c.obj *parse.c.obj",
    "*gc.c.o *vm.c.o *parse.c.o",
)
# The makers' own, without what lies in micropython-lib.
_MANIFEST = 'freeze("$(PORT_DIR)/modules")\ninclude("$(MPY_DIR)/extmod/asyncio")\n'
_ADVICE = "read the log above; the network is needed for the benchmarks, once."


def bench() -> Artefact:
    """tests/perf_bench of the pinned sources, which the set-up leaves out."""
    release = chosen()
    inputs = {"suite": release.suite, "pin": asdict(release.pins[0])}
    return Artefact("upstream-bench", inputs, lambda finished: _fetch_bench(release, finished))


def pico() -> Artefact:
    """RPI_PICO's firmware.bin as it is linked, and with the interpreter in RAM."""
    inputs = {
        "sources": sources.identity(),
        "compiler": native.compiler_version("arm-none-eabi-gcc"),
        "libc": native.newlib_version(),
        "options": firmware.OPTIONS,
        "manifest": _MANIFEST,
        "linked": [_NAMED, _NAMED_RIGHT],
        "epoch": SOURCE_DATE_EPOCH,
    }
    return Artefact("upstream-pico", inputs, _build_pico)


def copy() -> Path:
    """Both, in build/upstream."""
    folder = made_from.CHECKOUT / "build" / "upstream"
    shutil.rmtree(folder, ignore_errors=True)
    for artefact in (bench(), pico()):
        shutil.copytree(artefact.get(), folder, dirs_exist_ok=True)
    return folder


def _fetch_bench(release: Release, finished: Path) -> None:
    with (
        Step("fetch MicroPython's benchmarks", _ADVICE) as step,
        tempfile.TemporaryDirectory() as scratch,
    ):
        archive = Archive(Path(scratch), step, release.suite)
        archive.open()
        file, _version = archive.fetch(release.pins[0])
        step.run(
            [
                "tar",
                "-xf",
                file,
                "-C",
                finished,
                "--strip-components=2",
                "--no-same-owner",
                "--wildcards",
                f"*/tests/{BENCH}",
            ]
        )


def _build_pico(finished: Path) -> None:
    tree, objects = finished.parent / "sources", finished.parent / "objects"
    shutil.copytree(sources.tree(), tree, copy_function=os.link, symlinks=True)
    script = (tree / _SCRIPT).read_text()
    if script.count(_NAMED) != 1:
        raise ValueError(f"{_SCRIPT} does not name {_NAMED} once: see pull request 19370")
    manifest = finished.parent / "manifest.py"
    manifest.write_text(_MANIFEST)
    environment = native.reproducible_environment(
        MICROPY_GIT_TAG=firmware.micropython_version(),
        MICROPY_MPYCROSS=str(native.mpy_cross().get() / "mpy-cross"),
    )
    with Step("build MicroPython for a Raspberry Pi Pico", _ADVICE) as step:
        step.run(
            [
                "cmake",
                *firmware.OPTIONS,
                "-S",
                tree / "ports/rp2",
                "-B",
                objects,
                "-DMICROPY_BOARD=RPI_PICO",
                f"-DMICROPY_FROZEN_MANIFEST={manifest}",
                f"-DPython3_EXECUTABLE={sys.executable}",
                f"-Dpioasm_DIR={native.pioasm().get() / 'lib/cmake/pioasm'}",
            ],
            env=environment,
        )
        for name, text in ((FLASH, script), (RAM, script.replace(_NAMED, _NAMED_RIGHT))):
            # A link to the cached sources: it must not be written through.
            (tree / _SCRIPT).unlink()
            (tree / _SCRIPT).write_text(text)
            step.run(["cmake", "--build", objects], env=environment)
            shutil.copy(objects / "firmware.bin", finished / f"{name}.bin")
