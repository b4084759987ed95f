"""ngspice, run in batch: a deck in, waves out. No libngspice, no wrapper: a process and its raw
file.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evenpulse.base.errors import Problem

Wave = NDArray[np.float64]
Mask = NDArray[np.bool_]
OLDEST, NEWEST = 39, 44
_INSTALL = "apt-get install ngspice (Debian 12 has 39, Debian 13 has 44)"
_SECONDS_MAX, _VERSION_S = 1_800, 30
_SHOWN = 6
# The last thing that ngspice tries for the state before the first step: it lets the circuit run for
# 10 µs and takes what is there by then, for us a device in the middle of its start.
_HALF_BEGUN = "Transient op finished successfully"


class Stopped(Problem):
    """The solver found no way on: this case has no answer."""


def version(command: str = "ngspice") -> int:
    """Its version; raises Problem when it is not there, or none that these circuits ran on."""
    path = shutil.which(command)
    if path is None:
        raise Problem("ngspice is not there", tried=command, do_next=_INSTALL)
    try:
        told = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_VERSION_S,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Problem(f"{path} does not say its version", seen=str(error), do_next=_INSTALL) from (
            error
        )
    found = re.search(r"ngspice-(\d+)", told)
    number = int(found[1]) if found else 0
    if not OLDEST <= number <= NEWEST:
        raise Problem(
            f"{path} is not a version from {OLDEST} to {NEWEST}",
            seen=f"ngspice-{number}" if found else "no version",
            do_next=_INSTALL,
        )
    return number


def run(deck: str, command: str = "ngspice") -> dict[str, Wave]:
    """{name of a vector, "time" first: its values}."""
    with tempfile.TemporaryDirectory(prefix="evenpulse-spice-") as name:
        folder = Path(name)
        (folder / "run.cir").write_text(deck)
        ended = _ended(command, folder)
        raw = folder / "out.raw"
        _check(ended, raw)
        try:
            return read_raw(raw.read_bytes())
        except (ValueError, IndexError) as error:
            raise Problem(
                "ngspice wrote no waves that can be read", seen=str(error), do_next=_INSTALL
            ) from error


def _ended(command: str, folder: Path) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(
            [command, "-b", "-r", "out.raw", "run.cir"],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Stopped("ngspice did not end", seen=f"{_SECONDS_MAX} s") from error
    except FileNotFoundError as error:
        raise Problem("ngspice is not there", tried=command, do_next=_INSTALL) from error
    except OSError as error:
        raise Problem(
            "ngspice cannot be run", tried=command, seen=str(error), do_next=_INSTALL
        ) from error


def _check(ended: subprocess.CompletedProcess, raw: Path) -> None:
    said = (ended.stdout + ended.stderr).splitlines()
    if any(_HALF_BEGUN in line for line in said):
        raise Stopped("ngspice found no state to begin from", seen=_HALF_BEGUN)
    wrong = [line for line in said if "rror" in line or "too small" in line or "abort" in line]
    if ended.returncode or not raw.is_file() or any("too small" in line for line in wrong):
        raise Stopped(
            "ngspice stopped",
            seen="\n".join((wrong or said)[:_SHOWN]) or f"exit code {ended.returncode}",
            do_next="see the netlist, or the fault that was put into it",
        )


def read_raw(raw: bytes) -> dict[str, Wave]:
    """A binary raw file of real numbers."""
    mark = b"Binary:\n"
    at = raw.index(mark)
    head = raw[:at].decode()
    names = [line.split()[1] for line in head.partition("Variables:\n")[2].splitlines() if line]
    rows = np.frombuffer(raw[at + len(mark) :])
    rows = rows[: len(rows) // len(names) * len(names)].reshape(-1, len(names))
    return {name: rows[:, column] for column, name in enumerate(names)}
