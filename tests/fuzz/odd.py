"""Odd inputs: a real one with something done to it. The same seed and number give the same bytes
on every machine.
"""

import random

_TEXTS = (
    b"9" * 8_000,
    b"-1e99999",
    b"0x" + b"f" * 4_000,
    b"[" * 3_000,
    b'{"a":' * 1_500,
    b"a." * 3_000 + b"b = 1\n",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\x1b[2J\x07",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    "\u202e\u0661\U0001f9b5".encode(),
    b"nan",
    b"true",
    b"null",
    b'""',
    b"\r\n",
    b'"""',
    b"#" * 70_000,
)


def _flip(data: bytearray, rng: random.Random) -> bytes:
    """One bit."""
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def _cut(data: bytearray, rng: random.Random) -> bytes:
    """The end is missing."""
    return bytes(data[: rng.randrange(len(data))])


def _without(data: bytearray, rng: random.Random) -> bytes:
    """A piece is missing."""
    start = rng.randrange(len(data))
    del data[start : start + rng.choice((1, 2, 16, 300))]
    return bytes(data)


def _twice(data: bytearray, rng: random.Random) -> bytes:
    """A piece is there twice."""
    start, length = rng.randrange(len(data)), rng.choice((1, 7, 64, 600))
    return bytes(data[: start + length] + data[start:])


def _moved(data: bytearray, rng: random.Random) -> bytes:
    """Two halves have changed places."""
    at = rng.randrange(len(data))
    return bytes(data[at:] + data[:at])


def _put_in(data: bytearray, rng: random.Random) -> bytes:
    """Something odd stands in the middle."""
    at = rng.randrange(len(data) + 1)
    return bytes(data[:at] + rng.choice(_TEXTS) + data[at:])


def _instead(data: bytearray, rng: random.Random) -> bytes:
    """Something odd stands in place of what follows an equals sign, a colon or a blank."""
    places = [at for at, byte in enumerate(data[:200_000]) if byte in b"=: "] or [0]
    at = rng.choice(places) + 1
    return bytes(data[:at] + rng.choice(_TEXTS) + data[at + rng.randrange(1, 12) :])


def _line(data: bytearray, rng: random.Random) -> bytes:
    """A line is missing, or there twice."""
    lines = bytes(data).split(b"\n")
    at = rng.randrange(len(lines))
    return b"\n".join(lines[:at] + lines[at : at + 1] * rng.choice((0, 2)) + lines[at + 1 :])


def _coded(data: bytearray, rng: random.Random) -> bytes:
    """Another encoding, or other ends of lines."""
    text = bytes(data).decode("latin-1")
    return rng.choice(
        (text.encode("utf-16"), text.encode("cp500"), text.replace("\n", "\r\n").encode("latin-1"))
    )


def _nothing(data: bytearray, rng: random.Random) -> bytes:
    """Nothing of it."""
    return rng.choice((b"", b"\n", b" ", b"\xff" * 4_096, b"\x00" * 4_096, rng.randbytes(999)))


_WAYS = (_flip, _cut, _without, _twice, _moved, _put_in, _instead, _line, _coded, _nothing)


def odd(real: bytes, seed: int, number: int) -> bytes:
    """Input `number` of `seed`: one to three things done to a real one."""
    rng = random.Random(f"{seed}/{number}")
    data = real
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if data:
            data = rng.choice(_WAYS)(bytearray(data), rng)
    return data
