"""The host tools as one file to install: boards and built firmware in it, nothing of the
toolchain.
"""

import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from . import firmware, made_from, venv
from .made_from import CHECKOUT
from .steps import Step, build_environment
from .venv import RUN_LOOPS, VENV

OUT = CHECKOUT / "build" / "wheel"
_SOURCES = (
    "host_tools/evenpulse",
    "host_tools/evenpulse_ground",
    "firmware/stimcore",
    "boards",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
_CARRIED = ("firmware.uf2", "firmware.elf", "firmware.json")
_BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
_LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "*.so", *(f"{name}.c" for name in RUN_LOOPS), "*.egg-info", "_boards"
)


def build(out: Path = OUT) -> Path:
    """The wheel of this checkout for this Python, in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for source in _SOURCES:
            _copy(CHECKOUT / source, copy / source)
        package = copy / "host_tools" / "evenpulse"
        (package / "_boards").symlink_to("../../boards")
        for board in made_from.boards():
            for file in _CARRIED:
                _copy(firmware.artefact(board).find() / file, package / "_firmware" / board / file)
        _place_run_loop(copy)
        with Step("build the wheel", "read the log above.") as step:
            python = VENV / "bin" / "python"
            step.run(
                [python, "-c", _BUILD, out.absolute()],
                cwd=copy,
                env=build_environment(CFLAGS="-O3"),
            )
    return max(out.glob("*.whl"), key=lambda file: file.stat().st_mtime_ns)


def _place_run_loop(copy: Path) -> None:
    """As the set-up has compiled it, where setuptools finds that nothing in it is older than its
    sources.
    """
    built, emulator = venv.run_loop().find(), Path("evenpulse") / "emulator"
    for name in RUN_LOOPS:
        _copy(built / f"{name}.c", copy / "host_tools" / emulator / f"{name}.c")
    lib = copy / "build" / f"lib.{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
    for file in built.glob("*.so"):
        _copy(file, lib / emulator / file.name)


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, to, ignore=_LEFT_OUT, dirs_exist_ok=True)
    else:
        shutil.copy(source, to)
