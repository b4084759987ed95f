"""The programs for this computer: mpy-cross, pioasm, MicroPython's Unix port in the RP2040's
word size.
"""

import os
import platform
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from . import apt, cache, sources
from .cache import Artefact
from .pins import SOURCE_DATE_EPOCH
from .steps import Step, build_environment, python

_ADVICE = (
    "read the log; after a broken upgrade of compilers: apt-get install --reinstall gcc libc6-dev."
)
_JOBS = f"-j{os.cpu_count() or 1}"
# Half of tests/unit runs on it. The port's own way is to be small.
_OPTIMISED = "-O2"
# What the port has beside MicroPython's own: copies of a process, for the gate of tests/unit.
_UNIX_MODULES = Path(__file__).resolve().parent / "unix_modules"
# No network, no C libraries of the host.
_UNIX_OPTIONS = (
    "FROZEN_MANIFEST=",
    "MICROPY_PY_SSL=0",
    "MICROPY_SSL_MBEDTLS=0",
    "MICROPY_PY_BTREE=0",
    "MICROPY_PY_FFI=0",
)


@lru_cache
def compiler_version(command: str) -> str:
    """The first line of `command --version`, which names the package's version too; "missing"
    without it.
    """
    try:
        return subprocess.run(
            [command, "--version"], capture_output=True, text=True, check=True
        ).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError):
        return "missing"


@lru_cache
def newlib_version() -> str:
    """The version of the C library that firmware is linked with; "missing" without it."""
    try:
        macros = subprocess.run(
            ["arm-none-eabi-gcc", "-E", "-dM", "-include", "_newlib_version.h", "-xc", os.devnull],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return "missing"
    found = re.search(r'define _NEWLIB_VERSION "([^"]+)"', macros)
    return found.group(1) if found else "missing"


def host_inputs(**more: object) -> dict:
    """What every program for this computer depends on."""
    return {
        "sources": sources.identity(),
        "compiler": compiler_version("gcc"),
        "machine": platform.machine(),
        **more,
    }


def mpy_cross() -> Artefact:
    return Artefact("mpy-cross", host_inputs(), _build_mpy_cross)


def pioasm() -> Artefact:
    return Artefact("pioasm", host_inputs(cmake=compiler_version("cmake")), _build_pioasm)


def unix_port() -> Artefact:
    own = cache.file_hashes(
        _UNIX_MODULES, (path for path in _UNIX_MODULES.rglob("*") if path.is_file())
    )
    return Artefact(
        "micropython-unix",
        host_inputs(bits=unix_bits(), options=_UNIX_OPTIONS, optimised=_OPTIMISED, own=own),
        _build_unix_port,
    )


def unix_bits() -> int:
    """32, as on the RP2040, wherever this computer can."""
    return 32 if apt.can_build_32_bit() else 64


def reproducible_environment(**extra: str) -> dict[str, str]:
    return build_environment(SOURCE_DATE_EPOCH=SOURCE_DATE_EPOCH, **extra)


def _build_mpy_cross(finished: Path) -> None:
    objects = finished.parent / "objects"
    with Step("build mpy-cross", _ADVICE) as step:
        _make(step, "mpy-cross", objects)
    shutil.copy(objects / "mpy-cross", finished)


def _build_unix_port(finished: Path) -> None:
    objects, modules = finished.parent / "objects", finished.parent / "modules"
    # Beside the objects: make takes no path with a blank, which the checkout's may be.
    shutil.copytree(_UNIX_MODULES, modules)
    with Step(f"build MicroPython's Unix port, {unix_bits()}-bit", _ADVICE) as step:
        if unix_bits() != 32:
            step.note(
                "this computer cannot make 32-bit programs: unit tests run on the 64-bit port, "
                "whose integers and pointers are wider than the RP2040's"
            )
        wide = ["MICROPY_FORCE_32BIT=1"] if unix_bits() == 32 else []
        _make(
            step,
            "ports/unix",
            objects,
            *wide,
            *_UNIX_OPTIONS,
            f"USER_C_MODULES={modules}",
            MICROPY_MPYCROSS=str(mpy_cross().get() / "mpy-cross"),
            COPT=_OPTIMISED,
        )
    shutil.copy(objects / "micropython", finished)


def _make(step: Step, part: str, objects: Path, *options: str, **env: str) -> None:
    step.run(
        [
            "make",
            _JOBS,
            "-C",
            sources.tree() / part,
            f"BUILD={objects}",
            f"PYTHON={python()}",
            *options,
        ],
        env=reproducible_environment(**env),
    )


def _build_pioasm(finished: Path) -> None:
    objects = finished.parent / "objects"
    with Step("build pioasm", _ADVICE) as step:
        step.run(
            [
                "cmake",
                "-G",
                "Ninja",
                "-S",
                sources.tree() / "lib/pico-sdk/tools/pioasm",
                "-B",
                objects,
                "-DCMAKE_BUILD_TYPE=Release",
                "-DPIOASM_VERSION_STRING=pinned",
            ]
        )
        step.run(["cmake", "--build", objects])
        step.run(["cmake", "--install", objects, "--prefix", finished])
