"""The host tools as one file to install: boards and built firmware in it, nothing of the
toolchain.
"""

import shutil
import tempfile
from pathlib import Path

from . import firmware
from .firmware import CHECKOUT
from .steps import Step, build_environment
from .venv import VENV

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
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.so", "_exact.c", "*.egg-info", "_boards")


def build(out: Path = OUT) -> Path:
    """The wheel of this checkout for this Python, in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for source in _SOURCES:
            _copy(CHECKOUT / source, copy / source)
        package = copy / "host_tools" / "evenpulse"
        (package / "_boards").symlink_to("../../boards")
        for board in firmware.boards():
            for file in _CARRIED:
                _copy(firmware.artefact(board).find() / file, package / "_firmware" / board / file)
        with Step("build the wheel", "read the log above.") as step:
            python = VENV / "bin" / "python"
            step.run(
                [python, "-c", _BUILD, out.absolute()],
                cwd=copy,
                env=build_environment(CFLAGS="-O3"),
            )
    return max(out.glob("*.whl"), key=lambda file: file.stat().st_mtime_ns)


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, to, ignore=_LEFT_OUT, dirs_exist_ok=True)
    else:
        shutil.copy(source, to)
