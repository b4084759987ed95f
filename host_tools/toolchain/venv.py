"""The Python side: locked packages in the cache, a thin .venv that sees them, the compiled run
loop.
"""

import json
import os
import re
import shutil
import stat
import sys
import sysconfig
from functools import partial
from importlib import metadata
from pathlib import Path

from . import cache, pip
from .cache import Artefact
from .made_from import CHECKOUT
from .steps import Step, build_environment

LOCK = CHECKOUT / "requirements.lock"
PIP_LOCK = CHECKOUT / "requirements-pip.lock"
BROWSER_LOCK = CHECKOUT / "requirements-browser.lock"
VENV = CHECKOUT / ".venv"
OWN_COMMANDS = {"evenpulse": "evenpulse.cli:main"}
# Below site-packages, by which tools tell others' code from ours: hypothesis reads all of ours.
LOCKED = "locked"
STAMP = VENV / "evenpulse.json"
# The CPU's clocks as the emulator counts them, and as silicon does.
RUN_LOOPS = ("_exact", "_silicon")
_TWIN = CHECKOUT / "host_tools" / "evenpulse" / "emulator"
# Setuptools first: Python has had no distutils of its own since 3.12, and Cython asks for it.
_CYTHONIZE = "import setuptools; from Cython.Build.Cythonize import main; main()"
# To the shell the second line starts Python, to Python it is a text: an interpreter's path in the
# first line may hold no blank.
_SCRIPT = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys
from {module} import {first}
if __name__ == "__main__":  # a process that multiprocessing spawns reads this file too
    sys.exit({call}())
"""


def make() -> None:
    """Brings .venv up to date; asks no network when the locked packages are in the cache."""
    packages = site_packages().get() / "site"
    with cache.locked(f"venv-{cache.digest({'checkout': str(CHECKOUT)})}"):
        _make_thin(packages)
        _place_run_loop(packages)


def python_identity() -> dict:
    """What a compiled package must fit: Python's minor version, implementation and platform;
    where it is.
    """
    return {
        "python": sysconfig.get_python_version(),
        "tag": sysconfig.get_config_var("EXT_SUFFIX"),
        "prefix": sys.base_prefix,
    }


def locks() -> list[Path]:
    return sorted(CHECKOUT.glob("requirements*.lock"))


def site_packages(lock: Path = LOCK) -> Artefact:
    """Every package of a lock file, in one folder."""
    inputs = {"lock": cache.file_hash(lock), **python_identity()}
    return Artefact("python-packages", inputs, partial(_install, lock), "venv")


def _install(lock: Path, finished: Path) -> None:
    builders = None if lock == LOCK else site_packages().get() / "site"
    own_pip = pip.own()
    with Step("install Python packages", partial(pip.explain, lock)) as step:
        pip.install(own_pip, lock, finished / "site", builders, step)
        _drop_scripts(finished / "site" / "bin")
        step.run(
            [
                sys.executable,
                "-m",
                "compileall",
                "-q",
                "-j0",
                "-x",
                # Others' tests, an eighth of it all: nobody imports them
                f"{re.escape(str(finished))}.*/tests/",
                "--invalidation-mode",
                "unchecked-hash",
                finished / "site",
            ]
        )


def _drop_scripts(folder: Path) -> None:
    """What is left are programs (ruff); scripts would start pip's throw-away Python, .venv gets
    its own.
    """
    for file in folder.glob("*"):
        if file.read_bytes()[:2] == b"#!":
            file.unlink()


def _make_thin(packages: Path) -> None:
    stamp = {
        "packages": str(packages),
        "checkout": str(CHECKOUT),
        "commands": OWN_COMMANDS,
        "script": _SCRIPT,
        "linked": LOCKED,
        **python_identity(),
    }
    if STAMP.is_file() and json.loads(STAMP.read_text()) == stamp:
        return
    with Step("make .venv", f"remove {VENV} and run again.") as step:
        shutil.rmtree(VENV, ignore_errors=True)
        step.run([sys.executable, "-m", "venv", "--without-pip", VENV])
        locked = _own_site() / LOCKED
        locked.symlink_to(packages)
        paths = [locked, CHECKOUT / "host_tools", CHECKOUT / "firmware"]
        _own_site().joinpath("evenpulse.pth").write_text("".join(f"{path}\n" for path in paths))
        for name, target in {**_commands_of(packages), **OWN_COMMANDS}.items():
            _write_script(VENV / "bin" / name, target)
        for program in (packages / "bin").glob("*"):
            (VENV / "bin" / program.name).symlink_to(program)
    STAMP.write_text(json.dumps(stamp, indent=1))


def _own_site() -> Path:
    return next(VENV.glob("lib/python3*/site-packages"))


def _commands_of(packages: Path) -> dict[str, str]:
    """{command: module:function} of the installed packages."""
    return {
        entry.name: entry.value
        for distribution in metadata.distributions(path=[str(packages)])
        for entry in distribution.entry_points
        if entry.group == "console_scripts"
    }


def _write_script(path: Path, target: str) -> None:
    module, _, call = target.split("[", 1)[0].strip().partition(":")
    path.write_text(
        _SCRIPT.format(
            python=VENV / "bin" / "python", module=module, first=call.split(".")[0], call=call
        )
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def run_loop() -> Artefact:
    """The twin's compiled run loop, made from its Cython source against rp2040py's declarations;
    and the C between the two.
    """
    sources = cache.file_hashes(_TWIN, _cython_files())
    inputs = {
        "lock": cache.file_hash(LOCK),
        "sources": sources,
        **python_identity(),
        "with_c": True,
    }
    return Artefact("run-loop", inputs, _compile_run_loop, "venv")


def _cython_files() -> list[Path]:
    """The source, and what it declares (.pxd) and includes (.pxi, .h)."""
    return sorted([*_TWIN.glob("_*.p[yx][xdi]"), *_TWIN.glob("_*.h")])


def _compile_run_loop(finished: Path) -> None:
    """Compiled in a copy of its package, because its folder gives the module its full name."""
    package = finished.parent / "evenpulse" / "emulator"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    for file in _cython_files():
        shutil.copy(file, package)
    with Step(
        "compile the twin's run loop",
        (
            f"read the log above; gcc and the headers of {sys.executable} are needed (Debian's: "
            f"python3-dev)."
        ),
    ) as step:
        step.run(
            [
                VENV / "bin" / "python",
                "-c",
                _CYTHONIZE,
                "-3",
                "-i",
                "-j2",
                *(package / f"{loop}.pyx" for loop in RUN_LOOPS),
            ],
            cwd=finished.parent,
            env=build_environment(CFLAGS="-O3"),
        )
    made = [f"{name}{end}" for name in RUN_LOOPS for end in (".c", ".*.so")]
    for file in (file for pattern in made for file in package.glob(pattern)):
        shutil.copy(file, finished)


def _place_run_loop(packages: Path) -> None:
    """Beside its source, where Python looks for it; one that was made from an older source goes
    away.
    """
    built = run_loop().get() if (_TWIN / f"{RUN_LOOPS[0]}.pyx").is_file() else None
    wanted = {file.name: file for file in built.glob("*.so")} if built else {}
    for old in _TWIN.glob("_*.so"):
        if old.name not in wanted or old.read_bytes() != wanted[old.name].read_bytes():
            old.unlink()
    for name, file in wanted.items():
        if not (_TWIN / name).exists():
            temporary = _TWIN / f".{name}.{os.getpid()}"
            shutil.copy(file, temporary)
            temporary.rename(_TWIN / name)
