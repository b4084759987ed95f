"""The boot ROM's USB drive, as a folder: takes UF2 blocks as they are written, as the ROM does, and
programs a flash image.

From the RP2040 datasheet (2.8.4) and the UF2 format: what is no block of this family, or does not
lie in flash, is ignored; a sector is erased before its first page; when every block of a file has
come, the drive goes and the chip starts.
"""

import shutil
import tempfile
from pathlib import Path

from evenpulse_ground import uf2

from evenpulse.base.errors import BadUsage, Problem

INFO_FILE, INDEX_FILE = "INFO_UF2.TXT", "INDEX.HTM"
# As in the ROM (B1).
_INFO = "UF2 Bootloader v2.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n"
_INDEX = (
    '<html><head><meta http-equiv="refresh" '
    "content=\"0;URL='https://raspberrypi.com/device/RP2'\"/></head></html>\n"
)
_PAGE_BYTES, _SECTOR_BYTES = 256, 4096


def check_folder(folder: Path) -> None:
    """Refuse a folder that the drive would hide, or take away with what is in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadUsage(
            f"--drive {folder} is there and not an empty folder",
            do_next="name one that is not there yet",
        )
    if not folder.absolute().parent.is_dir():
        raise BadUsage(
            f"--drive {folder}: there is no {folder.absolute().parent}",
            do_next="make it, or name another folder",
        )


class Drive:
    """Mounted when made. `flash` is the image it programs; `take()` is to be called from time to
    time.
    """

    def __init__(self, folder: Path, flash: bytes):
        self.flash = bytearray(flash)
        self._folder = folder
        # Bytes of each file that have been looked at
        self._taken: dict[Path, int] = {}
        self._erased: set[int] = set()
        self._come: set[int] = set()
        self._count = 0
        try:
            new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.absolute().parent))
            (new / INFO_FILE).write_text(_INFO)
            (new / INDEX_FILE).write_text(_INDEX)
            new.replace(folder)
        except OSError as error:
            raise Problem(
                f"cannot present the boot loader's drive as {folder}",
                seen=error.strerror or str(error),
                do_next="name another --drive",
            ) from error

    def take(self) -> bool:
        """Program what has been written since the last time; True when a whole file is in flash."""
        for file in sorted(self._folder.glob("*")):
            if (
                file.name not in (INFO_FILE, INDEX_FILE)
                and file.is_file()
                and self._take_file(file)
            ):
                return True
        return False

    def close(self) -> None:
        """Unmount."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take_file(self, path: Path) -> bool:
        with open(path, "rb") as file:
            file.seek(self._taken.get(path, 0))
            while len(block := file.read(uf2.BLOCK_BYTES)) == uf2.BLOCK_BYTES:
                self._taken[path] = file.tell()
                if self._take_block(block):
                    return True
        return False

    def _take_block(self, data: bytes) -> bool:
        block = uf2.read_block(data)
        at = block.address - uf2.FLASH_BASE if block else -1
        if (
            block is None
            or not block.flags & uf2.HAS_FAMILY
            or block.flags & uf2.NOT_MAIN_FLASH
            or block.family != uf2.FAMILY_RP2040
            or block.length != _PAGE_BYTES
            or at % _PAGE_BYTES
            or not 0 <= at <= len(self.flash) - _PAGE_BYTES
            or block.number >= block.total
        ):
            return False
        # Another file begins
        if block.total != self._count:
            self._count = block.total
            self._come.clear()
            self._erased.clear()
        self._program(at, block.payload)
        self._come.add(block.number)
        return len(self._come) == block.total

    def _program(self, at: int, page: bytes) -> None:
        sector = at // _SECTOR_BYTES
        if sector not in self._erased:
            self._erased.add(sector)
            self.flash[sector * _SECTOR_BYTES : (sector + 1) * _SECTOR_BYTES] = (
                b"\xff" * _SECTOR_BYTES
            )
        self.flash[at : at + _PAGE_BYTES] = page
