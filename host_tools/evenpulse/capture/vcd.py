"""Value change dumps (IEEE 1364), read in a stream: of the twin, of sigrok, of a simulator.

Lines of one bit alone are taken; what is wider, or a real number, is passed over.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from evenpulse.capture.edges import (
    PINS_MAX,
    PS_PER_NS,
    PS_PER_S,
    SECONDS_MAX,
    BadCapture,
    Capture,
    Recorder,
    cut,
)

_CHUNK_BYTES = 1 << 20
_WORD_MAX = 64 * 1024
_HEAD_WORDS_MAX = 200_000
_DIGITS_MAX = 30
_FS = {"s": 10**15, "ms": 10**12, "us": 10**9, "ns": 10**6, "ps": 10**3, "fs": 1}
_FS_PER_PS = 1_000
_TIME, _ZERO, _ONE = b"#01"
_VECTOR, _SECTION, _UNKNOWN = b"bBrRsS", ord("$"), b"xXzZ"
# What a file says of its own grid: the twin's clock, and sigrok's comment.
_TWIN = re.compile(r"One clock is (\d+) ns, and every time a multiple of it")
_SIGROK = re.compile(r"at ([\d.]+) ?([kMG]?)Hz")
_HZ = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}


def read(path: Path, file: BinaryIO) -> Capture:
    """The whole file; raises BadCapture with what is wrong in it."""
    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        file.seek(0)
    words = _words(path, file)
    head = _Head(path, words)
    record = Recorder(path, head.names)
    begin_ps, end_ps = _body(path, words, head, record)
    comment = " ".join(head.comments)
    told = Capture(path, "VCD", record.pins(), begin_ps, end_ps)
    told.digit_ps = head.fs / _FS_PER_PS
    if _TWIN.search(comment):
        told.grid_ps, told.digit_ps, told.grid_from = 0.0, 0.0, "clocks of the board itself"
    elif rate := _SIGROK.search(comment):
        hz = float(rate[1]) * _HZ[rate[2]]
        if hz > 0:
            told.grid_ps, told.grid_from = PS_PER_S / hz, "as the file's comment says"
    return told


def _words(path: Path, file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while chunk := file.read(_CHUNK_BYTES):
        chunk = rest + chunk
        words = chunk.split()
        rest = words.pop() if words and not chunk[-1:].isspace() else b""
        if len(rest) > _WORD_MAX:
            raise BadCapture(
                f"{path}: a word of more than {_WORD_MAX} characters: {cut(rest)}",
                do_next="is this the capture? a VCD file has short lines",
            )
        yield from words
    if rest:
        yield rest


class _Head:
    """What stands before $enddefinitions: the unit of time, and the lines."""

    def __init__(self, path: Path, words: Iterator[bytes]):
        self.fs = 0
        self.comments: list[str] = []
        self._path, self._scopes = path, list[str]()
        # By path: [code, name]
        self._vars: dict[str, list[str]] = {}
        for taken, word in enumerate(words):
            if word == b"$enddefinitions":
                break
            if not word.startswith(b"$") or taken > _HEAD_WORDS_MAX:
                raise BadCapture(
                    f"{path}: this is no head of a VCD file: {cut(word)}",
                    do_next="export the capture as VCD again",
                )
            self._section(word, self._until_end(words))
        else:
            raise BadCapture(
                f"{path}: the file ends before $enddefinitions",
                seen="a VCD file that was cut off, or is something else",
                do_next="export it again",
            )
        if not self.fs:
            raise BadCapture(
                f"{path}: no $timescale: nobody can know what its times mean",
                do_next="export it again with a program that writes one",
            )
        next(words, None)
        names = [name for _, name in self._vars.values()]
        full = [name if names.count(name) == 1 else at for at, (_, name) in self._vars.items()]
        self.names = list(dict.fromkeys(full))
        self.lines: dict[bytes, list[int]] = {}
        for (code, _), name in zip(self._vars.values(), full, strict=True):
            self.lines.setdefault(code.encode(), []).append(self.names.index(name))

    def _until_end(self, words: Iterator[bytes]) -> list[str]:
        found: list[str] = []
        for word in words:
            if word == b"$end":
                return found
            found.append(word.decode(errors="replace"))
            if len(found) > _HEAD_WORDS_MAX:
                break
        raise BadCapture(
            f"{self._path}: a section of the head has no $end", do_next="export it again"
        )

    def _section(self, kind: bytes, rest: list[str]) -> None:
        if kind == b"$comment":
            self.comments.append(" ".join(rest))
        elif kind == b"$timescale":
            self._timescale("".join(rest))
        elif kind == b"$scope":
            self._scopes.append(rest[-1] if rest else "")
        elif kind == b"$upscope" and self._scopes:
            self._scopes.pop()
        elif kind == b"$var" and len(rest) >= 4 and rest[1] == "1" and rest[0] != "real":
            if len(self._vars) < 2 * PINS_MAX:
                # A name may have blanks in it, and [3] behind it
                words = rest[3:]
                name = " ".join(words[:-1] if words[1:] and words[-1].startswith("[") else words)
                at = ".".join([*self._scopes, " ".join(words)])
                if self._vars.setdefault(at, [rest[2], name])[0] != rest[2]:
                    raise BadCapture(
                        f"{self._path}: two lines are called {cut(at)}",
                        do_next="give each channel its own name, and export again",
                    )

    def _timescale(self, text: str) -> None:
        found = re.fullmatch(r"(1|10|100)([munpf]?s)", text)
        if not found:
            raise BadCapture(
                f"{self._path}: $timescale {cut(text)} is none that the standard has",
                seen="1, 10 or 100, and s, ms, us, ns, ps or fs",
                do_next="export it again",
            )
        self.fs = int(found[1]) * _FS[found[2]]


def _body(path: Path, words: Iterator[bytes], head: _Head, record: Recorder) -> tuple[int, int]:
    """Every change; the times of the first and the last."""
    fs, lines, change = head.fs, head.lines, record.change
    begin = now = -1
    most = SECONDS_MAX * PS_PER_S
    for word in words:
        kind = word[0]
        if kind == _TIME:
            digits = word[1:]
            short = digits.isdigit() and len(digits) <= _DIGITS_MAX
            at = int(digits) * fs // _FS_PER_PS if short else -1
            if at < now or at > most:
                raise _bad_time(path, word, now)
            if begin < 0:
                begin = at
            now = at
        elif kind in (_ZERO, _ONE):
            for index in _line(path, lines, word[1:], now):
                change(index, max(now, 0), kind - _ZERO)
        elif kind in _VECTOR:
            code = next(words, b"")
            if not code:
                raise _cut_off(path, now)
            if word[1:] in (b"0", b"1") and kind in b"bB":
                for index in lines.get(code, ()):
                    change(index, max(now, 0), word[1] - _ZERO)
        elif kind == _SECTION:
            if word == b"$comment":
                while next(words, b"$end") != b"$end":
                    pass
        elif kind in _UNKNOWN:
            for index in _line(path, lines, word[1:], now):
                record.lose(index, max(now, 0))
        else:
            raise BadCapture(
                f"{path}: {cut(word)} is no change of a VCD file",
                seen=f"after {now / PS_PER_NS:.0f} ns",
                do_next="export it again",
            )
    if now < 0:
        raise BadCapture(f"{path}: no time and no change in it", do_next="capture it again")
    return max(begin, 0), now


def _line(path: Path, lines: dict[bytes, list[int]], code: bytes, now: int) -> list[int]:
    found = lines.get(code)
    if found is None:
        raise (
            _cut_off(path, now)
            if not code
            else BadCapture(
                f"{path}: a change of a line that its head does not have: {cut(code)}",
                seen=f"after {now / PS_PER_NS:.0f} ns",
                do_next="export it again: it is cut off or mixed up",
            )
        )
    return found


def _cut_off(path: Path, now: int) -> BadCapture:
    return BadCapture(
        f"{path}: it ends in the middle of a change",
        seen=f"after {now / PS_PER_NS:.0f} ns",
        do_next="export it again: it is cut off",
    )


def _bad_time(path: Path, word: bytes, now: int) -> BadCapture:
    return BadCapture(
        f"{path}: {cut(word)} is no time that can follow",
        seen=f"after {now / PS_PER_NS:.0f} ns; times go forwards, and end at {SECONDS_MAX} s",
        do_next="export it again: it is cut off or mixed up",
    )
