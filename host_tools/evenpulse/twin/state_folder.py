"""The folder that keeps a twin's flash between two runs: one twin at a time has it, and it is
read whole or not at all.
"""

import fcntl
import os
from pathlib import Path

from evenpulse.base.printable import counted
from evenpulse.base import boards
from evenpulse.base.errors import PortBusy, Problem
from evenpulse.base.files import read_bounded, write_whole

_FLASH, _LOCK = "flash.bin", "in-use"


class StateFolder:
    """Taken from now on until `close`; raises PortBusy while another twin has it."""

    def __init__(self, path: Path):
        self._path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise Problem(
                f"cannot use {path} as the twin's state folder",
                seen=error.strerror or str(error),
                do_next="name a folder that can be written",
            ) from error
        try:
            # The operating system lets go when this process ends, however it ends.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._lock, 20, 0).decode(errors="replace").strip()
            os.close(self._lock)
            raise PortBusy(
                f"{path} is the flash of a twin that runs already",
                seen=f"process {owner} has it" if owner else "another process has it",
                do_next=(
                    "end that one, or connect to it (evenpulse twin serve tells its "
                    "socket://HOST:PORT)"
                ),
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def read(self, flash_bytes: int) -> bytes:
        """The flash image of so many bytes that it keeps; nothing for a new twin."""
        file = self._path / _FLASH
        if not file.exists():
            return b""
        image = read_bounded(file, boards.FLASH_BYTES_MAX)
        if len(image) != flash_bytes:
            raise Problem(
                f"{file} is no flash image of this board",
                seen=f"{counted(len(image), 'byte')}; the board's flash has {flash_bytes}",
                do_next=(
                    "name the folder of a twin of this board, or remove the file to begin with "
                    "a new device"
                ),
            )
        return image

    def keep(self, flash: bytes) -> None:
        """Keep a flash image, whole or not at all."""
        write_whole(self._path / _FLASH, bytes(flash))

    def close(self) -> None:
        """Let another twin have it."""
        os.ftruncate(self._lock, 0)
        os.close(self._lock)
