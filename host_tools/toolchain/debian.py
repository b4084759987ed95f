"""Debian's archive, read beside the machine's own apt set-up: private lists and cache,
signatures checked.
"""

import os
import platform
import re
import subprocess
from functools import cmp_to_key
from pathlib import Path

from . import apt, cache
from .errors import ToolchainError
from .pins import SUITE, Pin
from .steps import Step, network_environment

_KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
)
_MIRROR_DATA = Path("/usr/share/python-apt/templates/Debian.info")
_SET_MIRROR = (
    "Set EVENPULSE_DEBIAN_MIRROR to the address of a Debian mirror (what comes before /dists/),\n"
    "or MICROPY_DIR to a MicroPython checkout with its submodules."
)


def mirror() -> str:
    """The mirror this machine uses; on another distribution the one python-apt's data names for
    Debian.
    """
    if own := os.environ.get("EVENPULSE_DEBIAN_MIRROR"):
        return own.rstrip("/")
    found = _own_mirror() if apt.is_debian() else _mirror_of_data(_MIRROR_DATA)
    if not found:
        raise ToolchainError(
            f"Debian sources: this machine's apt names no Debian mirror.\n{_SET_MIRROR}"
        )
    return found


def _own_mirror() -> str | None:
    if not _has_command("apt-get"):
        return None
    targets = subprocess.run(
        ["apt-get", "indextargets", "--no-release-info", "--format", "$(RELEASE) $(SITE)"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return choose_mirror(targets, platform.freedesktop_os_release().get("VERSION_CODENAME", ""))


def choose_mirror(targets: str, codename: str) -> str | None:
    """From lines of "release site": the site of the release itself, never that of its security
    updates.
    """
    pairs = [line.split() for line in targets.splitlines() if len(line.split()) == 2]
    main = [site for release, site in pairs if release == codename]
    other = [site for release, site in pairs if "security" not in release]
    return next(iter(main + other), "").rstrip("/") or None


def _mirror_of_data(path: Path) -> str | None:
    found = (
        re.search(r"^BaseURI:\s*(\S+)", path.read_text(), re.MULTILINE) if path.is_file() else None
    )
    return found.group(1).rstrip("/") if found else None


def _has_command(name: str) -> bool:
    return any((Path(folder) / name).exists() for folder in os.get_exec_path())


class Archive:
    """One suite of Debian's archive, opened in a folder of its own."""

    def __init__(self, folder: Path, step: Step, suite: str):
        self._folder, self._step, self._suite = folder, step, suite
        self._options = [
            f"-o{option}"
            for option in (
                f"Dir::Etc::SourceList={folder}/sources.list",
                "Dir::Etc::SourceParts=/dev/null",
                f"Dir::State::Lists={folder}/lists",
                f"Dir::Cache={folder}/cache",
                "APT::Sandbox::User=root",
            )
        ]
        self._env = network_environment()

    def open(self) -> None:
        """Fetches the suite's lists."""
        keyring = next((path for path in _KEYRINGS if Path(path).exists()), None)
        if keyring is None:
            raise ValueError(
                "the keys of Debian's archive are missing: install debian-archive-keyring"
            )
        for part in ("lists/partial", "cache/archives/partial", "files"):
            (self._folder / part).mkdir(parents=True)
        (self._folder / "sources.list").write_text(
            "".join(
                f"{kind} [signed-by={keyring}] {mirror()} {self._suite} main\n"
                for kind in ("deb", "deb-src")
            )
        )
        self._step.run(
            ["apt-get", *self._options, "-oAPT::Update::Error-Mode=any", "update"], env=self._env
        )

    def fetch(self, pin: Pin) -> tuple[Path, str]:
        """The pinned file and its version; one that a point release replaced gives way to its
        successor.
        """
        version = self._version(pin)
        verb = ["source", "--download-only"] if pin.is_source else ["download"]
        self._step.run(
            ["apt-get", *self._options, *verb, f"{pin.package}={version}"],
            cwd=self._folder / "files",
            env=self._env,
        )
        file = self._downloaded(pin)
        seen = cache.file_hash(file)
        if version == pin.version and seen != pin.sha256:
            raise ValueError(
                f"{file.name}: SHA-256 is {seen}, pinned is {pin.sha256}: not the file that was "
                f"pinned"
            )
        return file, version

    def _downloaded(self, pin: Pin) -> Path:
        pattern = f"{pin.package}_*.orig.tar.*" if pin.is_source else f"{pin.package}_*.deb"
        files = [file for file in (self._folder / "files").glob(pattern) if file.suffix != ".asc"]
        if len(files) != 1:
            raise ValueError(
                f"{pin.package}: expected one file {pattern}, found {[file.name for file in files]}"
            )
        return files[0]

    def _version(self, pin: Pin) -> str:
        lines = subprocess.run(
            ["apt-cache", *self._options, "madison", pin.package],
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.splitlines()
        rows = [[cell.strip() for cell in line.split("|")] for line in lines]
        there = [
            row[1] for row in rows if len(row) == 3 and row[2].endswith("Sources") == pin.is_source
        ]
        if pin.version in there:
            return pin.version
        if not there:
            raise ValueError(f"{self._suite} has no {pin.package} {pin.version}")
        newest = max(there, key=cmp_to_key(_compared))
        if _compared(newest, pin.version) < 0:
            raise ValueError(
                f"{self._suite} has {pin.package} {newest} only, which is older than the pinned "
                f"{pin.version}: this mirror is behind"
            )
        if self._suite != SUITE and _upstream(newest) != _upstream(pin.version):
            raise ValueError(
                f"{pin.package} {pin.version} has left {self._suite}, which has {newest}: another "
                f"release. MICROPY_DIR takes a checkout of the wanted one"
            )
        self._step.note(
            f"{pin.package} {pin.version} has left {self._suite}; taking its successor {newest}, "
            f"Debian-signed. "
            "Pin it in host_tools/toolchain/pins.py."
        )
        return newest


def _upstream(version: str) -> str:
    """A version without what Debian has added to it."""
    return version.partition("-")[0].partition("+")[0]


def _compared(one: str, other: str) -> int:
    """-1, 0 or 1: Debian's order of versions, by dpkg."""
    for relation, sign in (("lt", -1), ("gt", 1)):
        if (
            subprocess.run(
                ["dpkg", "--compare-versions", one, relation, other], check=False
            ).returncode
            == 0
        ):
            return sign
    return 0
