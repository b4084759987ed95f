"""The twin behind TCP: one client at a time gets the bytes of its USB serial line. Simulated time
never runs ahead of the wall's.
"""

import os
import select
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from evenpulse.base import boards
from evenpulse.base.errors import PortBusy
from evenpulse.emulator.boot_rom import Drive, check_folder
from evenpulse.twin.port import SERVICE_HOLD_MS
from evenpulse.twin.state_folder import StateFolder
from evenpulse.twin.twin import PRESS_MS, Twin, flash_bytes

SLICE_MS = 1.0
# Slices between two looks at the buttons
_BUTTONS_EVERY = 10
_DRIVE_EVERY = 10


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    state_dir: Path | None = None,
    ready: Callable[[str, int], None] | None = None,
    twin: Twin | None = None,
    service: bool = False,
    buttons: bool = False,
    board: str = boards.DEFAULT,
    drive: Path | None = None,
    bootsel: bool = False,
    firmware: Path | None = None,
) -> None:
    """Run a twin for whoever connects, until KeyboardInterrupt; `ready` learns the address.

    `state_dir`: keeps its flash. `firmware`: the UF2 that it has at first in place of the board's
    own. `service`: SELECT is held at power-on, so that the REPL is open (for mpremote) and outputs
    stay off. `buttons`: a line on standard input presses one, for so many ms: `SELECT 1500`.
    `drive`: the folder as which the boot ROM's drive is presented while the twin is in it;
    `bootsel`: it begins there.
    """
    if drive:
        check_folder(drive)
    line = Line(host, port)
    state = StateFolder(state_dir) if state_dir else None
    try:
        kept = state.read(flash_bytes(board)) if state else b""
        twin = twin or Twin(board, flash=kept, firmware=firmware)
        _serve(line, twin, ready, service, buttons, drive, bootsel)
    finally:
        line.close()
        if state:
            if twin:
                state.keep(twin.flash)
            state.close()


def _serve(
    line: "Line",
    twin: Twin,
    ready: Callable[[str, int], None] | None,
    service: bool,
    buttons: bool,
    drive: Path | None,
    bootsel: bool,
) -> None:
    try:
        twin.power_on(usb=True)
        if service:
            twin.press("SELECT", SERVICE_HOLD_MS)
            twin.run_ms(SERVICE_HOLD_MS)
        if bootsel:
            twin.hold_bootsel()
        if ready:
            ready(*line.address)
        _run(line, twin, _Buttons(twin) if buttons else None, _BootRom(twin, drive))
    finally:
        twin.power_off()


def _run(line: "Line", twin: Twin, buttons: "_Buttons | None", boot_rom: "_BootRom") -> None:
    """Slices of simulated time, until something is raised."""
    ahead_of = time.monotonic()
    slices = 0
    try:
        while True:
            slices += 1
            if buttons and slices % _BUTTONS_EVERY == 0:
                buttons.take()
            line.take(twin)
            if boot_rom.step():
                # The USB serial port is gone
                line.drop()
            twin.run_ms(SLICE_MS)
            line.give(twin)
            ahead_of = max(ahead_of + SLICE_MS / 1000, time.monotonic() - 0.1)
            time.sleep(max(0.0, ahead_of - time.monotonic()))
    finally:
        boot_rom.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise PortBusy(
            f"cannot listen on {host}:{port}",
            seen=error.strerror or str(error),
            do_next="choose another port, or end the program that has it",
        ) from error
    listener.setblocking(False)
    return listener


class Line:
    """A twin's USB serial line on a TCP port, for one client at a time: `take` before a slice of
    simulated time, `give` after it.
    """

    def __init__(self, host: str, port: int):
        self._listener = _listen(host, port)
        self._client: socket.socket | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self._listener.getsockname()[:2]
        return host, port

    @property
    def connected(self) -> bool:
        """Whether a client is there."""
        return self._client is not None

    def close(self) -> None:
        """No client, and no port any more."""
        self.drop()
        self._listener.close()

    def take(self, twin: Twin) -> None:
        """Hand on what a client has sent so far."""
        self._accept(twin)
        self._take(twin)

    def _accept(self, twin: Twin) -> None:
        try:
            client, _ = self._listener.accept()
        except BlockingIOError:
            return
        # The one before may have gone
        self._take(twin)
        if self._client:
            client.close()
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client

    def _take(self, twin: Twin) -> None:
        while self._client:
            try:
                data = self._client.recv(4096)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                twin.usb.write(data)
            else:
                self.drop()

    def give(self, twin: Twin) -> None:
        """Send on what the device sent; without a client it is lost, as on an open cable."""
        data = bytes(twin.usb.received)
        twin.usb.received.clear()
        if self._client and data:
            try:
                self._client.settimeout(5)
                self._client.sendall(data)
                self._client.setblocking(False)
            except OSError:
                self.drop()

    def drop(self) -> None:
        """The client goes; another may come."""
        if self._client:
            self._client.close()
            self._client = None


class _BootRom:
    """The boot ROM's drive, there while the twin is in it."""

    def __init__(self, twin: Twin, folder: Path | None):
        self._twin, self._folder = twin, folder
        self._drive: Drive | None = None
        self._slices = 0

    def step(self) -> bool:
        """Take what was written to the drive; True while the twin is in the boot ROM."""
        if not self._twin.in_bootsel:
            return False
        self._slices += 1
        if self._drive is None:
            if self._folder:
                self._drive = Drive(self._folder, self._twin.flash)
            elif self._slices == 1:
                print(
                    (
                        "the twin is in its boot loader and stays there: serve it with --drive "
                        "FOLDER to write firmware"
                    ),
                    file=sys.stderr,
                )
        elif self._slices % _DRIVE_EVERY == 0 and self._drive.take():
            self._twin.start_with(bytes(self._drive.flash))
            self.close()
            return False
        return True

    def close(self) -> None:
        """Unmount the drive if it is there."""
        if self._drive:
            self._drive.close()
            self._drive = None


class _Buttons:
    """Standard input as the hand at the device: a line NAME or NAME MS presses that button."""

    def __init__(self, twin: Twin):
        self._twin = twin
        self._names = [
            role.removeprefix("BTN_") for role in twin.board["PINS"] if role.startswith("BTN_")
        ]
        self._text = b""
        self._open = True

    def take(self) -> None:
        """Press what was asked for since the last time."""
        while self._open and select.select([sys.stdin], [], [], 0)[0]:
            data = os.read(sys.stdin.fileno(), 4096)
            self._open = bool(data)
            self._text += data
        *lines, self._text = self._text.split(b"\n")
        for line in lines:
            self._press(line.decode(errors="replace").split())

    def _press(self, words: list[str]) -> None:
        name, for_ms = (
            (words[0].upper() if words else ""),
            (words[1] if len(words) > 1 else str(PRESS_MS)),
        )
        if name in self._names and len(words) <= 2 and for_ms.isdecimal() and len(for_ms) <= 6:
            self._twin.press(name, int(for_ms))
        elif words:
            print(
                (
                    f"write a button and, if you like, milliseconds, such as SELECT 1500; buttons: "
                    f"{', '.join(self._names)}"
                ),
                file=sys.stderr,
            )
