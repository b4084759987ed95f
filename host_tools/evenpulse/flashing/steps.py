"""Flashing: finds the device in whatever state it is, gets it into its boot loader, writes, and
reads back what it then runs.

`finding.found` says what is there; `put` does it, and tells what it does through `Says`.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

from stimcore import link

from evenpulse.base.errors import (
    LinkLost,
    NoBoard,
    PortBusy,
    Problem,
    Refused,
    SafetyFault,
)
from evenpulse.base.printable import printable
from evenpulse.connect.ports import connect, open_port
from evenpulse.flashing import drive as bootsel
from evenpulse.flashing.finding import Found
from evenpulse.flashing.image import Image
from evenpulse.link import repl, serial_ports
from evenpulse.link.client import Device

# For the drive to appear, to go, and the device to come back
DRIVE_S, TAKEN_S, BACK_S = 30.0, 30.0, 30.0
_POLL_S = 0.25


@dataclass(frozen=True)
class Says:
    """How the work is shown: `note(text)`, and `progress(what)` as a context that gives a
    function (done, total).
    """

    note: Callable[[str], None]
    progress: Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


# --- is it the right thing -----------------------------------------------------------------------


def check_board(there: Found, image: Image, board: str | None) -> None:
    """Refuse an image for another board than the device is, or than was asked for."""
    if board and image.board != board:
        raise Problem(
            f"{image.path} is firmware for board {image.board}, not for {board}",
            seen="the name in its seal",
            do_next=f"make firmware BOARD={board}, or name the right --board",
        )
    if there.board and there.board != image.board:
        raise Problem(
            printable(f"the device is board {there.board}, the firmware is for {image.board}"),
            tried=str(image.path),
            do_next=printable(f"flash its own: make flash BOARD={there.board}"),
        )


def holds(there: Found, image: Image) -> bool:
    """True when the device runs exactly this firmware."""
    return there.told.get("firmware") == image.sha256


# --- doing it ------------------------------------------------------------------------------------


def put(there: Found, image: Image, folder: Path | None, says: Says) -> dict:
    """Write an image to the device that was found; what the device tells of itself afterwards.
    Raises Problem.
    """
    before = serial_ports.serial_ports()
    drive = there.drive
    if drive is None:
        mounted = {one.folder for one in bootsel.ours()}
        if there.state == "running":
            _ask(there, image, says)
        else:
            _leave_prompt(there, says)
        drive = bootsel.wait(folder, mounted, DRIVE_S)
        bootsel.check(drive)
    says.note(
        f"Writing {image.path} ({len(image.data)} bytes) to {drive.folder}. The drive disappears "
        f"when the device has taken it."
    )
    with says.progress("writing") as shown:
        bootsel.write(drive, image.data, shown)
    bootsel.wait_gone(drive, TAKEN_S)
    says.note("The device has taken it and restarts.")
    return _read_back(there, image, before)


def _ask(there: Found, image: Image, says: Says) -> None:
    """Our firmware: it asks the person at the device, and goes into its boot loader when SELECT
    is held there.
    """
    assert there.port
    with connect(there.port) as device:
        if device.info["state"] == "FAULT":
            raise SafetyFault(
                "the device has latched a safety fault and takes no firmware over the link",
                seen=printable(device.call("status").get("fault")),
                do_next=(
                    "clear it first (its screen says how); or switch off, hold SELECT while "
                    "switching on, and run the command again"
                ),
            )
        try:
            device.call(
                "update", {"board": image.board, "version": image.version, "sha256": image.sha256}
            )
        except Refused as no:
            raise _older(no) if no.code == link.METHOD_NOT_FOUND else no from no
        says.note(
            "The device asks at its screen. To allow the update, hold SELECT there for a second; "
            "DOWN refuses. It waits 60 s."
        )
        says.note(f"Then {there.port} disappears, and the boot loader's drive comes in its place.")
        device.await_person("update", image.sha256, "the update was not allowed at the device")


def _older(no: Refused) -> Problem:
    return Problem(
        "the device's firmware is older than this command: it cannot be asked for an update",
        seen=no.what,
        do_next=(
            "switch it off, hold SELECT while switching it on, and run the command again; or "
            "plug it in with BOOTSEL held"
        ),
    )


def _leave_prompt(there: Found, says: Says) -> None:
    """A prompt: MicroPython is told to go into the boot loader. In service mode a person has
    held SELECT, and outputs are dead.
    """
    assert there.port
    says.note(f"{there.port} disappears now, and the boot loader's drive comes in its place.")
    with closing(open_port(there.port)) as transport:
        repl.run_and_leave(transport, "import machine\nmachine.bootloader()\n")


def _read_back(there: Found, image: Image, before: list[serial_ports.SerialPort]) -> dict:
    """What the device tells after its restart: it must be this board, with this very firmware,
    sound.
    """
    with _back(there, before) as device:
        info, tested = device.info, device.self_test()
    if (info.get("board"), info.get("firmware")) != (image.board, image.sha256):
        raise Problem(
            "the device runs another firmware than the one written",
            seen=printable(
                f"board {info.get('board')}, {info.get('version')}, SHA-256 "
                f"{info.get('firmware')}; written: {image.board}, {image.sha256}"
            ),
            do_next="run the command again; if it stays so, do not use the device",
        )
    failed, rows = tested
    result = {
        "port": device.transport.name,
        "board": info["board"],
        "serial": info["serial"],
        "version": info["version"],
        "firmware": info["firmware"],
        "state": info["state"],
        "self_test": {
            "checks": len(rows),
            "failed": failed,
            "outside": [row.id for row in rows if row.ok is False],
        },
    }
    if "firmware_intact" in result["self_test"]["outside"]:
        raise SafetyFault(
            "the firmware in the device's flash is damaged",
            seen="self-test: firmware_intact",
            do_next="run the command again; if it stays so, replace the board",
        )
    return result


def _back(there: Found, before: list[serial_ports.SerialPort]) -> Device:
    """The same device, running again. Its port may have another name now; its serial number
    stays.
    """
    until_s = time.monotonic() + BACK_S
    while True:
        try:
            return connect(_port_now(there, before))
        # Busy: the system may be looking at a new port itself
        except (NoBoard, LinkLost, PortBusy) as error:
            if time.monotonic() > until_s:
                raise Problem(
                    "the firmware was written, but the device does not come back",
                    tried=f"waiting {BACK_S:g} s for it",
                    seen=printable(error.what),
                    do_next=(
                        "unplug it and plug it in, then evenpulse info; if it stays dead, hold "
                        "BOOTSEL and flash again"
                    ),
                ) from error
        time.sleep(_POLL_S)


def _port_now(there: Found, before: list[serial_ports.SerialPort]) -> str:
    if there.port and "://" in there.port or (there.port or "").startswith("id:"):
        return str(there.port)
    now = [port for port in serial_ports.serial_ports() if port.board]
    serial = next((port.id for port in before if port.port == there.port and port.id), None)
    fitting = (
        [port for port in now if port.id == serial]
        if serial
        else [port for port in now if port not in before or port.port == there.port]
    )
    if len(fitting) != 1:
        raise NoBoard(
            "its serial port is not there yet"
            if not fitting
            else f"{len(fitting)} boards have appeared"
        )
    return fitting[0].port


def same(there: Found) -> dict[str, object]:
    """The result for a device that already runs the firmware."""
    return {
        name: there.told.get(name) for name in ("board", "serial", "version", "firmware", "state")
    } | {"port": there.port}
