"""The twin behind TCP: one client at a time gets the bytes of its USB serial line. Simulated time never runs
ahead of the wall's.
"""

import os
import select
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from evenpulse.errors import PortBusy
from evenpulse.twin.bootsel import Drive, check_folder
from evenpulse.twin.port import SERVICE_HOLD_MS, read_flash, write_flash
from evenpulse.twin.twin import PRESS_MS, Twin

_SLICE_MS = 1.0
_BUTTONS_EVERY = 10  # slices
_DRIVE_EVERY = 10


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    state_dir: Path | None = None,
    ready: Callable[[str, int], None] | None = None,
    twin: Twin | None = None,
    service: bool = False,
    buttons: bool = False,
    drive: Path | None = None,
    bootsel: bool = False,
) -> None:
    """Run a twin for whoever connects, until KeyboardInterrupt; `ready` learns the address.

    `service`: SELECT is held at power-on, so that the REPL is open (for mpremote) and outputs stay off.
    `buttons`: a line on standard input presses one, for so many ms: `SELECT 1500`.
    `drive`: the folder as which the boot ROM's drive is presented while the twin is in it; `bootsel`: it begins there.
    """
    if drive:
        check_folder(drive)
    folder = Path(state_dir) if state_dir else None
    listener = _listen(host, port)
    twin = twin or Twin(flash=read_flash(folder) if folder else b"")
    try:
        twin.power_on(usb=True)
        if service:
            twin.press("SELECT", SERVICE_HOLD_MS)
            twin.run_ms(SERVICE_HOLD_MS)
        if bootsel:
            twin.hold_bootsel()
        if ready:
            ready(*listener.getsockname()[:2])
        _Server(listener, twin, _Buttons(twin) if buttons else None, _BootRom(twin, drive)).run()
    finally:
        twin.power_off()
        listener.close()
        if folder:
            write_flash(folder, twin.flash)


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


class _Server:
    """Carries bytes both ways between two slices of simulated time."""

    def __init__(self, listener: socket.socket, twin: Twin, buttons: "_Buttons | None", boot_rom: "_BootRom"):
        self._listener, self._twin, self._buttons, self._boot_rom = listener, twin, buttons, boot_rom
        self._client: socket.socket | None = None

    def run(self) -> None:
        """Until something is raised."""
        ahead_of = time.monotonic()
        slices = 0
        try:
            while True:
                slices += 1
                if self._buttons and slices % _BUTTONS_EVERY == 0:
                    self._buttons.take()
                self._accept()
                self._take()
                if self._boot_rom.step():
                    self._drop()  # the USB serial port is gone
                self._twin.run_ms(_SLICE_MS)
                self._give()
                ahead_of = max(ahead_of + _SLICE_MS / 1000, time.monotonic() - 0.1)
                time.sleep(max(0.0, ahead_of - time.monotonic()))
        finally:
            self._drop()
            self._boot_rom.close()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except BlockingIOError:
            return
        self._take()  # the one before may have gone
        if self._client:
            client.close()
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client

    def _take(self) -> None:
        """What the client has sent so far."""
        while self._client:
            try:
                data = self._client.recv(4096)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                self._twin.usb.write(data)
            else:
                self._drop()

    def _give(self) -> None:
        """What the device sent; without a client it is lost, as on an open cable."""
        data = bytes(self._twin.usb.received)
        self._twin.usb.received.clear()
        if self._client and data:
            try:
                self._client.settimeout(5)
                self._client.sendall(data)
                self._client.setblocking(False)
            except OSError:
                self._drop()

    def _drop(self) -> None:
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
                print("the twin is in its boot loader and stays there: serve it with --drive FOLDER to write firmware", file=sys.stderr)
        elif self._slices % _DRIVE_EVERY == 0 and self._drive.take():
            self._twin.start_with(self._drive.flash)
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
        self._names = [role.removeprefix("BTN_") for role in twin.board["PINS"] if role.startswith("BTN_")]
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
        name, for_ms = (words[0].upper() if words else ""), (words[1] if len(words) > 1 else str(PRESS_MS))
        if name in self._names and len(words) <= 2 and for_ms.isdecimal() and len(for_ms) <= 6:
            self._twin.press(name, int(for_ms))
        elif words:
            print(f"write a button and, if you like, milliseconds, such as SELECT 1500; buttons: {', '.join(self._names)}", file=sys.stderr)
