"""A capture's file, whatever wrote it: the first bytes say which reader."""

import codecs
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from evenpulse.capture import csv_file, grid, sigrok, vcd
from evenpulse.capture.edges import BadCapture, Capture

_LOOKED_AT = 4_096
_ZIP, _TEXT = b"PK\x03\x04", "export the capture as VCD, .sr or CSV"
_BINARY_SALEAE = b"<SALEAE>"


def read(path: Path, hz: float | None = None) -> Capture:
    """The capture in a file, with its grid; raises BadCapture."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadCapture(f"{path}: is no plain file", do_next="name the capture's file")
        with path.open("rb") as file:
            start = file.read(_LOOKED_AT)
            file.seek(0)
            capture = _reader(path, start)(path, file)
    except OSError as error:
        raise BadCapture(
            f"{path}: cannot be read: {error.strerror or error}", do_next="check the file's name"
        ) from error
    grid.settle(capture, hz)
    return capture


def _reader(path: Path, start: bytes) -> Callable[[Path, BinaryIO], Capture]:
    if not start:
        raise BadCapture(f"{path}: the file is empty", do_next="export the capture again")
    if start.startswith(_ZIP):
        return sigrok.read
    if start.startswith(_BINARY_SALEAE):
        raise BadCapture(f"{path}: Saleae's binary export", do_next="export CSV in place of binary")
    if b"\0" in start:
        raise BadCapture(f"{path}: this is no text, and no session of sigrok", do_next=_TEXT)
    if start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"$"):
        return vcd.read
    return csv_file.read
