"""Ways to reach a device, each behind the same three calls: write(bytes), read_line(timeout_s),
close().

read_line returns one line without its end, or None when the time is up; `pending` then shows the
bytes of an unfinished line. Nothing here knows what a line means.
"""

import errno
import os
import socket
import time
from typing import Protocol

from evenpulse.base.errors import Disconnected, NoBoard, PortBusy, Problem

# Far above any line of the link: an endless line is noise, not an answer
LINE_BYTES_MAX = 65_536
CONNECT_TIMEOUT_S = 5.0


class Transport(Protocol):
    """What a device client needs; the twin offers it too."""

    name: str
    pending: bytes

    def write(self, data: bytes) -> None: ...

    def read_line(self, timeout_s: float) -> bytes | None: ...

    def close(self) -> None: ...


class _Lines:
    """Cuts a stream of bytes into lines; a subclass fills in `_read(timeout_s)`, which may
    return b"".
    """

    def __init__(self, name: str):
        self.name = name
        self.pending = b""

    def read_line(self, timeout_s: float) -> bytes | None:
        deadline_s = time.monotonic() + timeout_s
        while b"\n" not in self.pending:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return None
            self.pending = (self.pending + self._read(left_s))[-LINE_BYTES_MAX:]
        line, self.pending = self.pending.split(b"\n", 1)
        return line.rstrip(b"\r")

    def _read(self, timeout_s: float) -> bytes:
        raise NotImplementedError

    def _lost(self, error: object) -> Disconnected:
        return Disconnected(
            f"the connection to {self.name} broke",
            seen=str(error),
            do_next="check the cable and the device's power, then run the command again",
        )


class SocketTransport(_Lines):
    """A twin or a remote board behind TCP: socket://HOST:PORT."""

    def __init__(self, host: str, port: int):
        super().__init__(f"socket://{host}:{port}")
        try:
            self._socket = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
        except OSError as error:
            raise NoBoard(
                f"nothing listens at {self.name}",
                tried="a TCP connection",
                seen=error.strerror or str(error),
                do_next=f"start one, for example: evenpulse twin serve --tcp {port}",
            ) from error

    def write(self, data: bytes) -> None:
        try:
            self._socket.settimeout(CONNECT_TIMEOUT_S)
            self._socket.sendall(data)
        except OSError as error:
            raise self._lost(error) from error

    def _read(self, timeout_s: float) -> bytes:
        self._socket.settimeout(timeout_s)
        try:
            data = self._socket.recv(65_536)
        except TimeoutError:
            return b""
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            raise self._lost("the other end closed the connection")
        return data

    def close(self) -> None:
        self._socket.close()


class SerialTransport(_Lines):
    """A board on USB serial: a device path such as /dev/ttyACM0 or COM3."""

    def __init__(self, path: str):
        import serial

        super().__init__(path)
        self._error = serial.SerialException
        try:
            self._serial = serial.Serial(
                path, 115_200, timeout=0, write_timeout=CONNECT_TIMEOUT_S, exclusive=True
            )
        except (serial.SerialException, OSError, ValueError) as error:
            raise _cannot_open(path, error) from error

    def write(self, data: bytes) -> None:
        try:
            self._serial.write(data)
        except (self._error, OSError) as error:
            raise self._lost(error) from error

    def _read(self, timeout_s: float) -> bytes:
        try:
            self._serial.timeout = timeout_s
            first = self._serial.read(1)
            return first + self._serial.read(self._serial.in_waiting) if first else b""
        except (self._error, OSError) as error:
            raise self._lost(error) from error

    def close(self) -> None:
        self._serial.close()


def _cannot_open(path: str, error: Exception) -> Problem:
    """The one clear message for a serial port that does not open."""
    number = getattr(error, "errno", None)
    details = {
        "tried": "opening it for reading and writing, alone",
        "seen": os.strerror(number) if number else str(error),
    }
    if number in (errno.EACCES, errno.EPERM) or "PermissionError" in str(error):
        return PortBusy(
            f"no permission for {path}",
            **details,
            do_next="join the group that owns the port (ls -l shows it; often `dialout`), "
            "log in again, and close other programs that use it",
        )
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
        return PortBusy(
            f"{path} is used by another program",
            **details,
            do_next=(
                "close the other program (a terminal, mpremote, another evenpulse) and try again"
            ),
        )
    return NoBoard(
        f"cannot open {path}", **details, do_next="`evenpulse ports` shows what is connected"
    )
