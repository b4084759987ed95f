"""The development loop: modules that differ from what a development build was frozen from, as .mpy,
through mpremote.

The device is in service mode (SELECT held at power-on). Only what differs lies on its filesystem,
because what does is loaded into RAM; what is there already is told by its SHA-256 and skipped, what
is no longer wanted goes.
"""

import hashlib
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from evenpulse.base import firmware_files
from evenpulse.base.errors import LinkLost, NoBoard, PortBusy, Problem
from evenpulse.base.printable import printable
from evenpulse.connect import ports
from evenpulse.flashing.finding import Found, probe
from evenpulse.flashing.steps import Says

try:
    from toolchain import ToolchainError, mpy_cross
    from toolchain.made_from import CHECKOUT, frozen_modules
except ModuleNotFoundError as error:
    raise firmware_files.checkout_only("the development loop (--dev)") from error

FOLDER = "/modules"
# What runs before hal.overlay is asked, so that the frozen one always does; and what is data of the
# whole build.
FIXED = (
    "_boot.py",
    "main.py",
    "board.py",
    "rp2.py",
    "hal/safe.py",
    "hal/regs.py",
    "hal/chip.py",
    "hal/service.py",
    "hal/edition.py",
    "hal/overlay.py",
)
# The RP2040's, as MicroPython's own build of the port gives it
_MARCH = "-march=armv6m"
_MARK = "evenpulse-dev "
_TIMEOUT_S = 300
_LOOK = f"""
import os, json, hashlib, binascii
from hal import edition
def hashes():
    found = {{}}
    folders = [{FOLDER!r} + '/' + row[0] for row in listed({FOLDER!r}) if row[1] == 0x4000]
    for folder in [{FOLDER!r}] + folders:
        for row in listed(folder):
            if row[1] != 0x4000:
                path = folder + '/' + row[0]
                with open(path, 'rb') as file:
                    found[path] = binascii.hexlify(hashlib.sha256(file.read()).digest()).decode()
    return found
def listed(folder):
    try:
        return list(os.ilistdir(folder))
    except OSError:
        return []
"""
_TELL = f"print({_MARK!r} + json.dumps({{'files': hashes(), 'frozen': edition.FROZEN}}))\n"


def sync(port: str | None, board: str | None, says: Says) -> dict:
    """Make the device's module folder hold exactly what differs; what was done. Raises Problem."""
    if importlib.util.find_spec("mpremote") is None:
        raise Problem("mpremote is not installed", tried="importing it", do_next="make venv")
    there = probe(port or _only_port())
    says.note(f"Found {there}.")
    _check(there, board)
    assert there.port and there.board
    told = _remote(there.port, ["exec", _LOOK + _TELL])
    changed = _changed(there.board, told["frozen"])
    with tempfile.TemporaryDirectory() as folder:
        wanted = {
            f"{FOLDER}/{name.removesuffix('.py')}.mpy": _compiled(name, Path(folder))
            for name in changed
        }
        hashes = {
            path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in wanted.items()
        }
        copied = [path for path, digest in hashes.items() if told["files"].get(path) != digest]
        removed = [path for path in told["files"] if path not in hashes]
        for path in copied:
            says.note(f"copying {path} ({wanted[path].stat().st_size} bytes)")
        held = _remote(there.port, _commands(wanted, copied, removed))["files"]
    if held != hashes:
        raise Problem(
            "the device does not hold what was copied",
            tried="reading the SHA-256 of every module back",
            seen=printable(
                ", ".join(
                    sorted(path for path in {*held, *hashes} if held.get(path) != hashes.get(path))
                )
            ),
            do_next="run the command again; if it stays so, flash the development build anew",
        )
    return {
        "port": there.port,
        "board": there.board,
        "copied": _names(copied),
        "unchanged": _names([path for path in hashes if path not in copied]),
        "removed": _names(removed),
    }


def _only_port() -> str:
    return ports.only_board().port


def _check(there: Found, board: str | None) -> None:
    """Only a development build, in service mode, of the board that was named."""
    if there.told.get("dev") is not True:
        raise Problem(
            (
                f"the device on {there.port} does not run a development build: a release mounts no "
                f"filesystem and runs frozen code only"
            ),
            seen=str(there),
            do_next=f"put one on: make flash BOARD={board or there.board or 'NAME'} DEV=1",
        )
    if board and there.board != board:
        raise Problem(
            f"the device is board {there.board}, not {board}",
            do_next="choose the right one with --port",
        )
    if there.state != "service":
        raise Problem(
            "the device is not in service mode",
            seen=str(there),
            do_next="switch it off, hold SELECT while switching it on, then run the command again",
        )


def _changed(board: str, frozen_text: str) -> list[str]:
    """Paths below firmware/ of the modules of this checkout that the device was not frozen from;
    Problem for one it cannot take.
    """
    frozen = dict(line.split(" ") for line in frozen_text.split("\n"))
    changed = [name for name, digest in frozen_modules(board).items() if frozen.get(name) != digest]
    fixed = [name for name in changed if name in FIXED or name.endswith("__init__.py")]
    if fixed:
        raise Problem(
            (
                f"{', '.join(fixed)} differ{'s' * (len(fixed) == 1)} from what is on the device, "
                f"and only a new firmware can change that"
            ),
            tried="comparing with what it was frozen from",
            do_next=f"make flash BOARD={board} DEV=1",
        )
    return changed


def _compiled(name: str, folder: Path) -> Path:
    """A module of firmware/ as .mpy for the RP2040."""
    out = folder / name.replace("/", ".").replace(".py", ".mpy")
    try:
        command = [
            str(mpy_cross()),
            _MARCH,
            "-s",
            name,
            "-o",
            str(out),
            str(CHECKOUT / "firmware" / name),
        ]
    except ToolchainError as error:
        raise Problem(
            "mpy-cross is not built", seen=str(error).splitlines()[0], do_next="make toolchain"
        ) from error
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(
            f"firmware/{name} does not compile",
            tried="mpy-cross",
            seen=done.stderr.strip()[-300:],
            do_next="mend it, then run the command again",
        )
    return out


def _commands(wanted: dict[str, Path], copied: list[str], removed: list[str]) -> list[str]:
    """One call of mpremote: folders, stale files, new files, and the hashes read back."""
    folders = [FOLDER, *sorted({path.rpartition("/")[0] for path in copied})] if copied else []
    first = _LOOK + (
        f"for path in {removed!r}:\n    os.remove(path)\nfor path in {folders!r}:\n    if not "
        f"listed(path):\n        try:\n            os.mkdir(path)\n        except OSError:\n"
        f"            pass\n"
    )
    words = ["exec", first]
    for path in copied:
        words += ["+", "fs", "cp", "--force", str(wanted[path]), f":{path}"]
    return [*words, "+", "exec", _LOOK + _TELL]


def _remote(port: str, words: list[str]) -> dict:
    """Run mpremote; what the device said after the mark. Raises Problem."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mpremote", "connect", port, "resume", *words],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LinkLost(
            "mpremote did not finish",
            tried=f"waiting {_TIMEOUT_S} s",
            do_next="replug the board, hold SELECT, and run the command again",
        ) from error
    said = done.stdout.rpartition(_MARK)[2]
    if done.returncode == 0 and _MARK in done.stdout:
        try:
            return json.loads(said.splitlines()[0])
        except ValueError:
            pass
    seen = printable((done.stderr.strip() or done.stdout.strip() or "nothing")[-300:])
    if "in use by another program" in done.stderr or "failed to access" in done.stderr:
        raise PortBusy(
            f"{port} is used by another program",
            tried="mpremote",
            seen=seen,
            do_next="close the other program and run the command again",
        )
    if "no device found" in done.stderr:
        raise NoBoard(
            f"nothing on {port}",
            tried="mpremote",
            seen=seen,
            do_next="`evenpulse ports` shows what is connected",
        )
    raise Problem(
        "mpremote failed",
        tried=f"mpremote connect {port} {words[0]} …",
        seen=seen,
        do_next="replug the board, hold SELECT while switching it on, and run the command again",
    )


def _names(paths: list[str]) -> list[str]:
    """{FOLDER}/stimcore/panel.mpy as stimcore.panel."""
    return [
        path.removeprefix(FOLDER + "/").removesuffix(".mpy").replace("/", ".")
        for path in sorted(paths)
    ]
