"""Which device there is, in whatever state it is: what answers on a port, what is behind a prompt,
which boot loader's drive is mounted.
"""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from evenpulse.base.errors import (
    BadUsage,
    NoBoard,
    Problem,
    SeveralBoards,
    Stranger,
)
from evenpulse.base.printable import printable
from evenpulse.connect.ports import open_port
from evenpulse.flashing import drive as bootsel
from evenpulse.link import repl, serial_ports
from evenpulse.link.client import Device, identify
from evenpulse.link.transport import Transport

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
            "plug the board in (holding BOOTSEL if its firmware is broken or missing), or choose "
            "with --port or --drive"
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
    # An older release of ours
    if "board" not in told and machine.startswith("Evenpulse "):
        told["board"] = machine.split()[1]
    return Found(state, port, told=told)
