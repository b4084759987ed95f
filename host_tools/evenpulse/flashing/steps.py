"""Flashing: finds the device in whatever state it is, gets it into its boot loader, writes, and
reads back what it then runs.

`found` says what is there; `put` does it. Neither prints: both tell what they do through `Says`.
"""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from stimcore import link

from evenpulse.base.errors import (
    BadUsage,
    LinkLost,
    NoBoard,
    PortBusy,
    Problem,
    Refused,
    SafetyFault,
    SeveralBoards,
    Stranger,
)
from evenpulse.base.printable import printable
from evenpulse.connect.ports import connect, open_port
from evenpulse.flashing import drive as bootsel
from evenpulse.flashing.image import Image
from evenpulse.link import repl, serial_ports
from evenpulse.link.client import Device, identify
from evenpulse.link.transport import Transport

# for the drive to appear, to go, and the device to come back
DRIVE_S, TAKEN_S, BACK_S = 30.0, 30.0, 30.0
_POLL_S = 0.25
_MARK = "evenpulse-flash "
# What is behind a prompt. `_machine` names the board that MicroPython was built for, and the chip.
_WHO = f"""
import json, sys
told = {{"machine": getattr(sys.implementation, "_machine", ""), "state": "micropython"}}
try:
    import board
    from hal import edition, seal, service
    told.update(state="service" if service.active() else "micropython", board=board.NAME)
    told.update(version=edition.VERSION, dev=edition.DEV)
    told.update(firmware=seal.Seal(board.SEAL_OFFSET).sha256)
except (ImportError, AttributeError):
    pass
print({_MARK!r} + json.dumps(told))
"""
_CHIP = "RP2040"


@dataclass(frozen=True)
class Found:
    """A device and its state: "running" our firmware, "service" mode, a "micropython" prompt, or
    the "bootsel" drive.
    """

    state: str
    port: str | None = None
    drive: bootsel.Drive | None = None
    told: dict = field(default_factory=dict)

    @property
    def board(self) -> str | None:
        """The board's name, where the device can tell it."""
        name = self.told.get("board")
        return name if isinstance(name, str) else None

    def __str__(self) -> str:
        version = f"Evenpulse {self.told.get('version')} for {self.told.get('board')}"
        texts = {
            "running": f"{self.port}: {version}, {self.told.get('state')}",
            "service": f"{self.port}: {version}, in service mode",
            "micropython": f"{self.port}: a MicroPython prompt ({self.told.get('machine')})",
            "bootsel": (
                f"{self.drive.folder if self.drive else ''}: the boot loader's drive of an RP2040"
            ),
        }
        return printable(texts[self.state])


@dataclass(frozen=True)
class Says:
    """How the work is shown: `note(text)`, and `progress(what)` as a context that gives a
    function (done, total).
    """

    note: Callable[[str], None]
    progress: Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


# --- what is there -------------------------------------------------------------------------------


def found(port: str | None, folder: Path | None) -> Found:
    """The one device that is meant; raises NoBoard, SeveralBoards, PortBusy."""
    if port and port.startswith("twin:"):
        raise BadUsage(
            "a twin: always runs this checkout's firmware, so there is nothing to flash",
            do_next=(
                "serve one: evenpulse twin serve --tcp 4444 --drive build/rpi-rp2; then "
                "evenpulse flash --port socket://127.0.0.1:4444 --drive build/rpi-rp2"
            ),
        )
    if folder and (drive := bootsel.at(folder)):
        return _in_bootsel(drive, port)
    if port:
        return probe(port)
    if folder:
        raise bootsel.not_mounted(folder, f"reading {folder / bootsel.INFO_FILE}")
    return _only(everything())


@dataclass(frozen=True)
class Connected:
    """A device that has not been spoken to yet: its port's or drive's name, and how to look
    closer.
    """

    name: str
    look: Callable[[], Found]


def everything() -> list[Connected]:
    """Every board and drive that is connected."""
    boards = [port.port for port in serial_ports.serial_ports() if port.board]
    return [
        *(Connected(name, partial(probe, name)) for name in boards),
        *(
            Connected(str(drive.folder), partial(_in_bootsel, drive, None))
            for drive in bootsel.ours()
        ),
    ]


def _only(there: list[Connected]) -> Found:
    if len(there) == 1:
        return there[0].look()
    if there:
        raise SeveralBoards(
            f"{len(there)} boards are connected",
            seen="\n".join(one.name for one in there),
            do_next="choose one with --port or --drive, or flash each with --all",
        )
    others = bootsel.mounted()
    label = bootsel.LABEL
    seen = "\n".join(
        f"{drive.folder}: another boot loader's, Board-ID {drive.board_id}" for drive in others
    )
    if label.exists():
        raise bootsel.not_mounted(None, "every USB serial port and every mounted drive")
    raise NoBoard(
        "no board is connected",
        tried="every USB serial port and every mounted drive of this computer",
        seen=seen or "neither a board nor a boot loader's drive",
        do_next=(
            "plug the board in (holding BOOTSEL if its firmware is broken), or choose with "
            "--port or --drive"
        ),
    )


def _in_bootsel(drive: bootsel.Drive, port: str | None) -> Found:
    bootsel.check(drive)
    return Found("bootsel", port, drive)


def probe(port: str) -> Found:
    """What answers on a port."""
    device = Device(open_port(port))
    with closing(device.transport) as transport:
        try:
            identify(device)
            return Found("running", port, told=device.info)
        except Stranger:
            raise
        except NoBoard as silent:
            return _at_prompt(transport, port, silent)


def _at_prompt(transport: Transport, port: str, silent: NoBoard) -> Found:
    """What is behind a MicroPython prompt; where there is none, the error of the link stands."""
    try:
        told = json.loads(repl.run(transport, _WHO, _MARK))
        state, machine = told["state"], told["machine"]
    except (Problem, ValueError, KeyError, TypeError) as no:
        raise silent from no
    if _CHIP not in machine:
        raise Problem(
            f"the board on {port} is not an {_CHIP}",
            seen=printable(machine),
            do_next="choose the right one with --port",
        )
    if "board" not in told and machine.startswith("Evenpulse "):  # an older release of ours
        told["board"] = machine.split()[1]
    return Found(state, port, told=told)


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
        # busy: the system may be looking at a new port itself
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
