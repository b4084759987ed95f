"""What reads which kind of file, and what must hold of each answer: a row a command, a real file
a kind.
"""

import binascii
import contextlib
import hashlib
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from hang import Hangs, within_cpu_s
from sample_prescription import NOW

from evenpulse.base import today

_CPU_S = 20
_MAGIC = b"\xe7\x01"
_CODES = {0, 1, 2, 3, 4, 5, 6}


class Command(NamedTuple):
    """`words` with {} where the file stands. `whole`: what an exit of 0 says of the file's
    bytes, beside those of a real one.
    """

    kind: str
    words: str
    whole: Callable[[bytes, bytes], bool]


class Found(Exception):
    """A command did what none may do."""


def _anything(_real: bytes, _data: bytes) -> bool:
    return True


def _end_of_frame(data: bytes, at: int) -> int:
    """Where the frame that begins here ends: E7 01, length u16, 4 + 8 bytes, payload, CRC-32. 0:
    none does.
    """
    end = at + 20 + int.from_bytes(data[at + 2 : at + 4], "little")
    framed = data[at:end]
    whole = framed[:2] == _MAGIC and len(framed) == end - at
    return end if whole and binascii.crc32(framed[:-4]).to_bytes(4, "little") == framed[-4:] else 0


def _frames_only(_real: bytes, data: bytes) -> bool:
    """Frames from the first byte to the last; power may have gone in one, of which only the
    beginning is there.
    """
    at = frames = 0
    while at < len(data):
        end = _end_of_frame(data, at)
        if end:
            frames += 1
        else:
            length = 20 + int.from_bytes(data[at + 2 : at + 4].ljust(2, b"\x01"), "little")
            begun = data[at : at + 2] in (_MAGIC, _MAGIC[:1])
            after = (
                next_
                for next_ in range(at + 1, at + min(length, 532))
                if _end_of_frame(data, next_)
            )
            end = next(after, len(data))
            if not begun or end - at >= max(length, 4):
                return False
        at = end
    return frames > 0


def _same_words(real: bytes, data: bytes) -> bool:
    """But for white space nothing has changed: it is signed."""
    return data.split() == real.split()


_JOURNAL = (
    "log verify --archive {}",
    "log list --archive {}",
    "log show 2 --archive {} --json",
    "log export --archive {}",
    "report --archive {} -o {out}.html",
    "patients --archive {}",
)
COMMANDS = (
    *(Command("journal", words, _frames_only) for words in _JOURNAL if "show" not in words),
    Command("journal", "log show 2 --archive {} --json", _anything),
    Command("image", "log list --image {} --board nmes2", _anything),
    Command("image", "log verify --image {} --board nmes2", _anything),
    Command("image", "report --image {} --board nmes2 -o {out}.html", _anything),
    Command("prescription", "prescribe check {}", _anything),
    Command("prescription", "outputs {} --csv", _anything),
    Command(
        "prescription",
        "prescribe sign {} --key {folder}/clinic.key -o {out}.signed --force",
        _anything,
    ),
    Command(
        "prescription",
        "report --archive {folder}/real.journal --prescription {} -o {out}.html",
        _anything,
    ),
    Command("signed", "prescribe show {} --key {folder}/clinic.pub", _same_words),
    Command("signed", "prescribe show {}", _anything),
    Command("public", "keys show {}", _anything),
    Command("public", "prescribe show {folder}/real.signed --key {}", _anything),
    Command(
        "private",
        "prescribe sign {folder}/real.prescription --key {} -o {out}.signed --force",
        _anything,
    ),
    Command("scenario", "twin check {}", _anything),
)
KINDS = tuple(dict.fromkeys(command.kind for command in COMMANDS))


def answer(words: list[str]) -> tuple[int, str, str]:
    """Run a command in this process, on the day of the samples: exit code, stdout, stderr."""
    from evenpulse import cli

    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    argv, sys.argv = sys.argv, ["evenpulse", *words]
    code: object = None
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            within_cpu_s(_CPU_S),
            mock.patch.object(today, "now", lambda: NOW),
        ):
            cli.main()
    except SystemExit as stop:
        code = stop.code or 0
    except Hangs:
        code = "hangs"
    finally:
        sys.argv = argv
    texts = [stream.buffer.getvalue().decode("utf-8", "replace") for stream in (out, err)]  # type: ignore[attr-defined]
    return code, *texts  # type: ignore[return-value]


def judge(command: Command, real: bytes, data: bytes, folder: Path) -> None:
    """Give a command these bytes. Raises Found when it does what none may do."""
    name = hashlib.sha256(data).hexdigest()[:12]
    file = folder / f"odd-{name}.{'journal' if command.kind == 'journal' else 'toml'}"
    file.write_bytes(data)
    try:
        words = [
            word.replace("{out}", str(folder / "out"))
            .replace("{folder}", str(folder))
            .replace("{}", str(file))
            for word in command.words.split()
        ]
        code, out, err = answer(words)
    finally:
        file.unlink()
    if code not in _CODES:
        raise Found(f"{command.words}: {code}")
    for sign in ("Traceback", "unexpected ", "<built-in", "object at 0x"):
        if sign in err:
            raise Found(f"{command.words}: {sign!r} in {err[-600:]}")
    if code and not err.strip():
        raise Found(f"{command.words}: exit {code} and not a word")
    if code == 0 and not command.whole(real, data):
        raise Found(f"{command.words}: exit 0 on what is not whole; {out[-300:]} {err[-300:]}")
