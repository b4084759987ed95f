"""The twin behind TCP: one client at a time gets the bytes of its USB serial line. Simulated time never runs
ahead of the wall's.
"""

import socket
import time
from collections.abc import Callable
from pathlib import Path

from evenpulse.errors import PortBusy
from evenpulse.twin.port import SERVICE_HOLD_MS, read_flash, write_flash
from evenpulse.twin.twin import Twin

_SLICE_MS = 1.0


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    state_dir: Path | None = None,
    ready: Callable[[str, int], None] | None = None,
    twin: Twin | None = None,
    service: bool = False,
) -> None:
    """Run a twin for whoever connects, until KeyboardInterrupt; `ready` learns the address.

    `service`: SELECT is held at power-on, so that the REPL is open (for mpremote) and outputs stay off.
    """
    folder = Path(state_dir) if state_dir else None
    listener = _listen(host, port)
    twin = twin or Twin(flash=read_flash(folder) if folder else b"")
    try:
        twin.power_on(usb=True)
        if service:
            twin.press("SELECT", SERVICE_HOLD_MS)
            twin.run_ms(SERVICE_HOLD_MS)
        if ready:
            ready(*listener.getsockname()[:2])
        _Server(listener, twin).run()
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

    def __init__(self, listener: socket.socket, twin: Twin):
        self._listener, self._twin = listener, twin
        self._client: socket.socket | None = None

    def run(self) -> None:
        """Until something is raised."""
        ahead_of = time.monotonic()
        try:
            while True:
                self._accept()
                self._take()
                self._twin.run_ms(_SLICE_MS)
                self._give()
                ahead_of = max(ahead_of + _SLICE_MS / 1000, time.monotonic() - 0.1)
                time.sleep(max(0.0, ahead_of - time.monotonic()))
        finally:
            self._drop()

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
