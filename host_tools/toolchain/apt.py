"""The machine's own packages: which the builds need, which are missing, and installing those."""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from . import cache
from .errors import ToolchainError
from .steps import Step, network_environment

_COMPILERS = (
    "gcc",
    "g++",
    "make",
    "cmake",
    "ninja-build",
    "libc6-dev",
    "xz-utils",
    "bzip2",
    "gcc-arm-none-eabi",
    "libnewlib-arm-none-eabi",
    "libstdc++-arm-none-eabi-newlib",
)
_32_BIT = ("gcc-multilib", "libc6-dev-i386")
# What weasyprint loads to set the text of a PDF, and a font for it.
_PDF = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core")
# The tests complete commands in real shells (bash is there), run under other days, and sign an
# archive of their own; ngspice runs the output stage.
_TESTS = ("zsh", "faketime", "gpg", "gpg-agent", "ngspice")
_BROWSER = "chromium"
# On a machine that is not Debian: the keys of Debian's archive, and the data file that names its
# mirror.
_FOREIGN = ("debian-archive-keyring", "python-apt-common")
_LOCK_WAIT = "DPkg::Lock::Timeout=300"


def can_build_32_bit() -> bool:
    """Whether this host's compiler can make 32-bit programs that this host can run."""
    return platform.machine() in ("x86_64", "AMD64", "i686", "i386")


def is_debian() -> bool:
    return platform.freedesktop_os_release().get("ID") == "debian"


def needed_packages() -> list[str]:
    """Everything the builds, the venv and the tests need on this machine."""
    names = [
        *_COMPILERS,
        *_PDF,
        *_TESTS,
        *(_32_BIT if can_build_32_bit() else ()),
        *_python_packages(),
    ]
    return names + ([] if is_debian() else list(_FOREIGN))


def ensure_packages() -> None:
    """Installs what is missing; does not touch apt, and needs no network, when nothing is."""
    if shutil.which("dpkg-query") is None:
        return _check_commands()
    if missing := _missing(needed_packages()):
        with cache.locked("apt"):
            _install(missing)


def ensure_browser() -> None:
    """Debian's Chromium, for the tests in a browser alone: 350 MB."""
    if shutil.which("dpkg-query") and (missing := _missing([_BROWSER])):
        with cache.locked("apt"):
            _install(missing)
    if shutil.which(_BROWSER) is None:
        raise ToolchainError(f"system packages: there is no {_BROWSER} here. Install it.")


def _python_packages() -> list[str]:
    """Debian splits venv and the headers from python3; another Python brings both."""
    include = Path(sysconfig.get_path("include"))
    return ([] if importlib.util.find_spec("ensurepip") else ["python3-venv"]) + (
        [] if (include / "Python.h").is_file() else ["python3-dev"]
    )


def _missing(names: list[str]) -> list[str]:
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    there = {line.split()[0] for line in answer.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in there]


def _install(names: list[str]) -> None:
    prefix = _as_root(names)
    env = network_environment(DEBIAN_FRONTEND="noninteractive")
    by_hand = " ".join([*prefix, "apt-get", "install", *names])
    with Step("system packages", f"see that the network is there, then by hand: {by_hand}") as step:
        step.note("installing " + " ".join(names))
        step.run([*prefix, "apt-get", "-o", _LOCK_WAIT, "update"], env=env)
        step.run(
            [
                *prefix,
                "apt-get",
                "-o",
                _LOCK_WAIT,
                "install",
                "--yes",
                "--no-install-recommends",
                *names,
            ],
            env=env,
        )
    if still := _missing(needed_packages()):
        raise ToolchainError(
            f"system packages: still missing after installing: {' '.join(still)}.\n"
            f"This run uses {sys.executable}; run again with PYTHON=/usr/bin/python3."
        )


def _as_root(names: list[str]) -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo", "DEBIAN_FRONTEND=noninteractive"]
    raise ToolchainError(
        "system packages: some are missing, and this user is neither root nor has sudo.\n"
        f"Ask for: apt-get install {' '.join(names)}"
    )


def _check_commands() -> None:
    """Not a Debian-like machine: it must have the tools already, and MicroPython's sources by
    MICROPY_DIR.
    """
    commands = ("gcc", "g++", "make", "cmake", "ninja", "arm-none-eabi-gcc")
    if missing := [name for name in commands if shutil.which(name) is None]:
        raise ToolchainError(
            f"system packages: no dpkg here, and these commands are missing: {' '.join(missing)}.\n"
            "Install them with this system's own package manager, and set MICROPY_DIR."
        )
