"""Sessions of sigrok and PulseView (.sr): a ZIP with `version`, `metadata` and the samples in
`logic-1-1`, `logic-1-2` …

Sizes are looked at before anything is unpacked; samples are unpacked piece by piece.
"""

import configparser
import lzma
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from evenpulse.capture.edges import PS_PER_S, BadCapture, Capture, Recorder, Times, cut

_PIECE_BYTES = 8 << 20
_METADATA_MAX = 256 * 1024
_MEMBERS_MAX = 200_000
# An hour of eight channels at 24 MS/s is 86 GB; unpacked it is never kept.
_SAMPLES_MAX = 100_000_000_000
_UNIT_MAX = 8
_VERSIONS = (b"1", b"2")
_HZ = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
# A damaged archive: each way of packing has errors of its own; bz2 has OSError without a number.
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError,
    RuntimeError, ValueError, OSError,
)  # fmt: skip
_AGAIN = "save it again in PulseView (.sr), or export it as VCD"


def read(path: Path, file: BinaryIO) -> Capture:
    """The whole session; raises BadCapture with what is wrong in it."""
    try:
        with zipfile.ZipFile(file) as session:
            return _read(path, session)
    except _UNREADABLE as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise BadCapture(
            f"{path}: it cannot be unpacked: {cut(str(error))}",
            seen="a file that was cut off, or is no session of sigrok",
            do_next=_AGAIN,
        ) from error


def _read(path: Path, session: zipfile.ZipFile) -> Capture:
    members = {one.filename: one for one in session.infolist()}
    if len(session.infolist()) > _MEMBERS_MAX:
        raise BadCapture(f"{path}: {len(session.infolist())} files in it", do_next=_AGAIN)
    for name in ("version", "metadata"):
        if name not in members:
            raise BadCapture(f"{path}: no {name} in it: no session of sigrok", do_next=_AGAIN)
    version = _small(path, session, members["version"]).strip()
    if version not in _VERSIONS:
        raise BadCapture(
            f"{path}: version {cut(version)} of the format",
            seen="1 and 2 are known",
            do_next=_AGAIN,
        )
    device = _device(path, _small(path, session, members["metadata"]))
    names, unit = _probes(path, device)
    hz = _hz(path, device.get("samplerate", ""))
    parts = _parts(path, members, device.get("capturefile", "logic-1"))
    record = Recorder(path, list(names.values()))
    samples = _samples(path, session, parts, unit, list(names), PS_PER_S / hz, record)
    end_ps = round(samples * PS_PER_S / hz)
    told = Capture(path, "sigrok", record.pins(), 0, end_ps, PS_PER_S / hz)
    told.grid_from = "as the session says"
    return told


def _small(path: Path, session: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > _METADATA_MAX:
        raise BadCapture(
            f"{path}: {member.filename} has {member.file_size} bytes unpacked",
            seen=f"at most {_METADATA_MAX} are read",
            do_next=_AGAIN,
        )
    return session.read(member)


def _device(path: Path, text: bytes) -> dict[str, str]:
    """The first device of the metadata."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text.decode())
    except (configparser.Error, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise BadCapture(
            f"{path}: its metadata cannot be read: {cut(first)}", do_next=_AGAIN
        ) from error
    for section in parser.sections():
        if section.startswith("device") and "samplerate" in parser[section]:
            return dict(parser[section])
    raise BadCapture(
        f"{path}: no device with a sample rate in its metadata",
        seen=", ".join(map(cut, parser.sections())) or "nothing",
        do_next="a capture of digital lines is needed: " + _AGAIN,
    )


def _probes(path: Path, device: dict[str, str]) -> tuple[dict[int, str], int]:
    """{bit: name}, and the bytes of a sample."""
    names = {
        int(found[1]) - 1: name
        for key, name in device.items()
        if (found := re.fullmatch(r"probe([1-9]\d{0,2})", key))
    }
    unit = device.get("unitsize", "1")
    if not unit.isdecimal() or not 1 <= int(unit) <= _UNIT_MAX:
        raise BadCapture(
            f"{path}: unitsize={cut(unit)}", seen=f"1 to {_UNIT_MAX} are read", do_next=_AGAIN
        )
    if names and max(names) >= 8 * int(unit):
        raise BadCapture(
            f"{path}: probe{max(names) + 1} does not fit a sample of {unit} bytes", do_next=_AGAIN
        )
    return dict(sorted(names.items())), int(unit)


def _hz(path: Path, text: str) -> float:
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,9})?)\s*([kmg]?)(?:hz)?", text.strip().lower())
    hz = float(found[1]) * _HZ[found[2]] if found else 0.0
    if not hz:
        raise BadCapture(
            f"{path}: samplerate={cut(text)}", seen="24 MHz or 24000000 is meant", do_next=_AGAIN
        )
    return hz


def _parts(path: Path, members: dict[str, zipfile.ZipInfo], stem: str) -> list[zipfile.ZipInfo]:
    """The files with samples, in their order; none missing."""
    numbered = {
        int(found[1]): member
        for name, member in members.items()
        if (found := re.fullmatch(re.escape(stem) + r"-(\d{1,9})", name))
    }
    parts = [numbered[number] for number in sorted(numbered)]
    if not parts and stem in members:
        parts = [members[stem]]
    if not parts:
        raise BadCapture(
            f"{path}: no samples of digital lines in it",
            seen=", ".join(map(cut, list(members)[:5])),
            do_next=_AGAIN,
        )
    if numbered and sorted(numbered) != list(range(1, len(numbered) + 1)):
        raise BadCapture(
            f"{path}: samples are missing",
            seen=f"{len(numbered)} files of them, the last is number {max(numbered)}",
            do_next=_AGAIN,
        )
    total = sum(part.file_size for part in parts)
    if total > _SAMPLES_MAX:
        raise BadCapture(
            f"{path}: {total} bytes unpacked",
            seen=f"at most {_SAMPLES_MAX}: an hour of eight channels at 24 MS/s",
            do_next="capture a shorter time, or at a lower rate; or is it no capture?",
        )
    return parts


def _samples(
    path: Path,
    session: zipfile.ZipFile,
    parts: list[zipfile.ZipInfo],
    unit: int,
    bits: list[int],
    period_ps: float,
    record: Recorder,
) -> int:
    """Every change of every line; the number of samples."""
    count, last, rest = 0, np.zeros(0, dtype=np.uint64), b""
    for part in parts:
        with session.open(part) as samples:
            while piece := samples.read(_PIECE_BYTES):
                piece = rest + piece
                whole = len(piece) // unit * unit
                rest = piece[whole:]
                words = _as_words(piece[:whole], unit)
                if not len(words):
                    continue
                if not len(last):
                    for index, bit in enumerate(bits):
                        record.change(index, 0, int(words[0]) >> bit & 1)
                    last = words[:1]
                joined = np.concatenate([last, words])
                at = np.flatnonzero(joined[1:] != joined[:-1])
                turned = joined[at + 1] ^ joined[at]
                for index, bit in enumerate(bits):
                    mine = at[turned >> np.uint64(bit) & np.uint64(1) == 1]
                    record.changes(index, _ps(mine + count, period_ps))
                count, last = count + len(words), words[-1:]
    if rest or not count:
        raise BadCapture(
            f"{path}: {count} samples of {unit} bytes, and {len(rest)} bytes more",
            seen="samples that were cut off, or none",
            do_next=_AGAIN,
        )
    return count


def _as_words(data: bytes, unit: int) -> np.ndarray:
    """One number a sample, the first byte lowest."""
    if unit in (1, 2, 4, 8):
        return np.frombuffer(data, dtype=f"<u{unit}").astype(np.uint64, copy=False)
    wide = np.zeros((len(data) // unit, 8), dtype=np.uint8)
    wide[:, :unit] = np.frombuffer(data, dtype=np.uint8).reshape(-1, unit)
    return wide.view("<u8").reshape(-1)


def _ps(samples: np.ndarray, period_ps: float) -> Times:
    return np.rint(samples * period_ps).astype(np.int64)
